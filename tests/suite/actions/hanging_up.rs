//! Callers of actions by REST that do not wait for the answer.

use std::{io::Write, net::TcpStream, thread, time::Duration};

use serde_json::Value;

use crate::support::{Agent, Caller, Server, eventually};

#[test]
fn a_caller_that_hangs_up_ends_its_call_and_frees_its_place() {
    let server = Server::with([("AMBIT_ACTION_CALLS_AT_A_TIME", "1")])
        .with_fixtures()
        .start();
    let client = server.create_client("leaving", &["fixtures:call", "warehouse:read"]);
    let agent = server.agent(&client);
    let tables = "/actions/common_actions/list_accessible_tables";
    let mut connection = call_hang(&server, &agent);
    eventually("the call is under way", || {
        if agent.get(tables).status == 429 {
            return Some(());
        }
        // What is asked here may have held the only place when the call came.
        if is_answered(&connection) {
            connection = call_hang(&server, &agent);
        }
        None
    });
    thread::sleep(Duration::from_millis(300));
    agent.get(tables).expect(429);
    assert_eq!(ends_of_hang(&server).len(), 0);
    drop(connection);
    eventually("the place is free", || {
        (agent.get(tables).status == 200).then_some(())
    });
    let ends = eventually("the call is recorded", || {
        Some(ends_of_hang(&server)).filter(|ends| !ends.is_empty())
    });
    assert_eq!(ends, [("failed".to_owned(), "cancelled".to_owned())]);
}

/// A connection on which `hang` is called.
fn call_hang(server: &Server, agent: &Agent) -> TcpStream {
    let mut connection = server.connect();
    write!(
        connection,
        "GET /actions/fixtures/hang HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        server.authority(),
        agent.token.access_token,
    )
    .unwrap();
    connection
}

/// Whether anything came back by now.
fn is_answered(connection: &TcpStream) -> bool {
    let moment = Duration::from_millis(10);
    connection.set_read_timeout(Some(moment)).unwrap();
    connection.peek(&mut [0]).is_ok()
}

/// How calls of `hang` that found a place were recorded: decision and reason.
fn ends_of_hang(server: &Server) -> Vec<(String, String)> {
    let log = server.cli_stdout(["audit", "export"]);
    let records = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["record"].take());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    records
        .filter(|record| record["target"] == "fixtures/hang" && record["decision"] != "limited")
        .map(|record| (text(&record["decision"]), text(&record["reason"])))
        .collect()
}
