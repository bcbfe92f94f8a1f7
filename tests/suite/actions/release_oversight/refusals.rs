//! Who is refused, and what: scopes, and inputs that make no sense.

use reqwest::Method;
use serde_json::{Value, json};

use super::{at, server_with_releases};
use crate::support::{Agent, Answer, Caller, Server};

const READING: [(&str, &str); 7] = [
    ("list_releases", ""),
    ("show_release", "version=0.12.5"),
    ("compare_releases", "from_version=0.12.4&to_version=0.12.5"),
    ("delivery_metrics", ""),
    ("release_risk", "version=0.12.5"),
    ("release_readiness", "version=0.12.5"),
    ("list_gates", ""),
];

fn writing() -> [(&'static str, Value); 3] {
    [
        (
            "set_gate",
            json!({"version": "9", "name": "a", "reason": "b"}),
        ),
        (
            "lift_gate",
            json!({"version": "9", "name": "a", "reason": "b"}),
        ),
        (
            "record_release",
            json!({"version": "9", "released_at": "2026-01-01T00:00:00Z", "kind": "patch"}),
        ),
    ]
}

fn candidate() -> Value {
    json!({"changes": [{"change_id": "a", "author": "b", "title": "c"}]})
}

#[test]
fn each_action_wants_its_scope() {
    let server = Server::start();
    let reader = server.agent(&server.create_client("Reader", &["releases:read"]));
    let writer = server.agent(&server.create_client("Writer", &["releases:write"]));
    let lacks = |answer: &Answer, scope: &str| {
        let challenge = answer.header("WWW-Authenticate").unwrap_or_default();
        assert!(challenge.contains("insufficient_scope"), "{answer}");
        assert!(challenge.contains(scope), "{answer}");
    };
    for (action, query) in READING {
        let path = format!("{}?{query}", at(action));
        lacks(&writer.get(&path).expect(403), "releases:read");
        server.anonymous().get(&path).expect(401);
    }
    let path = at("candidate_risk");
    lacks(
        &writer.post_json(&path, &candidate()).expect(403),
        "releases:read",
    );
    server
        .anonymous()
        .post_json(&path, &candidate())
        .expect(401);
    for (action, input) in writing() {
        lacks(
            &reader.post_json(&at(action), &input).expect(403),
            "releases:write",
        );
        server
            .anonymous()
            .post_json(&at(action), &input)
            .expect(401);
    }
    let gates: Value = reader.get(&at("list_gates")).expect(200).json();
    assert_eq!(gates["gates"], json!([]));
}

/// The fields that an answer calls wrong.
fn wrong_fields(answer: &Answer) -> Vec<String> {
    let problem: Value = answer.json();
    let errors = problem["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let fields = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap().to_owned());
    let mut fields: Vec<String> = fields.collect();
    // One value may break several rules.
    fields.dedup();
    fields
}

#[test]
fn queries_that_make_no_sense_are_refused_by_field() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    let cursor = cursor(&agent, "list_releases", &[("limit", "5")]);
    let of_other_filter = format!("limit=5&kind=patch&cursor={cursor}");
    for (action, query, field) in [
        ("list_releases", "kind=huge", "kind"),
        ("list_releases", "limit=0", "limit"),
        ("list_releases", "limit=201", "limit"),
        ("list_releases", "limit=99999999999999999999", "limit"),
        ("list_releases", "limit=many", "limit"),
        ("list_releases", "from=2026-02-30", "from"),
        ("list_releases", "from=yesterday", "from"),
        ("list_releases", "from=2026-02-02&to=2026-02-01", "to"),
        ("list_releases", "from=2026-02-02&to=2026-02-02", "to"),
        ("list_releases", "text=", "text"),
        ("list_releases", "recorded=perhaps", "recorded"),
        ("list_releases", "cursor=", "cursor"),
        ("list_releases", "cursor=bm9uZQ", "cursor"),
        ("list_releases", of_other_filter.as_str(), "cursor"),
        ("list_releases", "no_such=1", "no_such"),
        ("show_release", "", "version"),
        ("show_release", "version=0.12.5&limit=-1", "limit"),
        ("show_release", "version=0.12.5&cursor=bm9uZQ", "cursor"),
        (
            "compare_releases",
            "from_version=0.12.5&to_version=0.12.4",
            "to_version",
        ),
        ("compare_releases", "from_version=0.12.5", "to_version"),
        ("delivery_metrics", "period=year", "period"),
        ("delivery_metrics", "hotfix_hours=-1", "hotfix_hours"),
        ("delivery_metrics", "hotfix_hours=169", "hotfix_hours"),
        ("delivery_metrics", "from=2026-01-02&to=2026-01-01", "to"),
        ("delivery_metrics", "period=day&from=1970-01-01", "period"),
        ("delivery_metrics", "from=0000-01-01", "from"),
        ("release_readiness", "version=%00", "version"),
        ("list_gates", "version=a%0Ab", "version"),
        ("list_gates", "state=ajar", "state"),
        ("list_gates", "cursor=bm9uZQ", "cursor"),
    ] {
        let answer = agent.get(&format!("{}?{query}", at(action))).expect(422);
        assert_eq!(wrong_fields(&answer), [field], "{action}?{query}");
    }
    for query in ["version=0.0.0", "version=%00", "version=%27%20OR%201%3D1"] {
        agent
            .get(&format!("{}?{query}", at("show_release")))
            .expect(404);
        agent
            .get(&format!("{}?{query}", at("release_risk")))
            .expect(404);
    }
    let unknown = "from_version=0.12.5&to_version=none";
    agent
        .get(&format!("{}?{unknown}", at("compare_releases")))
        .expect(404);
}

/// The cursor behind the first page of a list.
fn cursor(agent: &Agent, action: &str, query: &[(&str, &str)]) -> String {
    let page: Value = agent.get_query(&at(action), query).expect(200).json();
    page["next_cursor"]
        .as_str()
        .expect("there is a next page")
        .to_owned()
}

/// `input` with one member, at a path of names and positions, set to another value.
fn with(input: &Value, pointer: &str, value: Value) -> Value {
    let mut input = input.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    input.pointer_mut(parent).unwrap()[name] = value;
    input
}

#[test]
fn bodies_that_make_no_sense_are_refused_and_change_nothing() {
    let server = Server::start();
    let client = server.create_client("Writer", &["releases:read", "releases:write"]);
    let agent = server.agent(&client);
    let [(_, gate), _, (_, release)] = writing();
    let release = with(&release, "/changes", candidate()["changes"].clone());
    let long = "x".repeat(501);
    for (action, input, field) in [
        ("set_gate", with(&gate, "/version", json!("")), "version"),
        ("set_gate", with(&gate, "/version", json!(9)), "version"),
        ("set_gate", with(&gate, "/version", json!("9\0")), "version"),
        ("set_gate", with(&gate, "/version", json!("-9")), "version"),
        (
            "lift_gate",
            with(&gate, "/version", json!("9 9")),
            "version",
        ),
        (
            "set_gate",
            with(&gate, "/reason", json!("a\u{85}b")),
            "reason",
        ),
        (
            "set_gate",
            with(&gate, "/reason", json!("a\u{202e}b")),
            "reason",
        ),
        (
            "lift_gate",
            with(&gate, "/reason", json!("a\u{2067}b")),
            "reason",
        ),
        (
            "record_release",
            with(&release, "/changes/0/title", json!("a\u{2028}b")),
            "changes.0.title",
        ),
        (
            "record_release",
            with(&release, "/previous_version", json!("9")),
            "previous_version",
        ),
        (
            "record_release",
            with(&release, "/released_at", json!("9999-12-31T23:59:59Z")),
            "released_at",
        ),
        (
            "record_release",
            with(
                &release,
                "/changes/0/committed_at",
                json!("2199-12-31T23:59:59Z"),
            ),
            "changes.0.committed_at",
        ),
        ("set_gate", with(&gate, "/name", json!("No Spaces")), "name"),
        ("set_gate", with(&gate, "/reason", json!(long)), "reason"),
        ("set_gate", with(&gate, "/reason", json!("a\nb")), "reason"),
        ("set_gate", with(&gate, "/set_by", json!("me")), "set_by"),
        ("lift_gate", with(&gate, "/reason", json!("")), "reason"),
        (
            "record_release",
            with(&release, "/released_at", json!("today")),
            "released_at",
        ),
        (
            "record_release",
            with(&release, "/released_at", json!("1999-12-31T23:59:59Z")),
            "released_at",
        ),
        (
            "record_release",
            with(&release, "/kind", json!("tiny")),
            "kind",
        ),
        (
            "record_release",
            with(&release, "/changes", json!({})),
            "changes",
        ),
        (
            "record_release",
            with(&release, "/changes/0/title", json!("")),
            "changes.0.title",
        ),
        (
            "record_release",
            with(&release, "/changes/0/lines_added", json!(-1)),
            "changes.0.lines_added",
        ),
        (
            "record_release",
            with(&release, "/changes/0/lines_added", json!(1.5)),
            "changes.0.lines_added",
        ),
        (
            "record_release",
            with(
                &release,
                "/changes/0/committed_at",
                json!("1000-01-01T00:00:00Z"),
            ),
            "changes.0.committed_at",
        ),
        ("candidate_risk", json!({"changes": []}), "changes"),
        (
            "candidate_risk",
            with(&candidate(), "/planned_at", json!("soon")),
            "planned_at",
        ),
    ] {
        let answer = agent.post_json(&at(action), &input).expect(422);
        assert_eq!(wrong_fields(&answer), [field], "{action} {input}");
    }
    let change = candidate()["changes"][0].clone();
    let twice = with(&release, "/changes", json!([change, change]));
    let answer = agent.post_json(&at("record_release"), &twice).expect(422);
    assert_eq!(wrong_fields(&answer), ["changes.1.change_id"]);
    let many = vec![json!({"change_id": "a", "author": "b", "title": "c"}); 1001];
    let answer = agent.post_json(
        &at("record_release"),
        &with(&release, "/changes", json!(many)),
    );
    assert_eq!(wrong_fields(&answer.expect(422)), ["changes"]);

    agent
        .request(Method::GET, &at("set_gate"))
        .send()
        .expect("an answer");
    let gates: Value = agent.get(&at("list_gates")).expect(200).json();
    assert_eq!(gates["gates"], json!([]));
    agent.get(&at("list_releases")).expect(404);
}
