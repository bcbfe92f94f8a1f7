//! The requests, as bytes.

use std::net::SocketAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

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
    post(
        server,
        "/token",
        client,
        "grant_type=client_credentials&scope=protected",
    )
}

/// Asks what a token says (RFC 7662 section 2.1).
pub fn introspection(server: SocketAddr, client: &Credentials, token: &str) -> Vec<u8> {
    post(server, "/introspect", client, &format!("token={token}"))
}

/// Asks for what a scope protects (RFC 6750 section 2.1).
pub fn protected(server: SocketAddr, token: &str) -> Vec<u8> {
    format!("GET /protected HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// Asks whether the server can do its work.
pub fn readiness(server: SocketAddr) -> Vec<u8> {
    format!("GET /readyz HTTP/1.1\r\nHost: {server}\r\n\r\n").into_bytes()
}

fn post(server: SocketAddr, path: &str, client: &Credentials, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nAuthorization: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        client.basic(),
        form.len()
    )
    .into_bytes()
}
