//! The four endpoints to test authorization against: who is let in, and how the others are told.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Agent, Answer, Caller, Server};

const POEM: [&str; 3] = [
    "an old silent pond",
    "a frog jumps into the pond",
    "splash, silence again",
];

fn poem() -> Value {
    json!({ "line1": POEM[0], "line2": POEM[1], "line3": POEM[2] })
}

/// What the four endpoints answer, in the order of the table below.
fn statuses(caller: &impl Caller) -> [u16; 4] {
    [
        caller.get("/public").status,
        caller.get("/protected").status,
        caller.post_json("/protected_post", &poem()).status,
        caller.get("/highly_confidential").status,
    ]
}

#[test]
fn who_may_call_what() {
    let server = Server::start();
    let agent = |scopes: &[&str]| server.agent(&server.create_client("agent", scopes));
    let wrong_key = |agent: &Agent| {
        let (signed, _) = agent.token.access_token.rsplit_once('.').unwrap();
        server.anonymous().with_token(&format!("{signed}.AAAA"))
    };
    assert_eq!(statuses(&server.anonymous()), [200, 401, 401, 401]);
    assert_eq!(statuses(&agent(&[])), [200, 403, 403, 403]);
    assert_eq!(
        statuses(&agent(&["ambit:clients:read"])),
        [200, 403, 403, 403]
    );
    assert_eq!(statuses(&agent(&["protected"])), [200, 200, 200, 403]);
    assert_eq!(
        statuses(&agent(&["highly_sensitive"])),
        [200, 200, 200, 200]
    );
    assert_eq!(
        statuses(&agent(&["protected", "highly_sensitive"])),
        [200, 200, 200, 200]
    );
    assert_eq!(
        statuses(&wrong_key(&agent(&["highly_sensitive"]))),
        [200, 401, 401, 401]
    );
    // Neither an administrator nor a client's own secret opens what is for agents with a token.
    assert_eq!(statuses(&server.admin()), [200, 401, 401, 401]);
    let client = server.create_client("basic", &["highly_sensitive"]);
    assert_eq!(
        statuses(&server.anonymous().with_basic(&client)),
        [200, 401, 401, 401]
    );
}

#[test]
fn a_narrowed_token_does_what_it_says_and_no_more() {
    let server = Server::start();
    let client = server.create_client("agent", &["protected", "highly_sensitive"]);
    let narrow = server.token_for(&client, &[("scope", "protected")]);
    let narrow = server.anonymous().with_token(&narrow.access_token);
    assert_eq!(statuses(&narrow), [200, 200, 200, 403]);
}

#[test]
fn what_is_answered() {
    let server = Server::start();
    let client = server.create_client("agent", &["highly_sensitive"]);
    let agent = server.agent(&client);
    let public: Value = server.anonymous().get("/public").json();
    assert_eq!(public, json!({ "message": "Anyone may read this." }));
    for path in ["/protected", "/highly_confidential"] {
        let body: Value = agent.get(path).expect(200).json();
        assert_eq!(body["subject"], *client.client_id);
        assert_eq!(body["scope"], "highly_sensitive");
    }
    let body: Value = agent
        .post_json("/protected_post", &poem())
        .expect(200)
        .json();
    assert_eq!(body, json!({ "haiku": POEM.join("\n") }));
}

/// The challenge of a refusal, and the problem document that goes with it.
#[track_caller]
fn problem(answer: &Answer, status: u16) -> (String, Value) {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let problem: Value = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(
        problem["request_id"],
        answer.header("x-request-id").unwrap()
    );
    (
        answer
            .header("www-authenticate")
            .unwrap_or_default()
            .to_owned(),
        problem,
    )
}

/// RFC 6750, section 3, and RFC 9728, section 5.1.
#[test]
fn a_refusal_says_what_is_missing() {
    let server = Server::start();
    let metadata = format!(
        "resource_metadata=\"{}/.well-known/oauth-protected-resource\"",
        server.issuer()
    );
    let (challenge, _) = problem(&server.anonymous().get("/protected"), 401);
    assert_eq!(challenge, format!("Bearer realm=\"ambit\", {metadata}"));

    let (challenge, body) = problem(&server.anonymous().with_token("x").get("/protected"), 401);
    assert!(
        challenge.starts_with("Bearer realm=\"ambit\", error=\"invalid_token\""),
        "{challenge}"
    );
    assert!(challenge.ends_with(&metadata), "{challenge}");
    assert_eq!(body["type"], "urn:ambit:problem:invalid_token");

    let agent = server.agent(&server.create_client("agent", &[]));
    for (path, scope) in [
        ("/protected", "protected"),
        ("/highly_confidential", "highly_sensitive"),
    ] {
        let (challenge, body) = problem(&agent.get(path), 403);
        let expected = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
        assert!(
            challenge.contains(&expected) && challenge.ends_with(&metadata),
            "{challenge}"
        );
        assert_eq!(body["type"], "urn:ambit:problem:insufficient_scope");
    }
}

