//! What holds for every action: who is let in, what is refused, what is recorded, what is done once.

use serde_json::{Value, json};

use super::{
    examples::{all_but, by_scope, call, catalogue, enough_for, examples, load_samples},
    figures::{load, path},
};
use crate::support::{Caller, Server};

const LIST: &str = "/actions/release_oversight/list_releases";
const GATE: &str = "/actions/release_oversight/set_gate";

#[test]
fn every_action_is_refused_without_its_scope_and_let_in_with_it() {
    let server = Server::start();
    load_samples(&server);
    let actions = catalogue(&server);
    assert!(actions.len() > 30, "{}", actions.len());
    for (scope, group) in by_scope(&actions) {
        let stranger = server.create_client("Stranger", &all_but(&actions, scope));
        let stranger = server.agent(&stranger);
        let friend = server.agent(&server.create_client("Friend", &enough_for(scope)));
        for action in group {
            let path = &action["path"];
            for (input, _) in examples(action) {
                call(&server.anonymous(), action, input).expect(401);
                call(&server.anonymous().with_token("not-a-token"), action, input).expect(401);
                let answer = call(&stranger, action, input).expect(403);
                let challenge = answer.header("www-authenticate").unwrap();
                for part in [
                    "error=\"insufficient_scope\"",
                    &format!("scope=\"{scope}\""),
                    "/.well-known/oauth-protected-resource/actions",
                ] {
                    assert!(challenge.contains(part), "{path}: {challenge}");
                }
                call(&friend, action, input).expect(200);
            }
        }
    }
}

#[test]
fn an_action_of_two_scopes_is_for_who_holds_both() {
    let server = Server::with([]).with_fixtures().start();
    let held = ["protected", "fixtures:call", "fixtures:greet"];
    let client = server.create_client("Half", &held);
    let greet = |scope: &str| {
        let token = server.token_for(&client, &[("scope", scope)]);
        let caller = server.anonymous().with_token(&token.access_token);
        caller.get("/actions/fixtures/greet?name=world")
    };
    for scope in ["protected", "fixtures:call", "fixtures:greet"] {
        let answer = greet(scope).expect(403);
        let challenge = answer.header("www-authenticate").unwrap();
        for part in [
            "error=\"insufficient_scope\"",
            "scope=\"fixtures:call fixtures:greet\"",
        ] {
            assert!(challenge.contains(part), "{scope}: {challenge}");
        }
    }
    greet("fixtures:greet fixtures:call").expect(200);
}

/// What the action that panics and the one that hangs are answered, and that nothing else suffers.
#[test]
fn an_action_that_panics_or_hangs_is_told_as_a_problem() {
    let server = Server::with([("AMBIT_ACTION_DEADLINE_SECONDS", "1")])
        .with_fixtures()
        .start();
    let agent = server.agent(&server.create_client("Broken", &["fixtures:call"]));
    let before = records(&server).len();
    for (action, status, kind) in [("panic", 503, "action_failed"), ("hang", 504, "deadline")] {
        let answer = agent.get(&format!("/actions/fixtures/{action}"));
        let answer = answer.expect(status);
        let content_type = answer.header("content-type");
        assert_eq!(content_type, Some("application/problem+json"), "{answer}");
        let problem: Value = answer.json();
        assert_eq!(problem["type"], format!("urn:ambit:problem:{kind}"));
        assert_eq!(problem["status"], status);
        let request = answer.header("x-request-id");
        assert_eq!(problem["request_id"].as_str(), request, "{answer}");
        assert!(!answer.body.contains("a fixture panics"), "{answer}");
    }
    let echo = agent.get("/actions/fixtures/echo?text=well").expect(200);
    assert_eq!(echo.json::<Value>(), json!({"texts": ["well"]}));
    server.anonymous().get("/readyz").expect(200);
    let records = records(&server);
    let ends: Vec<_> = records[before..]
        .iter()
        .map(|record| ["target", "decision"].map(|name| record[name].as_str().unwrap()))
        .collect();
    assert_eq!(
        ends,
        [
            ["fixtures/panic", "failed"],
            ["fixtures/hang", "failed"],
            ["fixtures/echo", "allowed"],
        ]
    );
}

