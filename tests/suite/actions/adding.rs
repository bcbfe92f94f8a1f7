//! An action that was added by one file and a line of its router, `fixtures/greet`, at every place where
//! actions are served and shown.

use serde_json::{Value, json};

use crate::{
    mcp::McpAgent,
    support::{Caller, RegisteredClient, Server},
};

const SCOPE: &str = "fixtures:call fixtures:greet";

fn scene() -> (Server, RegisteredClient) {
    let server = Server::with([]).with_fixtures().start();
    let scopes: Vec<_> = SCOPE.split(' ').collect();
    let client = server.create_client("Guest", &scopes);
    (server, client)
}

fn json(server: &Server, arguments: &[&str]) -> Value {
    let output = server.command(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn it_is_called_by_rest_by_mcp_and_by_the_command_line() {
    let (server, client) = scene();
    let input = json!({"name": "you", "times": 2, "style": "warm", "languages": ["de"]});
    let greeted = json!({"greetings": ["Hallo, you", "Hallo, you"], "style": "warm"});
    let agent = server.agent(&client);
    let query = "name=you&times=2&style=warm&languages=de";
    let answer = agent.get(&format!("/actions/fixtures/greet?{query}"));
    assert_eq!(answer.expect(200).json::<Value>(), greeted);
    let result = McpAgent::new(&server, &client).call("greet", &input);
    assert_eq!(result["structuredContent"], greeted);
    let mut command = server.command(&["actions", "call", "greet", &input.to_string()]);
    command.args([
        "--client-id",
        &client.client_id,
        "--issuer",
        server.address(),
    ]);
    let output = command.env("AMBIT_CLIENT_SECRET", &client.client_secret);
    let output = output.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer, greeted);

    let log = server.cli_stdout(["audit", "export"]);
    let records = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["record"].take());
    let doors: Vec<_> = records
        .filter(|record| record["target"] == "fixtures/greet" && record["decision"] == "allowed")
        .map(|record| record["details"]["door"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(doors, ["rest", "mcp", "rest"]);
}

#[test]
fn it_is_described_by_every_document() {
    let (server, client) = scene();
    let document = crate::openapi::document(&server);
    let operation = &document["paths"]["/actions/fixtures/greet"]["get"];
    assert_eq!(operation["summary"], "Greet somebody");
    let scopes: Vec<_> = SCOPE.split(' ').collect();
    let asked = operation["security"].as_array().unwrap();
    let names_both = |way: &Value| way["client_credentials"] == json!(scopes);
    assert!(asked.iter().any(names_both), "{operation}");
    let parameters = operation["parameters"].as_array().unwrap().iter();
    let names: Vec<_> = parameters
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    for name in ["name", "times", "style", "languages"] {
        assert!(names.contains(&name), "{names:?}");
    }

    let tools = McpAgent::new(&server, &client).result("tools/list", &json!({}));
    let tools = tools["tools"].as_array().unwrap();
    let tool = tools.iter().find(|tool| tool["name"] == "greet").unwrap();
    assert_eq!(tool["_meta"]["ambit/scope"], SCOPE);
    let style = &tool["inputSchema"]["$defs"]["GreetingStyle"];
    assert_eq!(style["enum"], json!(["plain", "warm"]), "{tool}");

    let catalogue = json(&server, &["scope", "list", "--json"]);
    let known = catalogue.as_array().unwrap().iter();
    let known = known.filter(|known| known["name"] == "fixtures:greet");
    assert_eq!(known.count(), 1, "{catalogue}");
}

#[test]
fn it_is_shown_on_the_command_line() {
    let (server, _) = scene();
    let shown = server.cli_stdout(["actions", "show", "greet"]);
    for part in [
        "fixtures/greet",
        SCOPE,
        "GET /actions/fixtures/greet",
        "Answers a greeting",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    let shown = json(&server, &["actions", "show", "fixtures/greet", "--json"]);
    assert_eq!(shown["name"], "greet");
    assert_eq!(shown["scope"], SCOPE);
    assert_eq!(shown["examples"][0]["output"]["style"], "plain");
    let listed = server.cli_stdout(["actions", "list"]);
    assert!(listed.contains("fixtures/greet"), "{listed}");
}
