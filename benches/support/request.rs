//! The requests, as bytes.

use std::net::SocketAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// Releases of a page.
const PAGE: u32 = 5;

/// What a client proves itself by.
pub struct Credentials {
    /// Its identifier.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

impl Credentials {
    /// The value of `Authorization` (RFC 7617). Identifiers and secrets have no character that
    /// RFC 6749 section 2.3.1 would encode.
    fn basic(&self) -> String {
        let pair = format!("{}:{}", self.client_id, self.client_secret);
        format!("Basic {}", BASE64_STANDARD.encode(pair))
    }
}

/// Asks for a token with the scope `protected` (RFC 6749 section 4.4.2).
pub fn token(server: SocketAddr, client: &Credentials) -> Vec<u8> {
    form(
        server,
        "/token",
        client,
        "grant_type=client_credentials&scope=protected",
    )
}

/// Asks what a token says (RFC 7662 section 2.1).
pub fn introspection(server: SocketAddr, client: &Credentials, token: &str) -> Vec<u8> {
    form(server, "/introspect", client, &format!("token={token}"))
}

/// Asks for what a scope protects (RFC 6750 section 2.1).
pub fn protected(server: SocketAddr, token: &str) -> Vec<u8> {
    get(server, "/protected", token)
}

/// Asks for the newest releases, by REST.
pub fn list_releases(server: SocketAddr, token: &str) -> Vec<u8> {
    let path = format!("/actions/release_oversight/list_releases?limit={PAGE}");
    get(server, &path, token)
}

/// Asks for the same by MCP, from a client that takes answers and no streams.
pub fn list_releases_by_mcp(server: SocketAddr, token: &str) -> Vec<u8> {
    let call = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": { "name": "list_releases", "arguments": { "limit": PAGE } },
    });
    let revision = "MCP-Protocol-Version: 2025-11-25\r\nAccept: application/json\r\n";
    post(server, "/mcp", token, revision, &call)
}

/// Asks a question in SQL, by REST.
pub fn query(server: SocketAddr, token: &str, sql: &str) -> Vec<u8> {
    let path = "/actions/common_actions/query";
    post(server, path, token, "", &json!({ "sql": sql }))
}

/// Asks whether the server can do its work.
pub fn readiness(server: SocketAddr) -> Vec<u8> {
    format!("GET /readyz HTTP/1.1\r\nHost: {server}\r\n\r\n").into_bytes()
}

fn get(server: SocketAddr, path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

fn post(server: SocketAddr, path: &str, token: &str, headers: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n{headers}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn form(server: SocketAddr, path: &str, client: &Credentials, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nAuthorization: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        client.basic(),
        form.len()
    )
    .into_bytes()
}
