//! Client libraries that others wrote, as people use them: PyPI's Authlib and requests-oauthlib,
//! npm's openid-client, oauth4webapi and jose, the official MCP SDKs in Python and TypeScript, and the MCP
//! conformance suite. The scripts are in `tests/clients`.

use std::{
    env::{self, VarError},
    path::PathBuf,
    process::Command,
};

use crate::support::Server;

#[test]
fn authlib() {
    succeeds("AMBIT_TEST_PYTHON", "authlib_client.py");
}

#[test]
fn requests_oauthlib() {
    succeeds("AMBIT_TEST_PYTHON", "requests_oauthlib_client.py");
}

#[test]
fn openid_client() {
    succeeds("AMBIT_TEST_NODE", "openid_client.mjs");
}

#[test]
fn oauth4webapi() {
    succeeds("AMBIT_TEST_NODE", "oauth4webapi_client.mjs");
}

#[test]
fn jose() {
    succeeds("AMBIT_TEST_NODE", "jose_client.mjs");
}

#[test]
fn mcp_in_python() {
    succeeds_with_fixtures("AMBIT_TEST_PYTHON", "mcp_python_client.py");
}

#[test]
fn mcp_in_typescript() {
    succeeds_with_fixtures("AMBIT_TEST_NODE", "mcp_sdk_client.mjs");
}

#[test]
fn mcp_in_typescript_of_the_second_generation() {
    succeeds_with_fixtures("AMBIT_TEST_NODE", "mcp_client_client.mjs");
}

#[test]
fn mcp_conformance() {
    succeeds_with_fixtures("AMBIT_TEST_NODE_22", "mcp_conformance.mjs");
}

/// Runs a script against a server of its own.
fn succeeds(interpreter: &str, script: &str) {
    run(&Server::start(), "protected", interpreter, script);
}

/// Runs a script against a server of its own that has the actions for tests.
fn succeeds_with_fixtures(interpreter: &str, script: &str) {
    let server = Server::with([]).with_fixtures().start();
    run(&server, "fixtures:call", interpreter, script);
}

/// Runs a script; it exits with 0 when all that it asserts held.
fn run(server: &Server, scope: &str, interpreter: &str, script: &str) {
    let client = server.create_client(script, &[scope]);
    let output = Command::new(prepared(interpreter))
        .arg(PathBuf::from(prepared("AMBIT_TEST_CLIENTS")).join(script))
        .env("AMBIT_ISSUER", server.issuer())
        .env("CLIENT_ID", &client.client_id)
        .env("CLIENT_SECRET", &client.client_secret)
        .output()
        .expect("the interpreter runs");
    assert!(
        output.status.success(),
        "{script} failed: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A variable that `tests/run` sets once the client libraries are installed.
pub fn prepared(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|error| match error {
        VarError::NotPresent => panic!("{variable} is not set: run the tests by tests/run"),
        VarError::NotUnicode(_) => panic!("{variable} is not UTF-8"),
    })
}
