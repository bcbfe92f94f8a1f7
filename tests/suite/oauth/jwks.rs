//! `GET /jwks` (RFC 7517): the public keys, and nothing of the private ones.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Server};

/// The keys that a server publishes.
pub fn keys(server: &Server) -> Vec<Value> {
    let body: Value = server.anonymous().get("/jwks").expect(200).json();
    body["keys"].as_array().unwrap().clone()
}

/// The names of the keys that a server publishes.
pub fn kids(server: &Server) -> Vec<String> {
    keys(server)
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// RFC 7638: the SHA-256 of the required members alone, sorted, without a space.
pub fn thumbprint(key: &Value) -> String {
    let required: &[&str] = match key["kty"].as_str() {
        Some("RSA") => &["e", "kty", "n"],
        Some("EC") => &["crv", "kty", "x", "y"],
        other => panic!("{other:?} has no thumbprint here"),
    };
    let members: Vec<_> = required
        .iter()
        .map(|name| format!("\"{name}\":{}", key[name]))
        .collect();
    let text = format!("{{{}}}", members.join(","));
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// The example of RFC 7638, section 3.1, shows that the test itself is right.
#[test]
fn the_thumbprint_is_that_of_the_rfc() {
    let key = json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_\
              BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_\
              FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI\
              4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    });
    assert_eq!(
        thumbprint(&key),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
}

#[test]
fn keys_have_public_members_only_and_are_named_by_their_thumbprint() {
    for (algorithm, expected) in [
        ("RS256", ["alg", "e", "kid", "kty", "n", "use"].as_slice()),
        (
            "ES256",
            ["alg", "crv", "kid", "kty", "use", "x", "y"].as_slice(),
        ),
    ] {
        let server = Server::with([("AMBIT_SIGNING_ALGORITHM", algorithm)]).start();
        let client = server.create_client("reporter", &["protected"]);
        let keys = keys(&server);
        assert_eq!(keys.len(), 1);
        let members: Vec<_> = keys[0].as_object().unwrap().keys().collect();
        assert_eq!(members, expected);
        assert_eq!(
            (&keys[0]["use"], &keys[0]["alg"]),
            (&json!("sig"), &json!(algorithm))
        );
        assert_eq!(keys[0]["kid"], thumbprint(&keys[0]));
        let agent = server.agent(&client);
        let header = json!({ "typ": "at+jwt", "alg": algorithm, "kid": keys[0]["kid"] });
        assert_eq!(agent.token.header(), header);
        agent.get("/protected").expect(200);
    }
}

#[test]
fn a_copy_may_be_kept_for_as_long_as_is_set_and_asked_about_cheaply() {
    let server = Server::with([("AMBIT_JWKS_CACHE_SECONDS", "77")]).start();
    let answer = server.anonymous().get("/jwks").expect(200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/jwk-set+json")
    );
    assert_eq!(answer.header("cache-control"), Some("public, max-age=77"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let tag = answer.header("etag").unwrap();

    let ask = |known: &str| {
        let request = server.anonymous().request(Method::GET, "/jwks");
        Answer::to(request.header("if-none-match", known))
    };
    let weak = format!("W/{tag}");
    let among_others = format!("\"other\", {tag}");
    for known in [tag, &weak, &among_others, "*"] {
        let unchanged = ask(known).expect(304);
        assert_eq!(
            (unchanged.body.as_str(), unchanged.header("etag")),
            ("", Some(tag)),
            "{known}"
        );
        assert_eq!(
            unchanged.header("cache-control"),
            Some("public, max-age=77")
        );
    }
    assert_eq!(ask("\"other\"").expect(200).body, answer.body);

    server
        .admin()
        .post_empty("/admin/api/keys/rotate")
        .expect(201);
    let changed = ask(tag).expect(200);
    assert_ne!(changed.header("etag"), Some(tag));
}

#[test]
fn it_can_be_read_but_not_written() {
    let server = Server::start();
    let head = Answer::to(server.anonymous().request(Method::HEAD, "/jwks")).expect(200);
    assert_eq!(head.body, "");
    let refused = server.anonymous().post_empty("/jwks").expect(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}
