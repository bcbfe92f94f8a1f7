//! A browser that remembers an administrator's password sends it along with whatever a foreign page
//! makes it send: what changes something must come from this server's own pages, or from no page.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, Answer, Caller, RegisteredClient, Server};

const PATH: &str = "/admin/api/clients";

const FOREIGN: [(&str, &str); 4] = [
    ("origin", "https://evil.example"),
    ("origin", "null"),
    ("origin", "not an origin"),
    ("sec-fetch-site", "cross-site"),
];

/// Every kind of request that changes something.
fn changes(client: &RegisteredClient) -> Vec<(Method, String, Option<Value>)> {
    let one = format!("{PATH}/{}", client.client_id);
    let made = json!({"client_name": "made"});
    vec![
        (Method::POST, PATH.to_owned(), Some(made)),
        (
            Method::PATCH,
            one.clone(),
            Some(json!({"description": "changed"})),
        ),
        (Method::POST, format!("{one}/disable"), None),
        (Method::POST, format!("{one}/secrets"), None),
        (Method::POST, "/admin/api/keys/rotate".to_owned(), None),
        (Method::DELETE, one, None),
    ]
}

fn send(
    caller: &impl Caller,
    (method, path, body): &(Method, String, Option<Value>),
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = caller.request(method.clone(), path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    Answer::to(request)
}

fn everything(admin: &Admin) -> [Value; 2] {
    [PATH, "/admin/api/keys"].map(|path| admin.get(path).expect(200).json())
}

#[test]
fn a_foreign_page_changes_nothing_with_an_administrators_password() {
    let server = Server::start();
    let admin = server.admin();
    let client = server.create_client("there", &["protected"]);
    let agent = server.agent(&client);
    let before = everything(&admin);
    for header in FOREIGN {
        for change in changes(&client) {
            let answer = send(&admin, &change, &[header]);
            assert_eq!(answer.status, 403, "{header:?}: {answer}");
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json"),
                "{answer}"
            );
        }
    }
    // One header that looks right does not make up for the other.
    let own = ("origin", server.issuer());
    for mixed in [
        [own, ("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-origin"), FOREIGN[0]],
    ] {
        let answer = send(&admin, &changes(&client)[0], &mixed);
        assert_eq!(answer.status, 403, "{mixed:?}: {answer}");
    }
    assert_eq!(everything(&admin), before);
    agent.get("/protected").expect(200);
}

#[test]
fn own_pages_and_no_pages_change_what_they_like() {
    let server = Server::start();
    let admin = server.admin();
    let own = ("origin", server.issuer());
    let same = ("sec-fetch-site", "same-origin");
    let typed_in = ("sec-fetch-site", "none");
    for headers in [&[][..], &[own], &[same], &[typed_in], &[own, same]] {
        let client = server.create_client("there", &[]);
        for change in changes(&client) {
            // A key may be on its way already.
            let answer = send(&admin, &change, headers);
            assert!(
                [200, 201, 204, 409].contains(&answer.status),
                "{headers:?}: {answer}"
            );
        }
        admin
            .get(&format!("{PATH}/{}", client.client_id))
            .expect(404);
    }
}

#[test]
fn a_foreign_page_may_ask_as_it_cannot_read_the_answer() {
    let server = Server::start();
    for header in FOREIGN {
        let question = (Method::GET, PATH.to_owned(), None);
        let answer = send(&server.admin(), &question, &[header]).expect(200);
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, None, "{answer}");
    }
}

#[test]
fn a_token_is_never_sent_by_a_browser_on_its_own() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("clerk", &["ambit:clients:write"]));
    for header in FOREIGN {
        let client = server.create_client("there", &[]);
        for change in changes(&client) {
            if change.1.starts_with(PATH) {
                let answer = send(&agent, &change, &[header]);
                assert!(answer.status < 300, "{header:?}: {answer}");
            }
        }
    }
}
