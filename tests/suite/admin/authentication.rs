//! Who may come in: an administrator by HTTP Basic (RFC 7617), an agent by Bearer (RFC 6750).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Server, eventually};

const PATH: &str = "/admin/api/clients";

#[test]
fn nobody_is_told_both_ways_in() {
    let server = Server::start();
    let answer = server.anonymous().get(PATH).expect(401);
    let metadata = format!("{}/.well-known/oauth-protected-resource", server.issuer());
    let challenge = format!(
        "Basic realm=\"ambit\", charset=\"UTF-8\", Bearer realm=\"ambit\", \
         resource_metadata=\"{metadata}\""
    );
    assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem: Value = answer.json();
    assert_eq!(
        problem["request_id"],
        answer.header("x-request-id").unwrap()
    );
}

#[test]
fn an_unknown_name_and_a_wrong_password_are_answered_alike() {
    let server = Server::start();
    let attempt = |user: &str, password: &str| {
        let request = server.anonymous().request(Method::GET, PATH);
        let answer = Answer::to(request.basic_auth(user, Some(password))).expect(401);
        let mut problem: Value = answer.json();
        problem["request_id"].take();
        (
            problem,
            answer.header("www-authenticate").map(str::to_owned),
        )
    };
    let wrong = attempt("admin", "not the password");
    let too_long = "x".repeat(5000);
    for (user, password) in [
        ("nobody", "not the password"),
        ("admin", ""),
        ("", ""),
        ("admin ", server.admin_password()),
        ("Admin", server.admin_password()),
        ("a\u{e9}", "x"),
        ("admin", &too_long),
    ] {
        assert_eq!(attempt(user, password), wrong, "{user}");
    }
    server.admin().get(PATH).expect(200);
}

#[test]
fn a_client_is_no_administrator_and_an_administrator_no_client() {
    let server = Server::start();
    let client = server.create_client("Ambitious", &["ambit:clients:read"]);
    server.anonymous().with_basic(&client).get(PATH).expect(401);
    server.agent(&client).get(PATH).expect(200);
    let form = [("grant_type", "client_credentials")];
    server.admin().post_form("/token", &form).expect(401);
}

#[test]
fn credentials_that_cannot_be_read_are_none() {
    let server = Server::start();
    let password = server.admin_password();
    let right = encoded(&format!("admin:{password}"));
    let send = |values: &[&str]| {
        let mut request = server.anonymous().request(Method::GET, PATH);
        for value in values {
            request = request.header("authorization", *value);
        }
        Answer::to(request).status
    };
    assert_eq!(send(&[&format!("Basic {right}")]), 200);
    assert_eq!(send(&[&format!("basic {right}")]), 200);
    for value in [
        "Basic",
        "Basic ",
        "Basic !!!",
        &format!("Basic {}", encoded("admin")),
        &format!("Digest {right}"),
        &right,
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer x.y.z",
    ] {
        assert_eq!(send(&[value]), 401, "{value}");
    }
    let right = format!("Basic {right}");
    assert_eq!(send(&[&right, &right]), 400, "two are not one");
    let in_query = format!("{PATH}?access_token=x");
    let answer = server.anonymous().get(&in_query);
    assert!([400, 401].contains(&answer.status), "{answer}");
}

#[test]
fn guessing_is_slowed_and_the_right_password_with_it() {
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "3")]).start();
    let attempt = |user: &str, password: &str| {
        let request = server.anonymous().request(Method::GET, PATH);
        Answer::to(request.basic_auth(user, Some(password)))
    };
    for _ in 0..3 {
        attempt("admin", "a wrong password").expect(401);
    }
    let answer = attempt("admin", "a wrong password").expect(429);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    // Else the answer would tell the guesser which one was right.
    attempt("admin", server.admin_password()).expect(429);
    attempt("somebody-else", "a wrong password").expect(401);
    // A token is another door.
    server.anonymous().with_token("x.y.z").get(PATH).expect(401);
}

#[test]
fn an_address_that_guesses_many_names_is_slowed() {
    let server = Server::with([("AMBIT_FAILURES_PER_ADDRESS", "4")]).start();
    let attempt = |user: &str| {
        let request = server.anonymous().request(Method::GET, PATH);
        Answer::to(request.basic_auth(user, Some("a wrong password"))).status
    };
    let statuses = ["a", "b", "c", "d", "e"].map(attempt);
    assert_eq!(statuses, [401, 401, 401, 401, 429]);
}

#[test]
fn who_signs_in_and_who_fails_is_recorded() {
    let server = Server::start();
    for name in ["mallory", "admin"] {
        let request = server.anonymous().request(Method::GET, PATH);
        Answer::to(request.basic_auth(name, Some("a wrong password"))).expect(401);
    }
    let query = [("event", "request"), ("decision", "denied")];
    let page: Value = server
        .admin()
        .get_query("/admin/api/audit", &query)
        .expect(200)
        .json();
    // A name that nobody has may be a password that was typed in its place.
    for (position, name) in ["admin", ""].iter().enumerate() {
        let record = &page["records"][position]["record"];
        assert_eq!(record["actors"], json!([{"id": name, "kind": "unknown"}]));
        assert_eq!(record["reason"], "wrong_password");
        assert_eq!(record["target"], "GET /admin/api/clients");
    }
    let query = [("event", "request"), ("decision", "allowed")];
    let page: Value = server
        .admin()
        .get_query("/admin/api/audit", &query)
        .expect(200)
        .json();
    let record = &page["records"][0]["record"];
    assert_eq!(
        record["actors"],
        json!([{"id": "admin", "kind": "administrator"}])
    );
    assert_eq!(record["target"], "GET /admin/api/audit");
}

#[test]
fn a_token_for_another_audience_is_refused() {
    let resource = "https://api.example.com";
    let server = Server::with([("AMBIT_RESOURCES", resource)]).start();
    let client = server.admin().register(&json!({
        "client_name": "Elsewhere", "scope": "ambit:clients:read", "allowed_resources": [resource],
    }));
    let elsewhere = server.token_for(&client, &[("resource", resource)]);
    assert_eq!(elsewhere.claims()["aud"], resource);
    let answer = server
        .anonymous()
        .with_token(&elsewhere.access_token)
        .get(PATH)
        .expect(401);
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .contains("Bearer")
    );
    server.agent(&client).get(PATH).expect(200);
}

#[test]
fn a_revoked_or_expired_token_is_refused() {
    let server = Server::start();
    let client = server.create_client("Fleeting", &["ambit:clients:read"]);
    let agent = server.agent(&client);
    agent.get(PATH).expect(200);
    server.revoke(&client, &agent.token);
    agent.get(PATH).expect(401);

    let path = format!("{PATH}/{}", client.client_id);
    server
        .admin()
        .patch_json(&path, &json!({"access_token_lifetime": 3}))
        .expect(200);
    let agent = server.agent(&client);
    agent.get(PATH).expect(200);
    eventually("the token expires", || {
        (agent.get(PATH).status == 401).then_some(())
    });
}

fn encoded(credentials: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(credentials)
}
