//! `ambit doctor`: what it finds on a healthy machine and on broken ones, and that it only looks.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::Value;

use crate::support::{Backend, Server};

#[test]
fn a_healthy_machine_has_no_problem() {
    let server = Server::start();
    let checks = checks(&server, 0);
    for check in [
        "settings",
        "issuer",
        "database",
        "clock",
        "audit log",
        "keys",
        "key files",
        "disk",
    ] {
        assert_ne!(status(&checks, check), "problem", "{check} in {checks}");
    }
    assert_eq!(status(&checks, "keys"), "ok");
    assert_eq!(status(&checks, "database"), "ok");
    let text = server.cli_stdout(["doctor"]);
    assert!(
        text.lines()
            .any(|line| line.starts_with("ok ") && line.contains("key files")),
        "{text}"
    );
}

#[test]
fn a_key_that_others_can_read_is_a_problem() {
    let server = Server::start();
    fs::set_permissions(key_file(&server), fs::Permissions::from_mode(0o644)).unwrap();
    let checks = checks(&server, 1);
    let check = check(&checks, "key files");
    assert_eq!(check["status"], "problem");
    assert!(
        check["detail"].as_str().unwrap().contains("0644"),
        "{check}"
    );
    assert!(
        check["advice"].as_str().unwrap().contains("chmod 600"),
        "{check}"
    );
}

#[test]
fn a_key_that_cannot_be_read_is_a_problem() {
    let server = Server::start();
    fs::write(
        key_file(&server),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    assert_eq!(status(&checks(&server, 1), "keys"), "problem");
}

#[test]
fn a_log_whose_end_was_cut_off_is_a_problem() {
    let mut server = Server::start();
    server.stop();
    server
        .database()
        .execute("DELETE FROM audit_records WHERE seq = (SELECT MAX(seq) FROM audit_records)");
    assert_eq!(status(&checks(&server, 1), "audit log"), "problem");
}

#[test]
fn a_clock_behind_the_log_is_a_problem() {
    let mut server = Server::start();
    server.stop();
    server.database().execute(
        "UPDATE audit_records SET at = at + 3600000000 WHERE seq = (SELECT MAX(seq) FROM audit_records)",
    );
    assert_eq!(status(&checks(&server, 1), "clock"), "problem");
}

#[test]
fn before_the_first_start_nothing_is_there_and_nothing_is_made() {
    let refusal = Server::with([])
        .backend(Backend::Sqlite)
        .own_keys()
        .arguments(["doctor", "--json"])
        .try_start()
        .err()
        .unwrap();
    assert_eq!(refusal.status.code(), Some(0), "{refusal:?}");
    let checks: Value = serde_json::from_str(&refusal.stdout).unwrap();
    assert_eq!(status(&checks, "database"), "warning");
    assert_eq!(status(&checks, "keys"), "warning");
    let detail = check(&checks, "database")["detail"].as_str().unwrap();
    let file = detail
        .split("sqlite://")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert!(
        !Path::new(file).parent().unwrap().exists(),
        "the doctor made the folder of {file}"
    );
}

#[test]
fn the_warehouse_is_looked_at_too() {
    let server = Server::start();
    fs::write(server.folder().join("orders.csv"), "a,b\n1,2\n").unwrap();
    server.cli_stdout(["warehouse", "load", "orders.csv", "--table", "orders"]);
    let found = checks(&server, 0);
    let warehouse = check(&found, "warehouse");
    assert_eq!(warehouse["status"], "ok", "{warehouse}");
    let detail = warehouse["detail"].as_str().unwrap();
    assert!(detail.contains("only read, and has 1 tables"), "{detail}");
    let models = check(&found, "models");
    assert_eq!(models["status"], "warning", "{models}");
    assert!(
        models["detail"].as_str().unwrap().contains("releases"),
        "{models}"
    );
    let advice = models["advice"].as_str().unwrap();
    assert!(advice.contains("ambit warehouse load"), "{advice}");

    let folder = server.folder().join("semantic");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("broken.yaml"), "name: [").unwrap();
    assert_eq!(status(&checks(&server, 1), "models"), "problem");
}

#[test]
fn a_warehouse_that_does_not_answer_is_a_problem() {
    let server = Server::start();
    let mut command = server.command(&["doctor", "--json"]);
    let address = "postgres://user:hidden-word@127.0.0.1:1/x";
    let output = command
        .env("AMBIT_WAREHOUSE_URL", address)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let checks: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status(&checks, "warehouse"), "problem", "{checks}");
    let said = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains("hidden-word"));
}

#[test]
fn a_database_that_does_not_answer_is_a_problem() {
    let refusal = Server::with([(
        "AMBIT_DATABASE_URL",
        "postgres://user:hidden-word@127.0.0.1:1/x",
    )])
    .arguments(["doctor", "--json"])
    .try_start()
    .err()
    .unwrap();
    assert_eq!(refusal.status.code(), Some(1));
    let checks: Value = serde_json::from_str(&refusal.stdout).unwrap();
    assert_eq!(status(&checks, "database"), "problem");
    assert!(!refusal.stdout.contains("hidden-word") && !refusal.stderr.contains("hidden-word"));
}

#[test]
fn mistakes_in_the_settings_are_named() {
    let refusal = Server::with([("AMBIT_WORKERS", "none"), ("AMBIT_LISTN", "x")])
        .arguments(["doctor", "--json"])
        .try_start()
        .err()
        .unwrap();
    assert_eq!(refusal.status.code(), Some(1));
    let checks: Value = serde_json::from_str(&refusal.stdout).unwrap();
    let detail = check(&checks, "settings")["detail"].as_str().unwrap();
    assert!(
        detail.contains("AMBIT_WORKERS") && detail.contains("AMBIT_LISTN"),
        "{detail}"
    );
}

/// The checks of a run that ends with this exit status.
#[track_caller]
fn checks(server: &Server, exit_status: i32) -> Value {
    let output = server.cli(["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(exit_status), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn check<'a>(checks: &'a Value, name: &str) -> &'a Value {
    let found = checks
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["check"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {checks}"))
}

#[track_caller]
fn status<'a>(checks: &'a Value, name: &str) -> &'a str {
    check(checks, name)["status"].as_str().unwrap()
}

fn key_file(server: &Server) -> std::path::PathBuf {
    let mut files = fs::read_dir(server.folder().join("keys")).unwrap();
    files.next().unwrap().unwrap().path()
}
