//! Gates: set, listed, lifted, and what they say of a version.

use serde_json::{Value, json};

use super::{at, read};
use crate::support::{Caller, Server};

const SCOPES: [&str; 2] = ["releases:read", "releases:write"];

#[test]
fn a_version_is_ready_once_its_gates_are_lifted() {
    let server = Server::start();
    let setter = server.create_client("Setter", &SCOPES);
    let lifter = server.create_client("Lifter", &SCOPES);
    let (agent, other) = (server.agent(&setter), server.agent(&lifter));
    let readiness = || read(&agent, "release_readiness", &json!({"version": "9.0.0"}));
    assert_eq!(readiness()["ready"], true);

    let gate = json!({"version": "9.0.0", "name": "security-review", "reason": "Not reviewed."});
    let set: Value = agent.post_json(&at("set_gate"), &gate).expect(200).json();
    assert_eq!(set["state"], "open");
    assert_eq!(set["set_by"], setter.client_id.as_str());
    assert_eq!(set["lift"], Value::Null);
    other.post_json(&at("set_gate"), &gate).expect(409);
    let closed = readiness();
    assert_eq!(closed["ready"], false);
    assert_eq!(closed["open"], json!([set]));
    let elsewhere = read(&agent, "release_readiness", &json!({"version": "9.0.1"}));
    assert_eq!(elsewhere["ready"], true);

    let lift = json!({"version": "9.0.0", "name": "security-review", "reason": "Reviewed."});
    let lifted: Value = other.post_json(&at("lift_gate"), &lift).expect(200).json();
    assert_eq!(lifted["state"], "lifted");
    assert_eq!(lifted["lift"]["lifted_by"], lifter.client_id.as_str());
    assert_eq!(lifted["lift"]["reason"], "Reviewed.");
    other.post_json(&at("lift_gate"), &lift).expect(404);
    let open = readiness();
    assert_eq!(open["ready"], true);
    assert_eq!(open["lifted"], json!([lifted]));

    agent.post_json(&at("set_gate"), &gate).expect(200);
    assert_eq!(readiness()["open_gates"], 1);
    assert_eq!(readiness()["lifted_gates"], 1);
}

#[test]
fn gates_are_listed_newest_first_a_page_at_a_time() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("Setter", &SCOPES));
    for number in 0..5 {
        let version = format!("9.0.{}", number % 2);
        let gate = json!({"version": version, "name": format!("gate-{number}"), "reason": "Wait."});
        agent.post_json(&at("set_gate"), &gate).expect(200);
    }
    let lift = json!({"version": "9.0.0", "name": "gate-2", "reason": "Go."});
    agent.post_json(&at("lift_gate"), &lift).expect(200);
    let names = |input: &Value| {
        let mut input = input.clone();
        let mut names = Vec::new();
        loop {
            let page = read(&agent, "list_gates", &input);
            for gate in page["gates"].as_array().unwrap() {
                names.push(gate["name"].as_str().unwrap().to_owned());
            }
            match &page["next_cursor"] {
                Value::Null => return names,
                cursor => input["cursor"] = cursor.clone(),
            }
        }
    };
    let all = ["gate-4", "gate-3", "gate-2", "gate-1", "gate-0"];
    assert_eq!(names(&json!({"limit": 2})), all);
    assert_eq!(names(&json!({"version": "9.0.1"})), ["gate-3", "gate-1"]);
    assert_eq!(names(&json!({"state": "lifted"})), ["gate-2"]);
    let open = json!({"state": "open", "version": "9.0.0", "limit": 1});
    assert_eq!(names(&open), ["gate-4", "gate-0"]);
}

#[test]
fn an_idempotency_key_sets_a_gate_once() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("Setter", &SCOPES));
    let gate = json!({"version": "9.0.0", "name": "freeze", "reason": "Holidays."});
    let set = || {
        let request = agent.request(reqwest::Method::POST, &at("set_gate"));
        let request = request.header("Idempotency-Key", "one").json(&gate);
        crate::support::Answer::to(request)
            .expect(200)
            .json::<Value>()
    };
    assert_eq!(set(), set());
    let gates = read(&agent, "list_gates", &json!({}));
    assert_eq!(gates["gates"].as_array().unwrap().len(), 1);
}
