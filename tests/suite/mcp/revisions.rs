//! The revisions that are spoken, and how a request says which it is written in.

use serde_json::{Value, json};

use super::{MODERN, McpAgent, code, modern_meta, scene};
use crate::support::{Answer, Server};

#[test]
fn initialize_settles_on_a_revision() {
    let server = Server::start();
    let agent = McpAgent::new(&server, &server.create_client("legacy", &["protected"]));
    for (wanted, settled) in [
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        (MODERN, "2025-11-25"),
        ("nonsense", "2025-11-25"),
    ] {
        let body = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": { "protocolVersion": wanted, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
        });
        let answer = agent.send(body.to_string()).expect(200);
        let result = answer.json::<Value>()["result"].take();
        assert_eq!(result["protocolVersion"], settled, "{answer}");
        assert_eq!(result["capabilities"], json!({ "tools": {} }), "{answer}");
        assert_eq!(result["serverInfo"]["name"], "ambit", "{answer}");
        assert!(
            result["instructions"]
                .as_str()
                .unwrap()
                .contains("list_accessible_tables")
        );
        assert!(answer.header("mcp-session-id").is_none(), "{answer}");
    }
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(agent.send(initialized).expect(202).body, "");
}

#[test]
fn a_server_can_be_discovered() {
    let server = Server::start();
    let agent = McpAgent::new(&server, &server.create_client("modern", &["protected"]));
    let answer = agent.ask_modern("server/discover", &json!({})).expect(200);
    let result = answer.json::<Value>()["result"].take();
    assert_eq!(result["resultType"], "complete", "{answer}");
    assert_eq!(
        result["supportedVersions"],
        json!(["2025-06-18", "2025-11-25", MODERN])
    );
    assert_eq!(
        result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "ambit"
    );
    assert_eq!(result["cacheScope"], "public");
}

#[test]
fn modern_answers_say_what_they_are() {
    let (_server, agent) = scene();
    let listed = agent.ask_modern("tools/list", &json!({})).expect(200);
    let result = listed.json::<Value>()["result"].take();
    assert_eq!(result["resultType"], "complete", "{listed}");
    assert_eq!(result["cacheScope"], "private", "{listed}");
    assert!(result["ttlMs"].as_u64().is_some(), "{listed}");
    let params = json!({ "name": "echo", "arguments": { "text": "hello" } });
    let called = agent.ask_modern("tools/call", &params).expect(200);
    let result = called.json::<Value>()["result"].take();
    assert_eq!(result["resultType"], "complete", "{called}");
    assert_eq!(
        result["structuredContent"],
        json!({ "texts": ["hello"] }),
        "{called}"
    );
    for method in ["initialize", "ping", "logging/setLevel", "unknown"] {
        let answer = agent.ask_modern(method, &json!({})).expect(404);
        assert_eq!(code(&answer), -32601);
    }
}

#[test]
fn headers_and_body_have_to_agree() {
    let (_server, agent) = scene();
    let params = json!({ "name": "echo", "arguments": { "text": "a" }, "_meta": modern_meta() });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let with = |headers: &[(&str, &str)]| {
        let mut request = agent.request();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(request.body(body.to_string()))
    };
    let version = ("mcp-protocol-version", MODERN);
    let method = ("mcp-method", "tools/call");
    let name = ("mcp-name", "echo");
    with(&[version, method, name]).expect(200);
    with(&[version, method, ("mcp-name", "=?base64?ZWNobw==?=")]).expect(200);
    let disagreeing: &[&[(&str, &str)]] = &[
        &[],
        &[method, name],
        &[version, name],
        &[version, method],
        &[version, method, name, name],
        &[version, method, ("mcp-name", "panic")],
        &[version, method, ("mcp-name", "=?base64?!?=")],
        &[version, ("mcp-method", "tools/list"), name],
        &[version, version, method, name],
        &[("mcp-protocol-version", "2025-11-25"), method, name],
    ];
    for headers in disagreeing {
        let answer = with(headers).expect(400);
        assert_eq!(code(&answer), -32020, "{headers:?}: {answer}");
        assert_eq!(
            answer.json::<Value>()["id"].as_i64(),
            Some(1),
            "{headers:?}"
        );
    }
}

#[test]
fn what_a_modern_request_lacks_and_what_nobody_speaks_is_told() {
    let server = Server::start();
    let agent = McpAgent::new(&server, &server.create_client("lacking", &["protected"]));
    let ask = |version: &str, meta: Value| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
        let request = agent.request();
        let request = request
            .header("mcp-protocol-version", version)
            .header("mcp-method", "tools/list");
        Answer::to(request.body(body.to_string()))
    };
    for lacking in [
        json!({}),
        json!({ "io.modelcontextprotocol/protocolVersion": MODERN }),
        json!({ "io.modelcontextprotocol/clientCapabilities": {} }),
        json!({ "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": [] }),
    ] {
        assert_eq!(code(&ask(MODERN, lacking).expect(400)), -32602);
    }
    let future = json!({
        "io.modelcontextprotocol/protocolVersion": "2099-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for answer in [ask("2099-01-01", future), ask("2024-11-05", json!({}))] {
        let answer = answer.expect(400);
        assert_eq!(code(&answer), -32022);
        let data = answer.json::<Value>()["error"]["data"].take();
        assert!(
            data["supported"]
                .as_array()
                .unwrap()
                .contains(&json!(MODERN)),
            "{answer}"
        );
    }
}
