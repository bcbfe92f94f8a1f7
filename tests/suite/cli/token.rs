//! `ambit token`: a token as a client gets it.

use serde_json::Value;

use super::{failed, with_stdin};
use crate::support::{Caller, RegisteredClient, Server};

#[test]
fn a_token_is_printed_alone_and_works() {
    let server = Server::start();
    let client = server.create_client("Tried", &["protected"]);
    let token = get(&server, &client, &[]);
    assert_eq!(token.lines().count(), 1);
    server
        .anonymous()
        .with_token(token.trim_end())
        .get("/protected")
        .expect(200);
}

#[test]
fn scope_and_resource_are_asked_for() {
    let server = Server::start();
    let client = server.create_client("Tried", &["protected", "highly_sensitive"]);
    let answer = get(&server, &client, &["--scope", "protected", "--json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["scope"], "protected");
    assert_eq!(answer["token_type"], "Bearer");
    let resource = format!("{}/mcp", server.issuer());
    let decoded = get(&server, &client, &["--resource", &resource, "--decode"]);
    let decoded: Value = serde_json::from_str(&decoded).unwrap();
    assert_eq!(decoded["header"]["typ"], "at+jwt");
    assert_eq!(decoded["claims"]["aud"], resource);
}

#[test]
fn the_secret_may_come_from_stdin() {
    let server = Server::start();
    let client = server.create_client("Piped", &["protected"]);
    let arguments = [
        "token",
        "--client-id",
        &client.client_id,
        "--client-secret-stdin",
        "--issuer",
        server.address(),
    ];
    let output = with_stdin(
        &mut server.command(&arguments),
        &format!("{}\n", client.client_secret),
    );
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_servers_refusal_is_repeated() {
    let server = Server::start();
    let client = server.create_client("Refused", &["protected"]);
    let arguments = [
        "token",
        "--client-id",
        &client.client_id,
        "--issuer",
        server.address(),
        "--scope",
        "nope",
    ];
    let mut command = server.command(&arguments);
    let output = command
        .env("AMBIT_CLIENT_SECRET", &client.client_secret)
        .output()
        .unwrap();
    assert!(
        failed(&output, 1).starts_with("ambit: invalid_scope"),
        "{output:?}"
    );
    let output = command
        .env("AMBIT_CLIENT_SECRET", "wrong")
        .output()
        .unwrap();
    let error = failed(&output, 1);
    assert!(error.starts_with("ambit: invalid_client"), "{error}");
    assert!(!error.contains("wrong"), "{error}");
    // Nobody to ask, and nothing given.
    failed(
        &command.env_remove("AMBIT_CLIENT_SECRET").output().unwrap(),
        2,
    );
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let mut server = Server::start();
    let client = server.create_client("Alone", &["protected"]);
    server.stop();
    let arguments = [
        "token",
        "--client-id",
        &client.client_id,
        "--issuer",
        server.address(),
    ];
    let mut command = server.command(&arguments);
    let output = command
        .env("AMBIT_CLIENT_SECRET", &client.client_secret)
        .output()
        .unwrap();
    let error = failed(&output, 1);
    assert!(error.contains(server.address()), "{error}");
    assert!(!error.contains(&client.client_secret), "{error}");
}

#[track_caller]
fn get(server: &Server, client: &RegisteredClient, further: &[&str]) -> String {
    let mut arguments = vec![
        "token",
        "--client-id",
        &client.client_id,
        "--issuer",
        server.address(),
    ];
    arguments.extend_from_slice(further);
    let mut command = server.command(&arguments);
    let output = command
        .env("AMBIT_CLIENT_SECRET", &client.client_secret)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
