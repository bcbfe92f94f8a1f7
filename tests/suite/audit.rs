//! The audit log, read from outside: every decision leaves a record that says who decided what for
//! whom, the chain can be checked by somebody else's program, and no secret is in it.

mod administrators;
mod agents;
mod details;
mod inserted;
mod log;
mod mistaken;
mod refusals;

use serde_json::Value;

use crate::support::{Answer, Server};

/// Every record that the log has, oldest first.
#[track_caller]
fn records(server: &Server) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str::<Value>(line).expect("a line is JSON");
    let export = server.cli_stdout(["audit", "export"]);
    export
        .lines()
        .map(|text| line(text)["record"].take())
        .collect()
}

/// The records that one request left.
#[track_caller]
fn records_of(server: &Server, answer: &Answer) -> Vec<Value> {
    let id = answer.header("x-request-id").expect("a request id");
    let mut records = records(server);
    records.retain(|record| record["request_id"] == id);
    records
}

/// What one request left, in short: event, decision, kind of actor, reason.
#[track_caller]
fn decisions(server: &Server, answer: &Answer) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let brief = |record: &Value| {
        [
            text(&record["event"]),
            text(&record["decision"]),
            text(&record["actors"][0]["kind"]),
            text(&record["reason"]),
        ]
    };
    records_of(server, answer).iter().map(brief).collect()
}

/// Demands that the request was recorded so, and not otherwise.
#[track_caller]
fn assert_decisions(server: &Server, answer: &Answer, expected: &[[&str; 4]]) {
    assert_eq!(decisions(server, answer), expected, "{answer}");
}
