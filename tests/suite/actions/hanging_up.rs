//! Callers of actions by REST that do not wait for the answer.

use std::{io::Write, net::TcpStream, thread, time::Duration};

use reqwest::Version;
use serde_json::Value;

use crate::support::{Agent, Caller, Server, eventually};
use crate::tls::Files;

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
    assert_is_told(&server, &server.metrics());
}

#[test]
fn a_caller_that_hangs_up_over_http_2_ends_its_call() {
    let files = Files::make();
    let server = files.builder().with_fixtures().start();
    let http = files.client();
    let client = server.cli_stdout([
        "client",
        "create",
        "--name",
        "Leaving",
        "--scope",
        "fixtures:call",
        "--json",
    ]);
    let client: Value = serde_json::from_str(&client).unwrap();
    let [id, secret] = ["client_id", "client_secret"].map(|name| client[name].as_str().unwrap());
    let token = http.post(server.url("/token")).basic_auth(id, Some(secret));
    let token = token.form(&[("grant_type", "client_credentials")]);
    let token: Value = token.send().unwrap().json().unwrap();
    // The request is given up, the connection is not.
    let ask = |path: &str| {
        let request = http.get(server.url(path)).version(Version::HTTP_2);
        let request = request.bearer_auth(token["access_token"].as_str().unwrap());
        request.timeout(Duration::from_millis(500)).send()
    };
    assert_eq!(ask("/public").unwrap().version(), Version::HTTP_2);
    assert!(ask("/actions/fixtures/hang").unwrap_err().is_timeout());
    let ends = eventually("the call is recorded", || {
        Some(ends_of_hang(&server)).filter(|ends| !ends.is_empty())
    });
    assert_eq!(ends, [("failed".to_owned(), "cancelled".to_owned())]);
    assert_eq!(ask("/public").unwrap().status(), 200);
    let metrics = ask("/metrics").unwrap().text().unwrap();
    assert_is_told(&server, &metrics);
}

/// The request that nobody waited for is in the log and the metrics.
#[track_caller]
fn assert_is_told(server: &Server, metrics: &str) {
    let path = "/actions/fixtures/hang";
    let of_hang = |line: &&str, status: &str| line.contains(path) && line.contains(status);
    let log = server.stderr();
    let lines = log.lines().filter(|line| of_hang(line, "\"status\":499"));
    assert_eq!(lines.count(), 1, "{log}");
    let counted = metrics.lines();
    let counted = counted.filter(|line| line.starts_with("ambit_http_requests_total"));
    let counted: Vec<_> = counted
        .filter(|line| of_hang(line, "status=\"499\""))
        .collect();
    assert!(
        matches!(counted[..], [line] if line.ends_with(" 1")),
        "{metrics}"
    );
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
