//! The OAuth endpoints, from outside.

mod authorize;
mod client_authentication;
mod forge;
mod forged_tokens;
mod hostile_connections;
mod hostile_requests;
mod hosts;
mod introspect;
mod jwks;
mod key_rotation;
mod metadata;
mod resources;
mod revoke;
mod signing_keys;
mod throttling;
mod token;
mod token_encoding;

use serde_json::Value;

use crate::support::{Answer, Caller, Server};

/// The body of the smallest token request.
pub const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A refusal in OAuth's own form (RFC 6749, section 5.2): status, code, what to say for people, a
/// challenge where authentication failed and nowhere else, and nothing to be cached.
#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (status, error),
        "{answer}"
    );
    let body: Value = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "error_description"], "{answer}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    let challenge =
        (error == "invalid_client").then_some("Basic realm=\"ambit\", charset=\"UTF-8\"");
    assert_eq!(answer.header("www-authenticate"), challenge, "{answer}");
}

/// Records of the audit log, newest first: at most 500.
#[track_caller]
pub fn records(server: &Server, event: &str, decision: &str) -> Vec<Value> {
    let query = [("event", event), ("decision", decision), ("limit", "500")];
    let page: Value = server
        .admin()
        .get_query("/admin/api/audit", &query)
        .expect(200)
        .json();
    let records = page["records"].as_array().unwrap();
    records
        .iter()
        .map(|entry| entry["record"].clone())
        .collect()
}
