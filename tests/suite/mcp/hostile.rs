//! Messages that nobody should send.

use serde_json::{Value, json};

use super::{McpAgent, code, scene};
use crate::support::{Answer, Server};

#[test]
fn what_is_no_message_is_refused_and_the_server_is_well() {
    let server = Server::start();
    let agent = McpAgent::new(&server, &server.create_client("hostile", &["protected"]));
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(8_000), "}".repeat(8_000));
    let long_id = format!(
        r#"{{"jsonrpc":"2.0","id":"{}","method":"ping"}}"#,
        "x".repeat(10_000)
    );
    let in_arguments = |arguments: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"x","arguments":{arguments}}}}}"#
        )
    };
    let cases: Vec<(Vec<u8>, u16, i64)> = vec![
        (b"".to_vec(), 400, -32700),
        (b"{".to_vec(), 400, -32700),
        (b"\x00\xff\xfe\x80".to_vec(), 400, -32700),
        (b"\"\xff\"".to_vec(), 400, -32700),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} {}".to_vec(), 400, -32700),
        (b"null".to_vec(), 400, -32600),
        (b"[]".to_vec(), 400, -32600),
        (b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]".to_vec(), 400, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}".to_vec(), 400, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}".to_vec(), 400, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1e400,\"method\":\"ping\"}".to_vec(), 400, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":[\"ping\"]}".to_vec(), 400, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":7}".to_vec(), 400, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}".to_vec(), 400, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"\"}}".to_vec(), 400, -32600),
        (deep.clone().into_bytes(), 400, -32600),
        (objects.into_bytes(), 400, -32600),
        (long_id.into_bytes(), 400, -32600),
        (in_arguments(&deep).into_bytes(), 400, -32602),
        (in_arguments("[1]").into_bytes(), 200, -32602),
        (in_arguments("{}").into_bytes(), 200, -32602),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}".to_vec(), 400, -32602),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"forged\"}}".to_vec(),
            200,
            -32602,
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":[]}}".to_vec(),
            400,
            -32602,
        ),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/list\"}".to_vec(), 200, -32601),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}".to_vec(), 200, -32601),
    ];
    for (body, status, expected) in cases {
        let shown = String::from_utf8_lossy(&body)
            .chars()
            .take(120)
            .collect::<String>();
        let answer = agent.send(body);
        assert_eq!(
            (answer.status, code(&answer)),
            (status, expected),
            "{shown}: {answer}"
        );
    }
    assert_eq!(agent.result("ping", &json!({})), json!({}));
}

#[test]
fn identifiers_come_back_as_they_were_written() {
    let server = Server::start();
    let agent = McpAgent::new(&server, &server.create_client("ids", &["protected"]));
    for id in [
        "0",
        "-1",
        "99999999999999999999999999",
        r#""""#,
        r#""a\u0000\"\ud83d""#,
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let answer = agent.send(body).expect(200);
        assert!(answer.body.contains(&format!(r#""id":{id},"#)), "{answer}");
    }
}

#[test]
fn bodies_of_the_wrong_kind_are_refused() {
    let server = Server::with([("AMBIT_BODY_LIMIT_BYTES", "4096")]).start();
    let agent = McpAgent::new(&server, &server.create_client("kinds", &["protected"]));
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let typed = |name: &'static str, value: &str| {
        let request = agent.request();
        let mut request = request.build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        *request.body_mut() = Some(ping.into());
        crate::support::http()
            .execute(request)
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(typed("content-type", "text/plain"), 415);
    assert_eq!(
        typed("content-type", "application/json; charset=utf-8"),
        200
    );
    assert_eq!(typed("accept", "text/html"), 406);
    assert_eq!(typed("accept", "*/*"), 200);
    let refused = "application/json;q=0, text/event-stream";
    assert_eq!(typed("accept", refused), 406);
    let large = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#,
        "x".repeat(5000)
    );
    let answer = agent.send(large).expect(413);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
}

#[test]
fn an_input_that_does_not_fit_is_explained_to_the_model() {
    let (_server, agent) = scene();
    for arguments in [
        json!({}),
        json!({ "text": 1 }),
        json!({ "text": "a", "times": 101 }),
        json!({ "text": "a", "tmies": 1 }),
    ] {
        let answer = agent
            .ask(
                "tools/call",
                &json!({ "name": "echo", "arguments": arguments }),
            )
            .expect(200);
        let result = answer.json::<Value>()["result"].take();
        assert_eq!(result["isError"], true, "{answer}");
        assert!(result.get("structuredContent").is_none(), "{answer}");
        let problem = &result["_meta"]["ambit/problem"];
        assert_eq!(
            problem["type"], "urn:ambit:problem:invalid_input",
            "{answer}"
        );
        assert_eq!(
            problem["request_id"].as_str(),
            answer.header("x-request-id")
        );
        let text: Value =
            serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, *problem);
    }
}

#[test]
fn a_panic_and_a_call_that_hangs_are_told_as_problems() {
    let server = Server::with([("AMBIT_ACTION_DEADLINE_SECONDS", "1")])
        .with_fixtures()
        .start();
    let client = server.create_client("broken", &[super::FIXTURES]);
    let agent = McpAgent::new(&server, &client);
    let problem = |tool: &str| {
        let result = agent.call(tool, &json!({}));
        assert_eq!(result["isError"], true, "{result}");
        result["_meta"]["ambit/problem"].clone()
    };
    assert_eq!(problem("panic")["type"], "urn:ambit:problem:action_failed");
    assert_eq!(problem("panic")["status"], 503);
    assert_eq!(problem("hang")["type"], "urn:ambit:problem:deadline");
    assert_eq!(problem("hang")["status"], 504);
    let answer: Answer = agent.ask(
        "tools/call",
        &json!({ "name": "echo", "arguments": { "text": "well" } }),
    );
    assert_eq!(
        answer.json::<Value>()["result"]["isError"],
        false,
        "{answer}"
    );
}
