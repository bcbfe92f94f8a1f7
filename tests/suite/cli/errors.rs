//! What is said when a command fails, and that nothing was changed by it.

use std::process::Stdio;

use super::{failure, json};
use crate::support::Server;

#[test]
fn a_failure_is_one_line_on_stderr() {
    let server = Server::start();
    let id = "client_AAAAAAAAAAAAAAAAAAAAAA";
    let before = json(&server, ["audit", "verify", "--json"]);
    for command in [
        "show",
        "disable",
        "enable",
        "revoke-tokens",
        "rotate-secret",
    ] {
        let error = failure(&server, 1, ["client", command, id]);
        assert!(
            error.starts_with("ambit: ") && error.ends_with('\n'),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    failure(&server, 1, ["client", "delete", id, "--yes"]);
    failure(&server, 1, ["client", "update", id, "--name", "x"]);
    failure(&server, 1, ["client", "retire-secret", id, "AAAAAAAAAAAA"]);
    assert_eq!(
        json(&server, ["audit", "verify", "--json"]),
        before,
        "something was recorded"
    );
}

#[test]
fn a_command_line_that_makes_no_sense_is_explained() {
    let server = Server::start();
    for arguments in [
        ["client", "frob"],
        ["client", "show"],
        ["client", "create"],
        ["keys", "--colour"],
        ["no-such-command", "x"],
    ] {
        let error = failure(&server, 2, arguments);
        assert!(error.contains("Usage") || error.contains("help"), "{error}");
    }
    failure(&server, 2, ["client", "show", "not an identifier"]);
    failure(&server, 2, ["client", "list", "--limit", "0"]);
    let id = server.create_client("Unchanged", &[]).client_id;
    failure(&server, 2, ["client", "update", &id]);
    failure(&server, 1, ["client", "list", "--cursor", "nonsense"]);
}

#[test]
fn without_a_terminal_the_message_stands_alone() {
    let server = Server::start();
    let id = server.create_client("Stays", &[]).client_id;
    let id = id.as_str();
    for arguments in [
        ["client", "delete", id],
        ["client", "update", id],
        ["admin", "create", "alice"],
        ["token", "--client-id", id],
    ] {
        let error = failure(&server, 2, arguments);
        assert!(error.starts_with("ambit: "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_reader_that_had_enough_is_no_failure() {
    let server = Server::start();
    for number in 0..5 {
        server.create_client(&format!("client {number}"), &[]);
    }
    for arguments in [
        ["client", "list"],
        ["audit", "export"],
        ["scope", "list"],
        ["completions", "zsh"],
    ] {
        let mut child = server
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn every_command_explains_itself() {
    let server = Server::start();
    let help = server.cli_stdout(["--help"]);
    for command in [
        "serve",
        "demo",
        "client",
        "keys",
        "admin",
        "scope",
        "audit",
        "token",
        "doctor",
        "migrate",
        "config",
        "openapi",
        "completions",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} is not in {help}"
        );
        let text = server.cli_stdout([command, "--help"]);
        assert!(text.contains("Usage: ambit"), "{text}");
    }
    assert!(server.cli_stdout(["--version"]).starts_with("ambit "));
}
