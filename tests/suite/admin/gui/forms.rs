//! What changes something comes from a form of the same session, and from no other site.

use serde_json::Value;

use super::Browser;
use crate::support::{Answer, Caller, Server};

/// Every form there is, with what makes it do something.
fn forms(client_id: &str) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let client = |rest: &str| format!("/admin/clients/{client_id}/{rest}");
    vec![
        (
            "/admin/clients/new".to_owned(),
            vec![("client_name", "made")],
        ),
        (client("edit"), vec![("client_name", "changed")]),
        (client("secrets/add"), vec![]),
        (client("secrets/retire"), vec![("secret_id", "x")]),
        (client("disable"), vec![]),
        (client("enable"), vec![]),
        (client("revoke_tokens"), vec![]),
        (client("delete"), vec![("confirmation", "there")]),
        (
            "/admin/actions/common_actions/query/try".to_owned(),
            vec![("client_id", "x")],
        ),
        (
            "/admin/semantic/queries/ticket_analysis/none".to_owned(),
            vec![("client_id", "x")],
        ),
        ("/admin/scopes".to_owned(), vec![("name", "made")]),
        (
            "/admin/scopes/remove".to_owned(),
            vec![("name", "protected"), ("confirm", "yes")],
        ),
        ("/admin/keys/rotate".to_owned(), vec![("confirm", "yes")]),
        (
            "/admin/keys/withdraw".to_owned(),
            vec![("kid", "x"), ("confirmation", "x")],
        ),
        (
            "/admin/administrators/new".to_owned(),
            vec![("username", "made"), ("password", "correct horse battery")],
        ),
        (
            "/admin/administrators/admin/role".to_owned(),
            vec![("role", "auditor")],
        ),
        (
            "/admin/administrators/admin/password".to_owned(),
            vec![("password", "correct horse battery")],
        ),
        (
            "/admin/administrators/admin/remove".to_owned(),
            vec![("confirmation", "admin")],
        ),
        ("/admin/sessions/end_others".to_owned(), vec![]),
        ("/admin/sessions/end".to_owned(), vec![("session", "x")]),
        ("/admin/theme".to_owned(), vec![("theme", "dark")]),
        ("/admin/sign_out".to_owned(), vec![]),
    ]
}

fn clients(server: &Server) -> Value {
    server.admin().get("/admin/api/clients").expect(200).json()
}

#[test]
fn a_form_without_the_sessions_own_token_changes_nothing() {
    let server = Server::start();
    let client = server.create_client("there", &["protected"]);
    let (browser, other) = (Browser::signed_in(&server), Browser::signed_in(&server));
    let before = clients(&server);
    let of_other = other.form_token();
    for (path, fields) in forms(&client.client_id) {
        for token in [None, Some(""), Some("wrong"), Some(of_other.as_str())] {
            let mut all = fields.clone();
            if let Some(token) = token {
                all.push(("form_token", token));
            }
            let answer = browser.post_form(&path, &all);
            assert_eq!(answer.status, 403, "{path} with {token:?}: {answer}");
            assert!(
                answer.body.contains("does not belong to your session"),
                "{answer}"
            );
        }
    }
    assert_eq!(clients(&server), before);
    browser.get("/admin/clients").expect(200);
    let log = server
        .admin()
        .get("/admin/api/audit?decision=denied")
        .expect(200);
    assert!(
        log.body.contains("\"reason\":\"wrong_form_token\""),
        "{log}"
    );
}

#[test]
fn a_form_of_another_site_changes_nothing_even_with_the_token() {
    let server = Server::start();
    let client = server.create_client("there", &["protected"]);
    let browser = Browser::signed_in(&server);
    let before = clients(&server);
    let token = browser.form_token();
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for (path, fields) in forms(&client.client_id) {
            let mut all = fields.clone();
            all.push(("form_token", &token));
            let request = browser.request(reqwest::Method::POST, &path);
            let answer = Answer::to(request.header(header.0, header.1).form(&all));
            assert_eq!(answer.status, 403, "{path} with {header:?}: {answer}");
        }
    }
    assert_eq!(clients(&server), before);
    browser.get("/admin/clients").expect(200);
}

#[test]
fn a_form_without_a_session_leads_to_sign_in() {
    let server = Server::start();
    let client = server.create_client("there", &["protected"]);
    let token = Browser::signed_in(&server).form_token();
    let before = clients(&server);
    for (path, mut fields) in forms(&client.client_id) {
        fields.push(("form_token", &token));
        let answer = Browser::new(&server).post_form(&path, &fields).expect(303);
        assert_eq!(
            answer.header("location"),
            Some("/admin/sign_in"),
            "{answer}"
        );
    }
    assert_eq!(clients(&server), before);
}

#[test]
fn what_is_no_form_is_refused() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let post = |body: Vec<u8>, kind: &str| {
        let request = browser.request(reqwest::Method::POST, "/admin/clients/new");
        Answer::to(request.header("content-type", kind).body(body))
    };
    post(b"{}".to_vec(), "application/json").expect(415);
    post(b"a=b".to_vec(), "text/plain").expect(415);
    let form = "application/x-www-form-urlencoded";
    post(b"%ff%00=%zz&&&=".to_vec(), form).expect(403);
    post("a&".repeat(2_000).into_bytes(), form).expect(400);
    post(vec![b'a'; 4 << 20], form).expect(413);
}
