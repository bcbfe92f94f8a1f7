//! `ambit audit`: reading the log, and finding what was done to it.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::Stdio,
};

use serde_json::Value;

use super::{failure, json};
use crate::support::{Caller, Server};

#[test]
fn tail_shows_the_latest_records_in_order() {
    let server = Server::start();
    let client = server.create_client("Seen", &["protected"]);
    server.token(&client);
    let text = server.cli_stdout(["audit", "tail", "-n", "2", "--json"]);
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["event"], "token.issue");
    assert_eq!(
        lines[0]["seq"].as_i64().unwrap() + 1,
        lines[1]["seq"].as_i64().unwrap()
    );
    let text = server.cli_stdout(["audit", "tail", "--client", &client.client_id]);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("client.create") && text.contains("token.issue"),
        "{text}"
    );
    server.anonymous().get("/protected").expect(401);
    let denied = server.cli_stdout([
        "audit",
        "tail",
        "--decision",
        "denied",
        "--event",
        "request",
    ]);
    assert!(denied.contains("reason=no_token"), "{denied}");
    assert_eq!(server.cli_stdout(["audit", "tail", "-n", "0"]), "");
}

#[test]
fn an_event_that_does_not_exist_is_no_filter() {
    let server = Server::start();
    let error = failure(&server, 2, ["audit", "tail", "--event", "client.craete"]);
    assert!(error.contains("client.create"), "{error}");
    assert!(error.contains("similar"), "{error}");
    let query = [("event", "client.craete")];
    let answer = server.admin().get_query("/admin/api/audit", &query);
    assert!(answer.expect(400).body.contains("client.create"));
}

#[test]
fn tail_follows_what_is_written() {
    let server = Server::start();
    let follow = [
        "audit",
        "tail",
        "-n",
        "0",
        "--follow",
        "--event",
        "client.create",
        "--json",
    ];
    let mut child = server
        .command(&follow)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // It may begin to look after this one was written, so that is done until it sees one.
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(lines.next()));
    let line = crate::support::eventually("a record is shown", || {
        server.create_client("Followed", &[]);
        receive.try_recv().ok()
    });
    let record: Value = serde_json::from_str(&line.unwrap().unwrap()).unwrap();
    assert_eq!(record["details"]["client_name"], "Followed");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_an_operator_does_is_recorded() {
    let server = Server::start();
    let mut create = server.command(&["client", "create", "--name", "Made here"]);
    assert!(
        create
            .env("USER", "olivia")
            .output()
            .unwrap()
            .status
            .success()
    );
    let text = server.cli_stdout(["audit", "tail", "-n", "1", "--json"]);
    let record: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        record["actors"],
        serde_json::json!([{"id": "olivia", "kind": "operator"}])
    );
    assert_eq!(record["event"], "client.create");
}

#[test]
fn a_whole_log_verifies() {
    let server = Server::start();
    server.token(&server.create_client("Whole", &["protected"]));
    let found = json(&server, ["audit", "verify", "--json"]);
    assert_eq!(found["intact"], true);
    let text = server.cli_stdout(["audit", "verify"]);
    let head = text
        .lines()
        .find_map(|line| line.strip_prefix("head  "))
        .unwrap();
    server.create_client("Later", &[]);
    server.cli_stdout(["audit", "verify", "--expect", head]);
    let other = format!("1:{}", "0".repeat(64));
    let output = server.cli(["audit", "verify", "--expect", &other]);
    assert_eq!(output.status.code(), Some(1));
    failure(&server, 2, ["audit", "verify", "--expect", "nonsense"]);
}

#[test]
fn a_changed_record_is_named() {
    // Columns beside the text count as much as the text.
    for change in [
        "record = replace(record, 'allowed', 'denied')",
        "event = 'client.delete'",
        "decision = 'denied'",
        "client_id = 'client_other'",
        "at = at + 1",
        "hash = replace(hash, substr(hash, 1, 1), 'x')",
    ] {
        let server = filled();
        let statement = format!("UPDATE audit_records SET {change} WHERE seq = 4");
        assert_eq!(server.database().execute(&statement), 1);
        found(&server, "Record 4 was changed");
    }
}

#[test]
fn removed_records_are_named() {
    let server = filled();
    server
        .database()
        .execute("DELETE FROM audit_records WHERE seq = 4");
    found(&server, "Record 4 was removed.");
    server
        .database()
        .execute("DELETE FROM audit_records WHERE seq = 5");
    found(&server, "Records 4 to 5 were removed.");
}

#[test]
fn exchanged_records_are_named() {
    let server = filled();
    for (from, to) in [(4, -1), (5, 4), (-1, 5)] {
        let statement = format!("UPDATE audit_records SET seq = {to} WHERE seq = {from}");
        assert_eq!(server.database().execute(&statement), 1);
    }
    found(
        &server,
        "In the place of record 4 stands what was written as record 5.",
    );
}

#[test]
fn a_log_that_was_cut_off_is_seen() {
    let server = filled();
    server
        .database()
        .execute("DELETE FROM audit_records WHERE seq > 4");
    found(&server, "removed");
}

#[test]
fn an_export_holds_every_record_as_it_was_hashed() {
    let server = filled();
    let text = server.cli_stdout(["audit", "export"]);
    let mut previous = "0".repeat(64);
    for (line, seq) in text.lines().zip(1..) {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["record"]["seq"], seq);
        assert_eq!(entry["record"]["previous"], previous);
        previous = entry["hash"].as_str().unwrap().to_owned();
        let canonical = serde_jcs::to_string(&entry["record"]).unwrap();
        assert!(line.contains(&canonical), "{line}");
    }
    let head = json(&server, ["audit", "verify", "--json"]);
    assert_eq!(head["head_hash"], previous);
    assert_eq!(
        text.lines().count() as u64,
        head["records"].as_u64().unwrap()
    );
}

#[test]
fn an_export_to_a_file_is_private_and_for_spreadsheets_harmless() {
    let server = Server::start();
    server.create_client("=HYPERLINK(\"x\")", &[]);
    server.cli_stdout([
        "audit",
        "export",
        "--format",
        "csv",
        "--output",
        "audit.csv",
    ]);
    let file = server.folder().join("audit.csv");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut reader = csv::Reader::from_path(&file).unwrap();
    assert!(
        reader
            .headers()
            .unwrap()
            .iter()
            .any(|heading| heading == "hash")
    );
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
    assert!(rows.len() >= 2);
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '@', '\t']), "{cell}");
    }
}

#[test]
fn an_export_can_be_of_a_span_of_time() {
    let server = filled();
    let text = server.cli_stdout(["audit", "export"]);
    let entries: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let at = |position: usize| entries[position]["record"]["at"].as_str().unwrap();
    let span = server.cli_stdout(["audit", "export", "--from", at(2), "--until", at(4)]);
    let expected: Vec<_> = text.lines().skip(2).take(2).collect();
    assert_eq!(span.lines().collect::<Vec<_>>(), expected);
    failure(&server, 2, ["audit", "export", "--from", "yesterday"]);
}

/// A server that has ended, with a log of several records.
fn filled() -> Server {
    let mut server = Server::start();
    for number in 0..4 {
        server.create_client(&format!("client {number}"), &[]);
    }
    server.stop();
    server
}

/// Demands that the log does not verify, for this reason.
#[track_caller]
fn found(server: &Server, sentence: &str) {
    let output = server.cli(["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(sentence), "{sentence} is not in {text}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("ambit: the audit log does not hold"),
        "{error}"
    );
    let output = server.cli(["audit", "verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["intact"], false);
}
