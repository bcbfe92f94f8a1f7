//! `ambit actions call`: where its input comes from, and what is said of a name that is none.

use std::fs;

use serde_json::{Value, json};

use super::{failed, failure, with_stdin};
use crate::support::{RegisteredClient, Server};

const GATE: &str = r#"{"version": "9.9.9", "name": "NAME", "reason": "Not yet."}"#;

fn arguments<'a>(server: &'a Server, client: &'a RegisteredClient, input: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["actions", "call", "set_gate", input];
    arguments.extend(["--client-id", &client.client_id]);
    arguments.extend(["--issuer", server.address()]);
    arguments
}

#[test]
fn the_input_may_come_from_a_file_and_from_stdin() {
    let server = Server::start();
    let client = server.create_client("Caller", &["releases:read", "releases:write"]);
    let call = |input: &str, stdin: &str| {
        let mut command = server.command(&arguments(&server, &client, input));
        command.env("AMBIT_CLIENT_SECRET", &client.client_secret);
        let output = with_stdin(&mut command, stdin);
        assert!(output.status.success(), "{output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["name"].as_str().unwrap_or_default().to_owned()
    };
    let gate = |name: &str| GATE.replace("NAME", name);
    fs::write(server.folder().join("gate.json"), gate("from-file")).unwrap();
    assert_eq!(call("@gate.json", ""), "from-file");
    assert_eq!(call("-", &gate("from-stdin")), "from-stdin");
    assert_eq!(call(&gate("from-argument"), ""), "from-argument");
}

#[test]
fn an_input_that_cannot_be_read_is_said_to_be_so() {
    let server = Server::start();
    let client = server.create_client("Caller", &["releases:write"]);
    let run = |input: &str, stdin: &str, more: &[&str]| {
        let mut line = arguments(&server, &client, input);
        line.extend(more);
        let mut command = server.command(&line);
        command.env("AMBIT_CLIENT_SECRET", &client.client_secret);
        with_stdin(&mut command, stdin)
    };
    let missing = failed(&run("@nothing.json", "", &[]), 1);
    assert!(missing.contains("nothing.json"), "{missing}");
    let broken = failed(&run("-", "{", &[]), 1);
    assert!(broken.contains("no JSON"), "{broken}");
    let list = failed(&run("-", &json!([1]).to_string(), &[]), 1);
    assert!(list.contains("must be a JSON object"), "{list}");
    let both = failed(&run("-", "{}", &["--client-secret-stdin"]), 2);
    assert!(both.contains("both the input and the secret"), "{both}");
}

#[test]
fn only_a_name_that_is_near_is_suggested() {
    let server = Server::start();
    let said = |name: &str| failure(&server, 1, ["actions", "show", name]);
    for name in [
        "list_relaeses",
        "list_release",
        "release_oversight/lst_releases",
    ] {
        let said = said(name);
        assert!(said.contains("did you mean list_releases?"), "{said}");
    }
    for name in ["list", "weather", "", &"x".repeat(5000)] {
        let said = said(name);
        assert!(!said.contains("did you mean"), "{said}");
        assert!(said.contains("ambit actions list"), "{said}");
    }
}
