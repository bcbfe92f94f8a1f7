//! The log: one line a request, to be found again, and nothing in it that is nobody's business.

mod secrets;

use serde_json::Value;

use crate::support::{Caller, Server, eventually};

#[test]
fn each_request_is_one_json_line_with_the_identifier_of_its_answer() {
    let server = Server::start();
    let answer = server
        .anonymous()
        .get("/protected?access_token=a-word-never-logged")
        .expect(401);
    let id = answer.header("x-request-id").unwrap();
    let lines = eventually("the line is written", || {
        let lines = requests(&server, id);
        (!lines.is_empty()).then_some(lines)
    });
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/protected");
    assert_eq!(line["status"], 401);
    assert_eq!(line["remote"], "127.0.0.1");
    assert!(line["duration_us"].is_u64(), "{line}");
    assert!(line["timestamp"].is_string(), "{line}");
    assert!(!server.stderr().contains("a-word-never-logged"));
    for line in server.stderr().lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn it_can_be_written_for_people() {
    let server = Server::with([("AMBIT_LOG_FORMAT", "human")]).start();
    let answer = server.anonymous().get("/public").expect(200);
    let id = answer.header("x-request-id").unwrap();
    let line = eventually("the line is written", || {
        server
            .stderr()
            .lines()
            .find(|line| line.contains(id))
            .map(str::to_owned)
    });
    assert!(serde_json::from_str::<Value>(&line).is_err(), "{line}");
    assert!(
        line.contains("/public") && !line.contains('\u{1b}'),
        "{line}"
    );
}

#[test]
fn it_can_be_quiet() {
    let server = Server::with([("AMBIT_LOG", "error")]).start();
    for _ in 0..3 {
        server.anonymous().get("/public").expect(200);
    }
    assert_eq!(server.stderr(), "");
}

#[test]
fn strangers_do_not_write_lines_of_their_own() {
    let server = Server::start();
    let answer = server
        .anonymous()
        .get("/a%0A%7B%22level%22:%22forged%22%7D%1b%5b2J")
        .expect(404);
    let id = answer.header("x-request-id").unwrap();
    let lines = eventually("the line is written", || {
        let lines = requests(&server, id);
        (!lines.is_empty()).then_some(lines)
    });
    assert_eq!(lines[0]["level"], "INFO");
    assert!(!server.stderr().contains('\u{1b}'));
    let long = format!("/{}", "x".repeat(3000));
    let answer = server.anonymous().get(&long).expect(404);
    let id = answer.header("x-request-id").unwrap();
    let lines = eventually("the line is written", || {
        let lines = requests(&server, id);
        (!lines.is_empty()).then_some(lines)
    });
    assert!(lines[0]["path"].as_str().unwrap().len() < 500);
}

fn requests(server: &Server, id: &str) -> Vec<Value> {
    let log = server.stderr();
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["request_id"] == id).collect()
}