#[test]
fn a_token_counts_in_its_one_place_only() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("agent", &["protected"]));
    let token = agent.token.access_token.as_str();
    let query = [("access_token", token)];
    server
        .anonymous()
        .get_query("/protected", &query)
        .expect(401);
    server
        .anonymous()
        .post_form("/protected_post", &query)
        .expect(401);
    let with = |values: &[&str]| {
        let mut request = server.anonymous().request(Method::GET, "/protected");
        for value in values {
            request = request.header("authorization", *value);
        }
        Answer::to(request).status
    };
    let good = format!("Bearer {token}");
    assert_eq!(with(&[&good]), 200);
    assert_eq!(with(&[&format!("bearer {token}")]), 200);
    assert_eq!(with(&[&format!("BEARER  {token}")]), 200);
    assert_eq!(with(&[&good, &good]), 400);
    assert_eq!(with(&[&good, "Bearer x"]), 400);
    for value in [
        format!("Bearer{token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},"),
        format!("Bearer \"{token}\""),
        format!("Bearer token={token}"),
        format!("Token {token}"),
        format!("DPoP {token}"),
        token.to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
    ] {
        assert_eq!(with(&[&value]), 401, "{value:.30}");
    }
}

/// RFC 6750, section 3.1: a token sent twice is a broken request, one that is no token is invalid.
#[test]
fn a_broken_request_and_a_broken_token_are_told_apart() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("agent", &["protected"]));
    let good = format!("Bearer {}", agent.token.access_token);
    let with = |values: &[&str]| {
        let mut request = server.anonymous().request(Method::GET, "/protected");
        for value in values {
            request = request.header("authorization", *value);
        }
        Answer::to(request)
    };
    let basic = "Basic YTpi";
    for values in [[good.as_str(), &good], [&good, "Bearer x"], [&good, basic]] {
        let (challenge, body) = problem(&with(&values), 400);
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_request\""),
            "{challenge}"
        );
        assert_eq!(body["type"], "urn:ambit:problem:invalid_request");
    }
    for token in ["a!b", "a b", "\"x\"", "%41", "a,b"] {
        let (challenge, body) = problem(&with(&[&format!("Bearer {token}")]), 401);
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{token}: {challenge}"
        );
        assert_eq!(body["type"], "urn:ambit:problem:invalid_token");
    }
}

#[test]
fn a_poem_has_three_lines() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("agent", &["protected"]));
    let send = |body: &Value| agent.post_json("/protected_post", body).status;
    let with = |name: &str, value: Value| {
        let mut lines = poem();
        lines[name] = value;
        lines
    };
    assert_eq!(send(&with("line1", json!("é".repeat(200)))), 200);
    assert_eq!(send(&with("line1", json!("é".repeat(201)))), 422);
    assert_eq!(send(&with("line1", json!(7))), 422);
    assert_eq!(send(&with("line4", json!("one too many"))), 422);
    assert_eq!(send(&json!({ "line1": "alone" })), 422);
    assert_eq!(send(&json!([])), 422);
    let typed = |kind: &str, body: &'static str| {
        let request = agent.request(Method::POST, "/protected_post");
        Answer::to(request.header("content-type", kind).body(body)).status
    };
    assert_eq!(typed("application/json", "{"), 400);
    assert_eq!(typed("text/plain", "{}"), 415);
    assert_eq!(typed("application/json", ""), 400);
}

#[test]
fn nobody_without_a_token_learns_what_a_body_should_be() {
    let server = Server::start();
    let broken = json!({ "line1": 7 });
    server
        .anonymous()
        .post_json("/protected_post", &broken)
        .expect(401);
    let agent = server.agent(&server.create_client("agent", &[]));
    agent.post_json("/protected_post", &broken).expect(403);
}
