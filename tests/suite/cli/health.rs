//! `ambit health`, which asks the server that runs on this machine.

use super::{failed, with_stdin};
use crate::{
    support::{Backend, Server, eventually},
    tls::Files,
};

/// What it says of a server, and whether that is good news.
fn health(server: &Server) -> Result<String, String> {
    let output = server
        .command(&["--listen", server.authority(), "health"])
        // It asks this machine, whatever stands between it and others.
        .env("http_proxy", "http://127.0.0.1:9")
        .output()
        .unwrap();
    match output.status.code() {
        Some(0) => Ok(String::from_utf8(output.stdout).unwrap()),
        _ => Err(failed(&output, 1)),
    }
}

#[test]
fn a_server_that_can_serve_is_ready_and_one_that_is_gone_does_not_answer() {
    let mut server = Server::start();
    assert_eq!(health(&server).unwrap(), "ready\n");
    server.stop();
    let said = health(&server).unwrap_err();
    assert!(said.contains("/readyz does not answer"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_server_without_its_database_is_not_ready() {
    // A file cannot be made to refuse its server.
    if Backend::of_this_run() != Backend::Postgres {
        return;
    }
    let server = Server::start();
    server.database().go_away();
    let said = eventually("it is not ready", || health(&server).err());
    assert!(said.contains("503"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    server.database().come_back();
    eventually("it is ready again", || health(&server).ok());
}

#[test]
fn a_certificate_for_another_name_is_no_matter() {
    let files = Files::make();
    let server = files
        .builder()
        .with([("AMBIT_ISSUER", "https://ambit.example")])
        .start();
    let authority = server.authority().to_owned();
    let output = server.cli(["--listen", authority.as_str(), "health"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_port_that_the_system_chose_is_not_known() {
    let server = Server::start();
    let said = failed(&server.cli(["health"]), 1);
    assert!(said.contains("port"), "{said}");
}

#[test]
fn what_stdin_gives_needs_a_folder_to_be_put_aside_in() {
    let server = Server::start();
    let mut command = server.command(&["warehouse", "load", "-", "--table", "things"]);
    let output = with_stdin(command.env("TMPDIR", "/nowhere/at/all"), "a\n1\n");
    let said = failed(&output, 1);
    assert!(said.contains("/nowhere/at/all (TMPDIR)"), "{said}");
}
