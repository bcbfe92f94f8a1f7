//! An action that spends a credential, `fixtures/charge`, at every place where its effect is to be seen.

use serde_json::{Value, json};

use crate::{
    mcp::McpAgent,
    support::{Answer, Caller, Server},
};

const PATH: &str = "/actions/fixtures/charge";

#[test]
fn its_effect_is_told_wherever_it_is_described() {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("Spender", &["fixtures:call"]);

    let tools = McpAgent::new(&server, &client).result("tools/list", &json!({}));
    let tools = tools["tools"].as_array().unwrap();
    let tool = tools.iter().find(|tool| tool["name"] == "charge").unwrap();
    assert_eq!(
        tool["annotations"],
        json!({
            "readOnlyHint": false, "destructiveHint": false, "idempotentHint": false,
            "openWorldHint": true,
        })
    );

    let document = crate::openapi::document(&server);
    let path = &document["paths"][PATH];
    assert!(path.get("get").is_none(), "{path}");
    let operation = &path["post"];
    assert_eq!(operation["x-ambit-effect"], "spends_credential");
    let parameters = operation["parameters"].as_array().unwrap();
    assert_eq!(parameters[0]["name"], "idempotency-key", "{operation}");
    let other = &document["paths"]["/actions/fixtures/echo"]["get"];
    assert_eq!(other["x-ambit-effect"], "reads");

    let listed = server.cli_stdout(["actions", "list"]);
    let line = listed.lines().find(|line| line.contains("fixtures/charge"));
    assert!(line.unwrap().contains("spends a credential"), "{listed}");
    let listed: Value =
        serde_json::from_str(&server.cli_stdout(["actions", "list", "--json"])).unwrap();
    let mut listed = listed.as_array().unwrap().iter();
    let listed = listed.find(|action| action["name"] == "charge").unwrap();
    assert_eq!(listed["effect"], "spends_credential", "{listed}");
    let shown = server.cli_stdout(["actions", "show", "charge"]);
    for part in [
        "spends a credential",
        "POST /actions/fixtures/charge",
        "done once by",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
}

#[test]
fn it_is_done_once_for_one_key_and_recorded_with_its_effect() {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("Spender", &["fixtures:call"]);
    let agent = server.agent(&client);
    agent.get(&format!("{PATH}?cents=500")).expect(405);
    let charge = |cents: u32| {
        let request = agent.request(reqwest::Method::POST, PATH);
        let request = request.header("idempotency-key", "once");
        Answer::to(request.json(&json!({"cents": cents})))
    };
    for _ in 0..2 {
        let answer = charge(500).expect(200).json::<Value>();
        assert_eq!(answer, json!({"charged": 500}));
    }
    charge(501).expect(422);
    let result = McpAgent::new(&server, &client).call("charge", &json!({"cents": 7}));
    assert_eq!(result["structuredContent"], json!({"charged": 7}));

    let log = server.cli_stdout(["audit", "export"]);
    let records = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["record"].take());
    let told: Vec<_> = records
        .filter(|record| record["target"] == "fixtures/charge")
        .map(|record| {
            let details = &record["details"];
            assert_eq!(details["effect"], "spends_credential", "{record}");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            [
                text(&record["decision"]),
                text(&details["door"]),
                text(&details["replayed"]),
            ]
        })
        .collect();
    assert_eq!(
        told,
        [
            ["allowed", "rest", ""],
            ["allowed", "rest", "true"],
            ["denied", "rest", ""],
            ["allowed", "mcp", ""],
        ]
    );
}
