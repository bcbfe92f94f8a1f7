//! Revocations are kept until the token would have expired, and no longer.

use std::time::Duration;

use serde_json::json;

use super::within;
use crate::support::{Caller, Server};

/// How long a token and the clean-up after it may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The server cleans up when it starts, and every ten minutes from then on.
#[test]
fn expired_revocations_disappear() {
    let mut server = Server::start();
    let short = json!({ "client_name": "short", "scope": "protected", "access_token_lifetime": 1 });
    let short = server.admin().register(&short);
    let long = server.create_client("long", &["protected"]);
    let lasting = server.token(&long);
    server.revoke(&long, &lasting);
    let passing = server.token(&short);
    server.revoke(&short, &passing);

    let (lasting_id, passing_id) = (
        lasting.claims()["jti"].clone(),
        passing.claims()["jti"].clone(),
    );
    assert_eq!(kept(&server, &lasting_id), 1);
    assert_eq!(kept(&server, &passing_id), 1);

    let expiry = passing.claims()["exp"].as_u64().expect("seconds");
    within(LIMIT, "the token expires", || now() > expiry);
    // The clean-up leaves a minute for the clocks of other replicas, which no test should wait for.
    server
        .database()
        .execute("UPDATE revoked_tokens SET expires_at = expires_at - 61000000");
    server.restart();
    within(LIMIT, "the revocation disappears", || {
        kept(&server, &passing_id) == 0
    });
    assert_eq!(kept(&server, &lasting_id), 1, "this one is still needed");
    for token in [&lasting, &passing] {
        let caller = server.anonymous().with_token(&token.access_token);
        caller.get("/protected").expect(401);
    }
}

/// How many revocations of this token there are.
fn kept(server: &Server, token_id: &serde_json::Value) -> usize {
    let token_id = token_id.as_str().expect("a jti");
    server.database().execute(&format!(
        "UPDATE revoked_tokens SET revoked_at = revoked_at WHERE token_id = '{token_id}'"
    ))
}

/// Seconds since the epoch.
fn now() -> u64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.expect("the clock is past 1970").as_secs()
}
