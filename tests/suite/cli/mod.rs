//! The command line, beside a running server and without one.

mod actions;
mod administrators;
mod audit;
mod clients;
mod completions;
mod demo;
mod doctor;
mod errors;
mod health;
mod keys;
mod migrate;
mod reading;
mod rotation;
mod scopes;
mod token;

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::Server;

/// Runs a command that prints JSON.
#[track_caller]
fn json<const N: usize>(server: &Server, arguments: [&str; N]) -> Value {
    let text = server.cli_stdout(arguments);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Runs a command that fails with this exit status, and hands out what it says on stderr.
#[track_caller]
fn failure<const N: usize>(server: &Server, status: i32, arguments: [&str; N]) -> String {
    failed(&server.cli(arguments), status)
}

/// What a command that failed with this exit status said on stderr; on stdout it said nothing.
#[track_caller]
fn failed(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs a command that reads this from stdin.
fn with_stdin(command: &mut Command, input: &str) -> Output {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the command starts");
    // A command may end without reading all of it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().expect("the command ends")
}