#[test]
fn a_token_for_another_resource_is_refused() {
    let server = Server::start();
    let client = server.create_client("Agent", &["releases:read"]);
    let issuer = server.issuer().to_owned();
    for (resource, status) in [
        (format!("{issuer}/mcp"), 401),
        (format!("{issuer}/actions"), 404),
        (issuer.clone(), 404),
    ] {
        let token = server.token_for(&client, &[("resource", &resource)]);
        let caller = server.anonymous().with_token(&token.access_token);
        // The warehouse is empty, so an agent that is let in learns that there is no such table.
        caller.get(LIST).expect(status);
    }
}

#[test]
fn what_is_no_call_of_an_action_is_refused_in_the_right_form() {
    let server = Server::start();
    let client = server.create_client("Agent", &["releases:read", "releases:write"]);
    let agent = server.agent(&client);
    agent.get("/actions/release_oversight/nothing").expect(404);
    agent.get("/actions/nothing/list_releases").expect(404);
    agent.get("/actions/release_oversight").expect(404);
    let answer = agent.post_json(LIST, &json!({})).expect(405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    agent.get(GATE).expect(405);
    agent
        .get_query(LIST, &[("limit", "5"), ("limit", "6")])
        .expect(422);
    agent.get_query(LIST, &[("limit", "1000000")]).expect(422);
    agent.get_query(LIST, &[("limit", "ten")]).expect(422);
    agent.get_query(LIST, &[("unknown", "1")]).expect(422);
    let post = |kind: &str, body: &str| {
        let request = agent.request(reqwest::Method::POST, GATE);
        let request = request.header("content-type", kind).body(body.to_owned());
        crate::support::Answer::to(request)
    };
    let json = "application/json";
    post(json, "{").expect(400);
    post(json, "[]").expect(422);
    post(json, "null").expect(422);
    post("text/plain", "{}").expect(415);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let status = post(json, &deep).status;
    assert!(matches!(status, 400 | 413), "{status}");
    server.anonymous().get("/readyz").expect(200);
}

#[test]
fn a_writing_action_is_done_once_for_one_key() {
    let server = Server::start();
    load(&server, &path("data/releases.csv"), "releases");
    load(
        &server,
        &path("data/release_changes.csv"),
        "release_changes",
    );
    let client = server.create_client("Agent", &["releases:read", "releases:write"]);
    let agent = server.agent(&client);
    let post = |key: &str, input: &Value| {
        let request = agent.request(reqwest::Method::POST, GATE);
        let request = request.header("idempotency-key", key).json(input);
        crate::support::Answer::to(request)
    };
    let gates = || -> usize {
        let list = "/actions/release_oversight/list_gates";
        let gates: Value = agent.get(list).expect(200).json();
        gates["gates"].as_array().unwrap().len()
    };
    let action = &catalogue(&server);
    let set_gate = action
        .iter()
        .find(|action| action["name"] == "set_gate")
        .unwrap();
    let input = set_gate["examples"][0]["input"].clone();
    let first = post("key-1", &input).expect(200);
    let again = post("key-1", &input).expect(200);
    assert_eq!(first.body, again.body);
    assert_eq!(gates(), 1);
    let mut other = input.clone();
    other["reason"] = json!("Another reason");
    let refused = post("key-1", &other).expect(422);
    assert!(
        refused.body.contains("idempotency_key_reused"),
        "{}",
        refused.body
    );
    assert_eq!(gates(), 1);
    let stranger = server.create_client("Other", &["releases:write"]);
    let request = server.agent(&stranger).request(reqwest::Method::POST, GATE);
    // Another client's key is another key; what it asks for is there already.
    let status =
        crate::support::Answer::to(request.header("idempotency-key", "key-1").json(&other));
    assert!(
        !status.body.contains("idempotency_key_reused"),
        "{}",
        status.body
    );
    post("", &input).expect(422);
    post(&"k".repeat(256), &input).expect(422);
}

#[test]
fn a_client_that_asks_too_often_waits() {
    let server = Server::with([("AMBIT_ACTION_CALLS_PER_MINUTE", "3")]).start();
    let agent = server.agent(&server.create_client("Eager", &["warehouse:read"]));
    let tables = "/actions/common_actions/list_accessible_tables";
    for _ in 0..3 {
        agent.get(tables).expect(200);
    }
    let refused = agent.get(tables).expect(429);
    assert!(
        refused
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    let other = server.agent(&server.create_client("Calm", &["warehouse:read"]));
    other.get(tables).expect(200);
    let log = server.cli_stdout(["audit", "export"]);
    let limited = log
        .lines()
        .filter(|line| line.contains("too_many_calls"))
        .count();
    assert_eq!(limited, 1);
}

#[test]
fn what_is_refused_and_what_is_listed_counts_too_and_a_flood_leaves_few_records() {
    let server = Server::with([("AMBIT_ACTION_CALLS_PER_MINUTE", "5")]).start();
    let client = server.create_client("Eager", &["warehouse:read"]);
    let agent = server.agent(&client);
    for _ in 0..2 {
        agent.get(LIST).expect(403);
    }
    let resource = format!("{}/mcp", server.issuer());
    let token = server.token_for(&client, &[("resource", &resource)]);
    let listed = || {
        let request = crate::support::http()
            .post(server.url("/mcp"))
            .bearer_auth(&token.access_token)
            .header("accept", "application/json")
            .header("mcp-protocol-version", "2025-11-25")
            .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}));
        crate::support::Answer::to(request)
    };
    for _ in 0..3 {
        listed().expect(200);
    }
    listed().expect(429);
    for _ in 0..100 {
        agent.get(LIST).expect(429);
    }
    let records = records(&server);
    let limited = records
        .iter()
        .filter(|record| record["reason"] == "too_many_calls")
        .count();
    // Sixty a minute, and those of the seconds that the flood took.
    assert!((60..80).contains(&limited), "{limited}");
    let of_metric = |line: &&str| line.starts_with("ambit_audit_suppressed_total ");
    let metrics = server.metrics();
    let suppressed = metrics.lines().find(of_metric).unwrap();
    assert!(!suppressed.ends_with(" 0"), "{suppressed}");
}

#[test]
fn every_call_leaves_one_record() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("Agent", &["warehouse:read"]));
    let before = records(&server).len();
    agent
        .get("/actions/common_actions/list_accessible_tables")
        .expect(200);
    agent
        .get("/actions/common_actions/list_table_metadata?table=none")
        .expect(404);
    agent
        .get("/actions/common_actions/search_metadata")
        .expect(422);
    agent.get(LIST).expect(403);
    let records = records(&server);
    let decided: Vec<_> = records[before..]
        .iter()
        .map(|record| {
            let reason = record["reason"].as_str().unwrap_or_default();
            assert_eq!(record["details"]["door"], "rest", "{record}");
            (record["decision"].as_str().unwrap(), reason)
        })
        .collect();
    assert_eq!(
        decided,
        [
            ("allowed", ""),
            ("failed", "not_found"),
            ("denied", "invalid_input"),
            ("denied", "insufficient_scope"),
        ]
    );
}

fn records(server: &Server) -> Vec<Value> {
    let log = server.cli_stdout(["audit", "export"]);
    let records = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let records = records.map(|record| match record.get("record") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap(),
        Some(inner) => inner.clone(),
        None => record,
    });
    records
        .filter(|record| record["event"] == "action")
        .collect()
}
