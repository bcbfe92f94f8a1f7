//! Figures that pandas computed independently, beside those of the actions.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Agent, Caller, Server};

/// How far two figures may be apart, in parts of the larger.
const TOLERANCE: f64 = 1e-9;

/// A folder or file below `tests`.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// Loads a file into the server's warehouse.
#[track_caller]
pub fn load(server: &Server, file: &Path, table: &str) {
    let file = file.to_str().expect("a path of UTF-8");
    server.cli_stdout(["warehouse", "load", file, "--table", table]);
}

/// Loads a file in which `null` stands for what is missing into the server's warehouse.
#[track_caller]
pub fn load_with_null(server: &Server, file: &Path, table: &str, null: &str) {
    let file = file.to_str().expect("a path of UTF-8");
    server.cli_stdout(["warehouse", "load", file, "--table", table, "--null", null]);
}

/// Calls an action of a router that reads, by whichever method serves it, and demands an answer.
#[track_caller]
pub fn call(agent: &Agent, router: &str, action: &str, input: &Value) -> Value {
    let path = format!("/actions/{router}/{action}");
    let answer = match query(input) {
        Some(pairs) => {
            let pairs: Vec<(&str, &str)> = pairs
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect();
            agent.get_query(&path, &pairs)
        }
        None => agent.post_json(&path, input),
    };
    answer.expect(200).json()
}

/// Calls an action for every page of a list, and puts the pages together in the answer's `items`. All
/// else must be the same on every page.
#[track_caller]
pub fn call_for_all(
    agent: &Agent,
    router: &str,
    action: &str,
    items: &str,
    input: &Value,
) -> Value {
    let mut answer = call(agent, router, action, input);
    let mut all = Vec::new();
    loop {
        let page = answer[items].take();
        all.extend_from_slice(page.as_array().expect("a page has its items"));
        let cursor = answer["next_cursor"].take();
        if cursor.is_null() {
            answer[items] = all.into();
            return answer;
        }
        let before = answer;
        let mut next = input.clone();
        next["cursor"] = cursor;
        answer = call(agent, router, action, &next);
        for (name, value) in before.as_object().expect("an answer is an object") {
            let is_paged = [items, "next_cursor"].contains(&name.as_str());
            assert!(
                is_paged || answer[name] == *value,
                "{action} {next}: {name}"
            );
        }
    }
}

/// An input as the pairs of a query, a list as one pair for each item; `None` if anything in it is
/// nested deeper.
pub fn query(input: &Value) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (name, value) in input.as_object().expect("an input is an object") {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        for item in items {
            let text = match item {
                Value::Object(_) | Value::Array(_) => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            pairs.push((name.clone(), text));
        }
    }
    Some(pairs)
}

/// What a script of `tests/figures` answers to these calls, each a pair of action and input.
#[track_caller]
pub fn expected(script: &str, arguments: &[PathBuf], calls: &[(&str, Value)]) -> Vec<Value> {
    let python = env::var("AMBIT_TEST_PYTHON")
        .expect("AMBIT_TEST_PYTHON is set: run the tests by tests/run");
    let calls: Vec<Value> = calls
        .iter()
        .map(|(action, input)| json!({"action": action, "input": input}))
        .collect();
    let mut child = Command::new(python)
        .arg(path("figures").join(script))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin
        .write_all(Value::Array(calls).to_string().as_bytes())
        .expect("the script reads its calls");
    drop(stdin);
    let output = child.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "{script}: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("the script answers JSON")
}

/// Demands that an answer has everything that was expected, and nothing else but `besides`.
#[track_caller]
pub fn assert_like(expected: &Value, answer: &Value, besides: &[&str], what: &str) {
    match (expected, answer) {
        (Value::Object(expected), Value::Object(answer)) => {
            for (name, value) in expected {
                let found = answer
                    .get(name)
                    .unwrap_or_else(|| panic!("{what} has no {name}"));
                assert_like(value, found, besides, &format!("{what}.{name}"));
            }
            for name in answer.keys() {
                let known = expected.contains_key(name) || besides.contains(&name.as_str());
                assert!(known, "{what} has {name}, which nobody expected");
            }
        }
        (Value::Array(expected), Value::Array(answer)) => {
            assert_eq!(expected.len(), answer.len(), "the length of {what}");
            for (position, (expected, answer)) in expected.iter().zip(answer).enumerate() {
                assert_like(expected, answer, besides, &format!("{what}[{position}]"));
            }
        }
        (Value::Number(expected), Value::Number(answer)) => {
            let (expected, answer) = (expected.as_f64().unwrap(), answer.as_f64().unwrap());
            let difference = (expected - answer).abs();
            let allowed = TOLERANCE * expected.abs().max(answer.abs());
            assert!(
                difference <= allowed,
                "{what}: {expected} was expected, not {answer}"
            );
        }
        (expected, answer) => assert_eq!(expected, answer, "{what}"),
    }
}
