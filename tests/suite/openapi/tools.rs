//! What tools that others wrote make of the document: Spectral and Redocly lint it, Schemathesis holds
//! the server to it, and a browser uses the page that shows it. Their settings and scripts are in
//! `tests/openapi`.

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;

use crate::{
    actions::examples::load_samples,
    clients::prepared,
    support::{ADMIN_USER, Agent, Caller, Server},
};

#[test]
fn spectral_has_nothing_to_say() {
    let server = Server::start();
    let mut spectral = node("node_modules/@stoplight/spectral-cli/dist/index.js");
    spectral.args(["lint", "--fail-severity", "hint", "--ruleset"]);
    spectral.arg(installed(".spectral.yaml"));
    succeeds(spectral.arg(saved_document(&server)));
}

#[test]
fn redocly_has_nothing_to_say() {
    let server = Server::start();
    saved_document(&server);
    for settings in [".redocly.yaml", ".redocly.lint-ignore.yaml"] {
        fs::copy(installed(settings), server.folder().join(settings)).unwrap();
    }
    let mut redocly = node("node_modules/@redocly/cli/bin/cli.js");
    redocly.args(["lint", "--config", ".redocly.yaml", "openapi.json"]);
    // It would report its use, and ask for a newer version of itself.
    redocly.envs([("REDOCLY_TELEMETRY", "off"), ("CI", "true")]);
    succeeds(redocly.current_dir(server.folder()));
}

#[test]
fn schemathesis_finds_the_server_as_described() {
    let server = Server::with([
        // It tries wrong credentials on every operation, and calls faster than any agent.
        ("AMBIT_FAILURES_PER_CLIENT", "1000000"),
        ("AMBIT_FAILURES_PER_ADDRESS", "1000000"),
        ("AMBIT_ACTION_CALLS_PER_MINUTE", "0"),
    ])
    .start();
    load_samples(&server);
    let scopes: Value = server.admin().get("/admin/api/scopes").expect(200).json();
    let scopes = scopes["scopes"].as_array().unwrap().iter();
    let scopes: Vec<_> = scopes
        .map(|scope| scope["name"].as_str().unwrap())
        .collect();
    let client = server.create_client("Schemathesis", &scopes);
    let (own, mcp) = (server.issuer(), format!("{}/mcp", server.issuer()));
    let token = server.token_for(&client, &[("resource", own), ("resource", &mcp)]);
    let agent = Agent::new(server.address(), token);

    let program = PathBuf::from(prepared("AMBIT_TEST_PYTHON")).with_file_name("schemathesis");
    let mut schemathesis = Command::new(program);
    schemathesis
        .arg("--config-file")
        .arg(installed("schemathesis.toml"))
        .args(["run", &server.url("/openapi.json"), "--no-color"])
        .args(["--checks", "all"])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .env("SCHEMATHESIS_HOOKS", installed("hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AMBIT_ADMIN_USER", ADMIN_USER)
        .env("AMBIT_ADMIN_PASSWORD", server.admin_password())
        .env("AMBIT_TOKEN", &agent.token.access_token)
        .env("CLIENT_ID", &client.client_id)
        .env("CLIENT_SECRET", &client.client_secret)
        .current_dir(server.folder());
    succeeds(&mut schemathesis);

    // Had it been shut out on the way, the rest of it would have shown nothing.
    server.admin().get("/admin/api/keys").expect(200);
    agent.get("/protected").expect(200);
}

#[test]
fn a_developer_tries_an_action_in_a_browser() {
    let server = Server::start();
    load_samples(&server);
    let client = server.create_client("Developer", &["releases:read"]);
    let mut browser = node("docs.mjs");
    browser
        .env("AMBIT_ISSUER", server.issuer())
        .env("CLIENT_ID", &client.client_id)
        .env("CLIENT_SECRET", &client.client_secret)
        .env("AMBIT_SCOPE", "releases:read")
        .env("AMBIT_OPERATION", "list_releases")
        .env("AMBIT_TEST_BROWSER", prepared("AMBIT_TEST_BROWSER"));
    succeeds(&mut browser);
}

/// A file of `tests/openapi` where `tests/run` has put it, beside the packages that it needs.
fn installed(name: &str) -> PathBuf {
    PathBuf::from(prepared("AMBIT_TEST_OPENAPI")).join(name)
}

fn node(script: &str) -> Command {
    let mut command = Command::new(prepared("AMBIT_TEST_NODE"));
    command.arg(installed(script));
    command
}

/// The document as the server serves it, in the server's folder.
fn saved_document(server: &Server) -> PathBuf {
    let file = server.folder().join("openapi.json");
    let document = server.anonymous().get("/openapi.json").expect(200).body;
    fs::write(&file, document).unwrap();
    file
}

/// Runs a tool; it exits with 0 when it found nothing.
#[track_caller]
fn succeeds(tool: &mut Command) {
    let output = tool.output().expect("the tool runs");
    assert!(
        output.status.success(),
        "{:?}: {}\n{}{}",
        tool.get_program(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
