//! What tools say of themselves, and what they answer.

use serde_json::{Value, json};

use super::{FIXTURES, McpAgent, code, records, scene};
use crate::support::{Agent, Caller, Server};

#[test]
fn a_tool_is_described_by_its_action() {
    let (_server, agent) = scene();
    let result = agent.result("tools/list", &json!({}));
    let tools = result["tools"].as_array().unwrap();
    let echo = tools.iter().find(|tool| tool["name"] == "echo").unwrap();
    insta::assert_json_snapshot!(echo, @r#"
    {
      "_meta": {
        "ambit/router": "fixtures",
        "ambit/scope": "fixtures:call"
      },
      "annotations": {
        "destructiveHint": false,
        "idempotentHint": true,
        "openWorldHint": false,
        "readOnlyHint": true
      },
      "description": "Answers the text that it is given, as often as is asked for.",
      "inputSchema": {
        "additionalProperties": false,
        "properties": {
          "text": {
            "description": "What is answered.",
            "maxLength": 1000000,
            "type": "string"
          },
          "times": {
            "description": "How often.",
            "maximum": 100,
            "minimum": 1,
            "type": "integer"
          }
        },
        "required": [
          "text"
        ],
        "type": "object"
      },
      "name": "echo",
      "outputSchema": {
        "properties": {
          "texts": {
            "description": "The text, as often as was asked for.",
            "items": {
              "type": "string"
            },
            "type": "array"
          }
        },
        "required": [
          "texts"
        ],
        "type": "object"
      },
      "title": "Answer a text"
    }
    "#);
}

#[test]
fn an_answer_is_structured_and_text() {
    let (_server, agent) = scene();
    let result = agent.call(
        "echo",
        &json!({ "text": "a \"quoted\"\n\u{1f980}", "times": 2 }),
    );
    let expected = json!({ "texts": ["a \"quoted\"\n\u{1f980}", "a \"quoted\"\n\u{1f980}"] });
    assert_eq!(result["structuredContent"], expected);
    assert_eq!(result["isError"], false);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), expected);
}

#[test]
fn rest_and_mcp_answer_alike_and_both_are_recorded() {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("both", &[FIXTURES]);
    let resource = format!("{}/actions", server.issuer());
    let token = server.token_for(&client, &[("resource", &resource)]);
    let rest = Agent::new(server.address(), token);
    let by_rest: Value = rest
        .get_query("/actions/fixtures/echo", &[("text", "alike")])
        .expect(200)
        .json();
    let agent = McpAgent::new(&server, &client);
    let by_mcp = agent.call("echo", &json!({ "text": "alike" }));
    assert_eq!(by_mcp["structuredContent"], by_rest);
    let refused = rest
        .get_query("/actions/fixtures/echo", &[("text", "a"), ("times", "0")])
        .expect(422);
    let mut by_rest: Value = refused.json();
    let mut by_mcp = agent.call("echo", &json!({ "text": "a", "times": 0 }));
    let mut by_mcp = by_mcp["_meta"]["ambit/problem"].take();
    for problem in [&mut by_rest, &mut by_mcp] {
        assert!(problem["request_id"].take().is_string());
    }
    assert_eq!(by_mcp, by_rest);

    let brief = |record: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&record["details"]["door"]), text(&record["decision"]))
    };
    let records: Vec<_> = records(&server, "fixtures/echo")
        .iter()
        .map(brief)
        .collect();
    let expected = [
        ("rest", "allowed"),
        ("mcp", "allowed"),
        ("rest", "denied"),
        ("mcp", "denied"),
    ];
    let expected = expected.map(|(door, decision)| (door.to_owned(), decision.to_owned()));
    assert_eq!(records, expected);
}

#[test]
fn an_unknown_tool_is_a_mistake_of_the_protocol() {
    let (_server, agent) = scene();
    for name in ["no_such_tool", "", "ECHO", "fixtures/echo"] {
        let answer = agent.ask("tools/call", &json!({ "name": name }));
        assert_eq!(code(&answer.expect(200)), -32602, "{name}");
    }
}

#[test]
fn an_idempotency_key_does_a_call_once() {
    let server = Server::start();
    let client = server.create_client("setter", &["releases:read", "releases:write"]);
    let agent = McpAgent::new(&server, &client);
    let set = |key: &str, reason: &str| {
        let gate = json!({ "version": "9.0.0", "name": "freeze", "reason": reason });
        let meta = json!({ "ambit/idempotencyKey": key });
        agent.result(
            "tools/call",
            &json!({ "name": "set_gate", "arguments": gate, "_meta": meta }),
        )
    };
    let first = set("one", "Holidays.");
    assert_eq!(first["isError"], false, "{first}");
    assert_eq!(set("one", "Holidays."), first);
    let kind = |result: &Value| result["_meta"]["ambit/problem"]["type"].clone();
    let reused = set("one", "Something else.");
    assert_eq!(kind(&reused), "urn:ambit:problem:idempotency_key_reused");
    assert_eq!(
        kind(&set("", "Holidays.")),
        "urn:ambit:problem:invalid_input"
    );
    let gates = agent.call("list_gates", &json!({}));
    let gates = gates["structuredContent"]["gates"].as_array().unwrap();
    assert_eq!(gates.len(), 1);
}
