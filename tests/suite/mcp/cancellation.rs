//! Calls that nobody waits for any more.

use std::{io::Write, sync::mpsc, thread, time::Duration};

use serde_json::{Value, json};

use super::{FIXTURES, McpAgent, records, token};
use crate::support::{Server, eventually};

/// How the only call of `hang` was recorded.
fn end_of_hang(server: &Server) -> (String, String) {
    eventually("the call is recorded", || {
        let records = records(server, "fixtures/hang");
        let record = records.first()?;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Some((text(&record["decision"]), text(&record["reason"])))
    })
}

fn cancelled() -> (String, String) {
    ("failed".to_owned(), "cancelled".to_owned())
}

#[test]
fn a_notification_cancels_a_call_of_the_same_token() {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("cancelling", &[FIXTURES]);
    let access_token = token(&server, &client);
    let agent = McpAgent::with_token(&server, &access_token);
    let other = McpAgent::new(&server, &client);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let body = json!({
                "jsonrpc": "2.0", "id": "call-1", "method": "tools/call",
                "params": { "name": "hang", "arguments": {} },
            });
            sender.send(agent.send(body.to_string()).status).unwrap();
        });
        let cancel = |agent: &McpAgent, id: Value| {
            let body = json!({
                "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id },
            });
            agent.send(body.to_string()).expect(202);
        };
        for _ in 0..20 {
            cancel(&other, json!("call-1"));
            cancel(&agent, json!("call-2"));
            cancel(&agent, json!(["call-1"]));
        }
        assert!(receiver.recv_timeout(Duration::from_millis(200)).is_err());
        let status = eventually("the call ends", || {
            cancel(&agent, json!("call-1"));
            receiver.try_recv().ok()
        });
        assert_eq!(status, 202);
    });
    assert_eq!(end_of_hang(&server), cancelled());
}

#[test]
fn closing_the_connection_cancels_the_call() {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("leaving", &[FIXTURES]);
    let access_token = token(&server, &client);
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hang"}}"#;
    let mut connection = server.connect();
    write!(
        connection,
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {access_token}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
        server.authority(),
        body.len()
    )
    .unwrap();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(records(&server, "fixtures/hang").len(), 0);
    drop(connection);
    assert_eq!(end_of_hang(&server), cancelled());
}

#[test]
fn closing_a_stream_of_events_cancels_the_call() {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("streaming", &[FIXTURES]);
    let agent = McpAgent::new(&server, &client);
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {
            "name": "slow_with_progress",
            "arguments": { "steps": 1000, "pause": 100 },
            "_meta": { "progressToken": 1 },
        },
    });
    let response = agent.request().body(body.to_string()).send().unwrap();
    assert_eq!(response.status(), 200);
    drop(response);
    let record = eventually("the call is recorded", || {
        records(&server, "fixtures/slow_with_progress").pop()
    });
    assert_eq!(record["reason"], "cancelled", "{record}");
}
