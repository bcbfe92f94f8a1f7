//! The published examples of every action: what they show is what is served on the full data. That each
//! is answered on the samples is seen where every action is let in, in `invoking` and in `mcp/access`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::figures::{assert_like, load_with_null, path, query};
use crate::support::{Answer, Backend, Caller, Server};

/// The samples that the binary carries, one file a table.
const SAMPLES: [&str; 4] = [
    "audit/sample/audit_risk.csv",
    "release_oversight/sample/releases.csv",
    "release_oversight/sample/release_changes.csv",
    "ticket_analysis/sample/incident_events.csv",
];

/// The full files, with the tables that they are loaded into.
const FULL: [(&str, &str); 4] = [
    ("audit_risk.csv", "audit_risk"),
    ("releases.csv", "releases"),
    ("release_changes.csv", "release_changes"),
    ("incident_event_log.csv", "incident_events"),
];

/// Actions that read what this server did, or whose gates stand.
const OF_THE_MOMENT: [&str; 6] = [
    "who_did_what",
    "denials",
    "sensitive_scope_use",
    "verify_audit_chain",
    "release_readiness",
    "list_gates",
];

/// Actions that tell of the warehouse's own dialect; their examples show that of SQLite.
const OF_THE_DIALECT: [&str; 2] = ["list_accessible_tables", "explain_query"];

/// Loads what the binary carries to try it on.
#[track_caller]
pub fn load_samples(server: &Server) {
    for sample in SAMPLES {
        let file = path("../src/actions").join(sample);
        let table = file.file_stem().unwrap().to_str().unwrap();
        load_with_null(server, &file, table, "?");
    }
}

/// Every action as `ambit actions list` has it.
#[track_caller]
pub fn catalogue(server: &Server) -> Vec<Value> {
    serde_json::from_str(&server.cli_stdout(["actions", "list", "--json"])).unwrap()
}

/// The actions by what they ask for, each in the order of the list: a gate is set before it is lifted.
pub fn by_scope(actions: &[Value]) -> BTreeMap<&str, Vec<&Value>> {
    let mut groups: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for action in actions {
        let scope = action["scope"].as_str().unwrap();
        groups.entry(scope).or_default().push(action);
    }
    groups
}

/// What a client holds that may do what the examples of a scope's actions do. Those of the warehouse read
/// releases, whose tables have a scope of their own.
pub fn enough_for(scope: &str) -> Vec<&str> {
    let mut scopes: Vec<&str> = scope.split(' ').collect();
    if scope == "warehouse:read" {
        scopes.push("releases:read");
    }
    scopes
}

/// Every scope of these actions but those of one.
pub fn all_but<'a>(actions: &'a [Value], scope: &str) -> Vec<&'a str> {
    let mut others: Vec<&str> = by_scope(actions).into_keys().collect();
    others.retain(|other| *other != scope);
    others
}

/// The examples of an action: what is given, and what is answered.
pub fn examples(action: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let examples = action["examples"].as_array().unwrap().iter();
    examples.map(|example| (&example["input"], &example["output"]))
}

/// Calls an action by the method that serves it.
pub fn call(caller: &impl Caller, action: &Value, input: &Value) -> Answer {
    let path = action["path"].as_str().unwrap();
    if action["method"] == "POST" {
        return caller.post_json(path, input);
    }
    let pairs = query(input).unwrap();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    caller.get_query(path, &pairs)
}

#[test]
fn examples_are_what_the_full_data_answers() {
    let server = Server::start();
    for (file, table) in FULL {
        load_with_null(&server, &path("data").join(file), table, "?");
    }
    let on_sqlite = Backend::of_this_run() == Backend::Sqlite;
    let actions = catalogue(&server);
    let mut compared = 0;
    for (scope, actions) in by_scope(&actions) {
        let agent = server.agent(&server.create_client("Reader", &enough_for(scope)));
        for action in actions {
            let name = action["name"].as_str().unwrap();
            let is_stable = on_sqlite || !OF_THE_DIALECT.contains(&name);
            if action["effect"] != "reads" || OF_THE_MOMENT.contains(&name) || !is_stable {
                continue;
            }
            for (input, output) in examples(action) {
                let answer = call(&agent, action, input).expect(200);
                assert_like(output, &answer.json(), &[], &format!("{name} {input}"));
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared}");
}
