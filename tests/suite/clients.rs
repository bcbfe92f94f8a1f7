//! Client libraries that others wrote, as people use them: PyPI's Authlib and requests-oauthlib,
//! npm's openid-client, oauth4webapi and jose. The scripts are in `tests/clients`.

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

/// Runs a script against a server of its own; it exits with 0 when all that it asserts held.
fn succeeds(interpreter: &str, script: &str) {
    let server = Server::start();
    let client = server.create_client(script, &["protected"]);
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
fn prepared(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|error| match error {
        VarError::NotPresent => panic!("{variable} is not set: run the tests by tests/run"),
        VarError::NotUnicode(_) => panic!("{variable} is not UTF-8"),
    })
}
