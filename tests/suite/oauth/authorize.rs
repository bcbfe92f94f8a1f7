//! `/authorize`: there is no interactive grant, and a page that says so.

use serde_json::Value;

use crate::support::{Caller, Server};

#[test]
fn a_page_says_that_there_is_no_interactive_grant() {
    let server = Server::start();
    let redirect = "https://client.example/callback";
    let query = [
        ("response_type", "code"),
        ("client_id", "x"),
        ("redirect_uri", redirect),
    ];
    for answer in [
        server.anonymous().get("/authorize"),
        server.anonymous().get_query("/authorize", &query),
        server.anonymous().post_form("/authorize", &query),
    ] {
        let answer = answer.expect(400);
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("location"), None);
        assert!(
            answer.body.contains("unsupported_response_type"),
            "{answer}"
        );
        assert!(!answer.body.contains("client.example"), "{answer}");
    }
}

#[test]
fn the_page_repeats_nothing_and_runs_nothing() {
    let server = Server::start();
    let attack = "\"><script>alert(1)</script>";
    let query = [("response_type", attack), ("state", attack)];
    let answer = server
        .anonymous()
        .get_query("/authorize", &query)
        .expect(400);
    assert!(!answer.body.contains("script"), "{answer}");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'nonce-"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    let again = server.anonymous().get("/authorize");
    assert_ne!(
        again.header("content-security-policy"),
        Some(policy),
        "the nonce is fixed"
    );
}

#[test]
fn it_is_where_the_metadata_say() {
    let server = Server::start();
    let metadata: Value = server
        .anonymous()
        .get("/.well-known/oauth-authorization-server")
        .expect(200)
        .json();
    assert_eq!(metadata["authorization_endpoint"], server.url("/authorize"));
    assert_eq!(metadata["response_types_supported"], serde_json::json!([]));
}
