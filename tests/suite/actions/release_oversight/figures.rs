//! Every action that computes, with many inputs, against what pandas computes from the same files.

use std::{collections::HashSet, fs};

use serde_json::{Value, json};

use super::{ROUTER, path, read, server_with_releases};
use crate::actions::figures::{assert_like, call_for_all, expected};
use crate::support::Caller;

/// What answers have besides figures.
const BESIDES: [&str; 3] = ["notes", "next_cursor", "meaning"];

#[test]
fn every_figure_is_what_pandas_computes() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    let calls = calls();
    let expected = expected("release_oversight.py", &[path("data")], &calls);
    assert_eq!(expected.len(), calls.len());
    for ((action, input), expected) in calls.iter().zip(&expected) {
        let answer = match *action {
            "delivery_metrics" => call_for_all(&agent, ROUTER, action, "periods", input),
            _ => read(&agent, action, input),
        };
        assert_like(expected, &answer, &BESIDES, &format!("{action} {input}"));
    }
}

fn calls() -> Vec<(&'static str, Value)> {
    let mut calls = Vec::new();
    for input in [
        json!({}),
        json!({"limit": 200}),
        json!({"kind": "minor"}),
        json!({"kind": "major"}),
        json!({"kind": "patch", "from": "2025-03-01", "to": "2025-06-01", "limit": 10}),
        json!({"text": "LOCKFILE", "limit": 200}),
        json!({"recorded": true}),
        json!({"recorded": false, "limit": 3}),
    ] {
        calls.push(("list_releases", input));
    }
    let versions = versions();
    // The oldest, those whose changes were reverted, and every tenth.
    let chosen = [
        "0.5.22", "0.5.23", "0.6.15", "0.9.12", "0.11.22", "0.11.29", "0.12.0",
    ];
    let chosen = chosen.map(str::to_owned).into_iter();
    for version in chosen.chain(versions.iter().step_by(10).cloned()) {
        calls.push(("show_release", json!({"version": version, "limit": 200})));
        calls.push(("release_risk", json!({"version": version})));
    }
    for (from, to) in [(0, 158), (10, 10), (0, 1), (50, 90), (152, 153)] {
        let input = json!({"from_version": versions[from], "to_version": versions[to]});
        calls.push(("compare_releases", input));
    }
    for input in [
        json!({}),
        json!({"period": "day", "from": "2025-05-17", "to": "2025-07-01"}),
        json!({"period": "day"}),
        json!({"period": "week", "limit": 7}),
        json!({"period": "week", "from": "2025-05-17", "to": "2026-02-03", "hotfix_hours": 0}),
        json!({"period": "month", "hotfix_hours": 48}),
        json!({"period": "quarter", "from": "2025-12-31"}),
        json!({"period": "quarter", "to": "2025-02-01", "hotfix_hours": 168}),
        json!({"period": "month", "from": "2024-11-11", "to": "2025-01-01"}),
    ] {
        calls.push(("delivery_metrics", input));
    }
    let many: Vec<Value> = (0..60).map(|number| change(number, "author-003")).collect();
    let mut risky = many.clone();
    risky.push(json!({
        "change_id": "large", "committed_at": "2026-03-01T22:00:00Z", "author": "new",
        "title": "Undo", "lines_added": 5000, "lines_removed": 1, "reverts": "Do",
    }));
    let first = json!([change(1, "author-001")]);
    for (planned_at, changes) in [
        ("2026-03-01T23:00:00Z", json!(many)),
        ("2026-03-01T23:00:00Z", json!(risky)),
        ("2024-03-02T23:00:00Z", first),
    ] {
        let input = json!({"planned_at": planned_at, "changes": changes});
        calls.push(("candidate_risk", input));
    }
    calls
}

fn change(number: usize, author: &str) -> Value {
    json!({
        "change_id": number.to_string(), "committed_at": "2026-02-26T10:00:00Z", "author": author,
        "title": "Do", "lines_added": 10 * number, "lines_removed": number,
    })
}

/// All versions, oldest first, as the file has them.
fn versions() -> Vec<String> {
    let text = fs::read_to_string(path("data").join("releases.csv")).expect("the data is there");
    let versions = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next());
    versions.map(str::to_owned).collect()
}

#[test]
fn points_add_up_to_the_score() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    for version in versions() {
        let answer = read(&agent, "release_risk", &json!({"version": version}));
        let factors = answer["risk"]["factors"].as_array().unwrap();
        let sum = |name: &str| -> u64 {
            factors
                .iter()
                .map(|factor| factor[name].as_u64().unwrap())
                .sum()
        };
        assert_eq!(sum("weight"), 100, "{version}");
        assert_eq!(answer["risk"]["score"], sum("points"), "{version}");
    }
}

#[test]
fn pages_hold_every_release_and_every_change_once() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    let input = json!({"limit": 7});
    let releases = call_for_all(&agent, ROUTER, "list_releases", "releases", &input);
    let mut newest_first = versions();
    newest_first.reverse();
    assert_eq!(texts(&releases["releases"], "version"), newest_first);

    let input = json!({"version": "0.12.4", "limit": 5});
    let shown = call_for_all(&agent, ROUTER, "show_release", "changes", &input);
    let ids = texts(&shown["changes"], "change_id");
    assert_eq!(ids.len(), 64);
    let distinct: HashSet<String> = ids.into_iter().collect();
    assert_eq!(distinct.len(), 64);
}

#[test]
fn a_cursor_leads_on_among_its_own_periods_alone() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    let first = read(&agent, "delivery_metrics", &json!({"period": "day"}));
    assert_eq!(first["periods"].as_array().unwrap().len(), 100);
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = "/actions/release_oversight/delivery_metrics";
    for (period, hotfix_hours, cursor) in [
        ("week", "12", cursor),
        ("day", "0", cursor),
        ("day", "12", "forged"),
    ] {
        let pairs = [
            ("period", period),
            ("hotfix_hours", hotfix_hours),
            ("cursor", cursor),
        ];
        let problem: Value = agent.get_query(path, &pairs).expect(422).json();
        assert_eq!(problem["errors"][0]["field"], "cursor", "{problem}");
    }
}

fn texts(items: &Value, name: &str) -> Vec<String> {
    let items = items.as_array().unwrap().iter();
    let texts = items.map(|item| item[name].as_str().unwrap().to_owned());
    texts.collect()
}
