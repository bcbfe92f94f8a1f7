//! `ambit demo`: what it prints is pasted into a shell.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Caller, Server};

#[test]
fn the_printed_lines_do_what_they_say() {
    for shell in ["sh", "bash"] {
        let server = Server::with([]).without("AMBIT_ADMIN_PASSWORD");
        let mut server = server
            .arguments(["demo", "--listen", "127.0.0.1:0"])
            .start();
        let output = server.stdout();
        let (before, lines) = output.split_once("one after the other.\n").unwrap();
        assert_sources(before);
        let (lines, _) = lines.split_once("Ctrl-C").unwrap();
        assert_eq!(lines.matches("ambit_cs_").count(), 1, "{lines}");
        let run = Command::new(shell)
            .args(["-e", "-c", lines])
            .output()
            .unwrap();
        // A demo that is killed leaves its folder behind.
        assert!(server.stop().success());
        let answers = String::from_utf8(run.stdout.clone()).unwrap();
        let statuses: Vec<_> = answers
            .lines()
            .filter(|line| line.parse::<u16>().is_ok())
            .collect();
        assert_eq!(
            statuses,
            ["200", "200", "422", "403", "200", "200", "401"],
            "{run:?}"
        );
        assert_eq!(String::from_utf8_lossy(&run.stderr), "");
    }
}

/// Each table of the sample data is named with its source and its licence.
#[track_caller]
fn assert_sources(printed: &str) {
    let (_, samples) = printed.split_once("Sample data\n").unwrap();
    for (table, source, licence) in [
        ("audit_risk", "UCI Machine Learning", "CC BY 4.0"),
        ("incident_events", "UCI Machine Learning", "CC BY 4.0"),
        ("release_changes", "astral-sh/uv", "Apache-2.0 or MIT"),
        ("releases", "astral-sh/uv", "Apache-2.0 or MIT"),
    ] {
        let of_table = |line: &&str| line.split_whitespace().next() == Some(table);
        let line = samples.lines().find(of_table).unwrap();
        assert!(line.contains(source) && line.contains(licence), "{line}");
    }
}

#[test]
fn what_is_made_is_named_and_removed_at_the_end() {
    let (mut child, output) = demo(&["--listen", "127.0.0.1:0"]);
    let folder = output
        .split("Everything is in ")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    assert!(Path::new(folder).join("ambit.db").exists());
    assert!(Path::new(folder).join("keys").exists());
    let value = |name: &str| {
        let line = output.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let admin = crate::support::Admin::new(
        &value("server"),
        &value("administrator"),
        &value("password"),
    );
    admin.get("/admin/api/clients").expect(200);
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(!Path::new(folder).exists());
}

#[test]
fn a_port_that_is_taken_is_explained() {
    let server = Server::start();
    let output = server.cli(["demo", "--listen", server.authority()]);
    let error = super::failed(&output, 1);
    assert!(
        error.contains("taken") && error.contains("--listen"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn the_working_folder_is_left_alone() {
    let server = Server::start();
    let before = fs::read_dir(server.folder()).unwrap().count();
    let error = super::failure(&server, 2, ["demo", "--database-url", "sqlite://x.db"]);
    assert!(error.contains("--database-url"), "{error}");
    assert_eq!(fs::read_dir(server.folder()).unwrap().count(), before);
}

#[test]
fn the_help_offers_what_applies() {
    let server = Server::start();
    let help = server.cli_stdout(["demo", "--help"]);
    for word in ["--listen", "--issuer", "--log", "ambit.toml", "environment"] {
        assert!(help.contains(word), "{word} is not in {help}");
    }
    for flag in ["--config", "--database-url", "--keys-dir"] {
        assert!(!help.contains(flag), "{flag} is in {help}");
        let error = super::failure(&server, 2, ["demo", flag, "x"]);
        assert!(
            error.starts_with(&format!("ambit: {flag} has no effect")),
            "{error}"
        );
    }
}

/// A demo and what it printed until it listens.
fn demo(arguments: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ambit"))
        .arg("demo")
        .args(arguments)
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut output = String::new();
    while !output.contains("ambit is listening on ") {
        let length = stdout.read_line(&mut output).unwrap();
        assert!(length > 0, "the demo ended: {output}");
    }
    // Whatever else it prints must not block it.
    std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    (child, output)
}
