//! `POST /mcp`: the actions as tools of the Model Context Protocol.

mod access;
mod cancellation;
mod hostile;
mod progress;
mod revisions;
mod tools;

use reqwest::{Method, blocking::RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Anonymous, Answer, Bearer, Caller, RegisteredClient, Server};

/// The scope of the fixtures.
const FIXTURES: &str = "fixtures:call";

/// The revision that says everything in each request.
const MODERN: &str = "2026-07-28";

/// An agent that speaks MCP.
pub struct McpAgent {
    bearer: Bearer,
}

impl McpAgent {
    /// With a token of all the client's scopes.
    pub fn new(server: &Server, client: &RegisteredClient) -> Self {
        Self::with_token(server, &token(server, client))
    }

    fn with_token(server: &Server, access_token: &str) -> Self {
        Self {
            bearer: Anonymous::new(server.address()).with_token(access_token),
        }
    }

    /// A request to `/mcp` with nothing in it.
    fn request(&self) -> RequestBuilder {
        self.bearer
            .request(Method::POST, "/mcp")
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
    }

    /// Sends a body as it is.
    #[track_caller]
    fn send(&self, body: impl Into<reqwest::blocking::Body>) -> Answer {
        Answer::to(self.request().body(body))
    }

    /// Sends a request of the revision 2025-11-25.
    #[track_caller]
    fn ask(&self, method: &str, params: &Value) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.request().header("mcp-protocol-version", "2025-11-25");
        Answer::to(request.body(body.to_string()))
    }

    /// Sends a request of the revision 2026-07-28.
    #[track_caller]
    fn ask_modern(&self, method: &str, params: &Value) -> Answer {
        let mut params = params.clone();
        params["_meta"] = modern_meta();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self.request();
        request = request
            .header("mcp-protocol-version", MODERN)
            .header("mcp-method", method);
        if let Some(name) = params["name"].as_str() {
            request = request.header("mcp-name", name);
        }
        Answer::to(request.body(body.to_string()))
    }

    /// The result of a request of the revision 2025-11-25.
    #[track_caller]
    pub fn result(&self, method: &str, params: &Value) -> Value {
        let answer = self.ask(method, params).expect(200);
        let mut message = last_message(&answer);
        assert_eq!(message["id"], 1, "{answer}");
        assert!(message.get("error").is_none(), "{answer}");
        message["result"].take()
    }

    /// The result of a call.
    #[track_caller]
    pub fn call(&self, tool: &str, arguments: &Value) -> Value {
        self.result(
            "tools/call",
            &json!({ "name": tool, "arguments": arguments }),
        )
    }

    /// The names of the tools in the list.
    #[track_caller]
    fn tool_names(&self) -> Vec<String> {
        let result = self.result("tools/list", &json!({}));
        let tools = result["tools"].as_array().unwrap();
        let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
        tools.iter().map(name).collect()
    }
}

/// What a request of the revision 2026-07-28 says of itself.
fn modern_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// A token of all the client's scopes for the MCP endpoint.
#[track_caller]
fn token(server: &Server, client: &RegisteredClient) -> String {
    let resource = format!("{}/mcp", server.issuer());
    let token = server.token_for(client, &[("resource", &resource)]);
    token.access_token
}

/// A server with the fixtures, and an agent that may call them.
#[track_caller]
fn scene() -> (Server, McpAgent) {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("mcp", &[FIXTURES]);
    let agent = McpAgent::new(&server, &client);
    (server, agent)
}

/// The messages of a stream of events.
fn messages(answer: &Answer) -> Vec<Value> {
    let lines = answer.body.lines();
    let data = lines.filter_map(|line| line.strip_prefix("data: "));
    data.map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The message that ends an answer, which is a stream of events where a call took a while.
#[track_caller]
fn last_message(answer: &Answer) -> Value {
    if answer.header("content-type") == Some("text/event-stream") {
        return messages(answer).pop().unwrap_or_else(|| panic!("{answer}"));
    }
    answer.json()
}

/// The code of a JSON-RPC error.
#[track_caller]
fn code(answer: &Answer) -> i64 {
    let message: Value = answer.json();
    assert_eq!(message["jsonrpc"], "2.0", "{answer}");
    message["error"]["code"]
        .as_i64()
        .unwrap_or_else(|| panic!("{answer}"))
}

/// The audit records of calls of an action, oldest first.
#[track_caller]
fn records(server: &Server, action: &str) -> Vec<Value> {
    let export = server.cli_stdout(["audit", "export"]);
    let record = |line: &str| serde_json::from_str::<Value>(line).unwrap()["record"].take();
    let is_call = |record: &Value| record["event"] == "action" && record["target"] == action;
    export.lines().map(record).filter(is_call).collect()
}
