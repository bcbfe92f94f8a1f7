//! Notifications of progress, over a stream of events that ends with the answer.

use serde_json::{Value, json};

use super::{McpAgent, messages, scene};
use crate::support::Answer;

fn slow(agent: &McpAgent, token: &Value, steps: u32) -> Answer {
    let params = json!({
        "name": "slow_with_progress",
        "arguments": { "steps": steps, "pause": 5 },
        "_meta": { "progressToken": token },
    });
    agent.ask("tools/call", &params).expect(200)
}

#[test]
fn progress_is_reported_to_whoever_asks_for_it() {
    let (_server, agent) = scene();
    for token in [json!("abc"), json!(7)] {
        let answer = slow(&agent, &token, 3);
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        assert_eq!(answer.header("x-accel-buffering"), Some("no"));
        let messages = messages(&answer);
        let [first, second, third, last] = messages.as_slice() else {
            panic!("{answer}");
        };
        for (step, notification) in [first, second, third].into_iter().enumerate() {
            let done = step as f64 + 1.0;
            assert_eq!(notification["method"], "notifications/progress", "{answer}");
            let expected = json!({
                "progressToken": token, "progress": done, "total": 3.0, "message": format!("step {done}"),
            });
            assert_eq!(notification["params"], expected, "{answer}");
            assert!(notification.get("id").is_none(), "{answer}");
        }
        assert_eq!(last["id"], 1, "{answer}");
        assert_eq!(
            last["result"]["structuredContent"],
            json!({ "text": "3" }),
            "{answer}"
        );
    }
}

#[test]
fn without_progress_to_report_the_answer_is_plain() {
    let (_server, agent) = scene();
    let answer = slow(&agent, &json!("abc"), 0);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer}"
    );
    let params = json!({ "name": "slow_with_progress", "arguments": { "steps": 2, "pause": 1 } });
    let answer = agent.ask("tools/call", &params).expect(200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer}"
    );
    for token in [json!({}), json!(1.5), json!([1])] {
        let params = json!({ "name": "echo", "arguments": { "text": "a" }, "_meta": { "progressToken": token } });
        agent.ask("tools/call", &params).expect(400);
    }
}

#[test]
fn more_reports_than_anybody_reads_are_left_out_and_the_answer_comes() {
    let (_server, agent) = scene();
    let params = json!({
        "name": "slow_with_progress",
        "arguments": { "steps": 2000, "pause": 0 },
        "_meta": { "progressToken": 1 },
    });
    let answer = agent.ask("tools/call", &params).expect(200);
    let messages = messages(&answer);
    let done: Vec<f64> = messages
        .iter()
        .filter_map(|message| message["params"]["progress"].as_f64())
        .collect();
    assert!(done.windows(2).all(|pair| pair[0] < pair[1]), "{done:?}");
    assert_eq!(messages.last().unwrap()["result"]["isError"], false);
}

#[test]
fn a_client_that_takes_no_events_is_sent_none() {
    let (_server, agent) = scene();
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {
            "name": "slow_with_progress",
            "arguments": { "steps": 2, "pause": 1 },
            "_meta": { "progressToken": "abc" },
        },
    });
    for accept in [
        "text/event-stream;q=0, application/json",
        "*/*, text/event-stream; Q=0.000",
        "application/json, text/*;q=0",
    ] {
        let request = agent.request().body(body.to_string());
        let mut request = request.build().unwrap();
        let headers = request.headers_mut();
        headers.insert("accept", accept.parse().unwrap());
        let response = crate::support::http().execute(request).unwrap();
        assert_eq!(response.status(), 200, "{accept}");
        assert_eq!(
            response.headers()["content-type"],
            "application/json",
            "{accept}"
        );
    }
}
