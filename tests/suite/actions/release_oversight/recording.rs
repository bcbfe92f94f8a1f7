//! Releases that continuous integration records: kept once, and part of everything at once.

use serde_json::{Value, json};

use super::{at, read, server_with_releases};
use crate::support::{Agent, Answer, Backend, Caller, Server, eventually};

fn release(version: &str) -> Value {
    json!({
        "version": version, "released_at": "2026-08-14T20:16:34Z", "previous_version": "0.12.5",
        "kind": "patch", "commit": "7923346facde",
        "changes": [
            {
                "change_id": "first", "committed_at": "2026-08-14T19:30:00+01:00",
                "author": "author-345", "title": "fix: one", "lines_added": 3, "lines_removed": 1,
            },
            {
                "change_id": "second", "committed_at": "2026-08-14T20:00:00Z",
                "author": "author-345", "title": "Undo the changelog",
                "reverts": "Bump version to 0.12.5", "pull_request": 22000,
            },
        ],
    })
}

#[test]
fn a_recorded_release_is_part_of_every_list_and_figure_at_once() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    let recorded: Value = agent
        .post_json(&at("record_release"), &release("0.12.6"))
        .expect(200)
        .json();
    assert_eq!(recorded["changes"], 2);
    assert_eq!(recorded["recorded_by"], client.client_id.as_str());
    assert_eq!(recorded["open_gates"], 0);

    let newest = read(&agent, "list_releases", &json!({"limit": 1}));
    assert_eq!(newest["releases"][0]["version"], "0.12.6");
    assert_eq!(newest["releases"][0]["recorded"], true);
    assert_eq!(newest["releases"][0]["lines_added"], 3);
    let only = read(&agent, "list_releases", &json!({"recorded": true}));
    assert_eq!(only["releases"].as_array().unwrap().len(), 1);

    let shown = read(&agent, "show_release", &json!({"version": "0.12.6"}));
    assert_eq!(shown["commit"], "7923346facde");
    assert_eq!(shown["changes"][0]["reverts_change_of"], "0.12.5");
    assert_eq!(shown["changes"][1]["committed_at"], "2026-08-14T18:30:00Z");
    // 18:30:00 and 20:00:00 to 20:16:34.
    assert_eq!(shown["lead_time_median_seconds"], 3694.0);

    // It came an hour after 0.12.5 and reverts a change of it.
    let input = json!({"period": "month", "from": "2026-08-14", "to": "2026-08-15"});
    let measured = read(&agent, "delivery_metrics", &input);
    assert_eq!(measured["total"]["releases"], 2);
    assert_eq!(measured["total"]["failed_versions"], json!(["0.12.5"]));
    assert_eq!(measured["total"]["failed_by_revert"], 1);
    assert_eq!(measured["total"]["failed_by_hotfix"], 1);
    assert_eq!(measured["total"]["time_to_restore_median_seconds"], 3600.0);
    assert_eq!(measured["total"]["changes_committed_after_release"], 0);
    let input = json!({"from_version": "0.12.5", "to_version": "0.12.6"});
    let compared = read(&agent, "compare_releases", &input);
    assert_eq!(compared["changes"], 2);
    assert_eq!(compared["changes_by_type"][0]["type"], "fix");
    let risk = read(&agent, "release_risk", &json!({"version": "0.12.6"}));
    assert_eq!(risk["risk"]["compared_with"], 159);
}

#[test]
fn a_version_is_recorded_once() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    let mut of_the_warehouse = release("0.12.5");
    of_the_warehouse["previous_version"] = json!("0.12.4");
    agent
        .post_json(&at("record_release"), &of_the_warehouse)
        .expect(409);
    agent
        .post_json(&at("record_release"), &release("0.12.6"))
        .expect(200);
    agent
        .post_json(&at("record_release"), &release("0.12.6"))
        .expect(409);
    let released = json!({"version": "0.12.6", "name": "late", "reason": "Too late."});
    agent.post_json(&at("set_gate"), &released).expect(409);
    let readiness = read(&agent, "release_readiness", &json!({"version": "0.12.6"}));
    assert_eq!(readiness["released_at"], "2026-08-14T20:16:34Z");
}

#[test]
fn a_change_of_another_release_or_of_later_is_refused_by_its_field() {
    let (server, client) = server_with_releases();
    let agent = server.agent(&client);
    let refused = |version: &str, member: &str, value: &str| -> (String, String) {
        let mut input = release(version);
        input["changes"][1][member] = json!(value);
        let answer = agent.post_json(&at("record_release"), &input).expect(422);
        let problem: Value = answer.json();
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{answer}");
        let text = |name: &str| errors[0][name].as_str().unwrap().to_owned();
        (text("field"), text("detail"))
    };
    let (field, detail) = refused("0.12.6", "committed_at", "2026-08-14T20:16:35Z");
    assert_eq!(field, "changes.1.committed_at");
    assert!(detail.contains("after released_at"), "{detail}");
    let of_warehouse = read(&agent, "show_release", &json!({"version": "0.12.5"}));
    let shipped = of_warehouse["changes"][0]["change_id"].as_str().unwrap();
    let (field, detail) = refused("0.12.6", "change_id", shipped);
    assert_eq!(field, "changes.1.change_id");
    assert_eq!(detail, "belongs to release 0.12.5 already");

    // Committed at the very moment of the release, it belongs to it, and from then on to no other.
    let mut input = release("0.12.6");
    input["changes"][1]["committed_at"] = json!("2026-08-14T22:16:34+02:00");
    agent.post_json(&at("record_release"), &input).expect(200);
    let mut next = release("0.12.7");
    next["changes"][0]["change_id"] = json!("third");
    let answer = agent.post_json(&at("record_release"), &next).expect(422);
    assert!(
        answer.body.contains("belongs to release 0.12.6"),
        "{answer}"
    );
    let only = read(&agent, "list_releases", &json!({"recorded": true}));
    assert_eq!(only["releases"].as_array().unwrap().len(), 1);
}

#[test]
fn a_release_recorded_despite_a_gate_says_so() {
    let server = Server::start();
    let scopes = ["releases:read", "releases:write"];
    let agent = server.agent(&server.create_client("CI", &scopes));
    let gate = json!({"version": "0.12.6", "name": "freeze", "reason": "Holidays."});
    agent.post_json(&at("set_gate"), &gate).expect(200);
    let answer = agent
        .post_json(&at("record_release"), &release("0.12.6"))
        .expect(200);
    assert_eq!(answer.json::<Value>()["open_gates"], 1);
    let shown = read(&agent, "show_release", &json!({"version": "0.12.6"}));
    assert_eq!(shown["open_gates"], 1);
    assert_eq!(shown["gates"][0]["name"], "freeze");
}

#[test]
fn whoever_only_records_releases_needs_no_warehouse() {
    let server = Server::start();
    let scopes = ["releases:read", "releases:write"];
    let agent = server.agent(&server.create_client("CI", &scopes));
    let answer = agent.get(&at("list_releases")).expect(404);
    assert!(answer.body.contains("ambit warehouse load"), "{answer}");
    agent
        .post_json(&at("record_release"), &release("0.12.6"))
        .expect(200);
    let releases = read(&agent, "list_releases", &json!({}));
    assert_eq!(releases["releases"].as_array().unwrap().len(), 1);
    let shown = read(&agent, "show_release", &json!({"version": "0.12.6"}));
    let notes = shown["notes"].to_string();
    assert!(
        notes.contains("Only recorded releases are known"),
        "{notes}"
    );
    assert!(
        notes.contains("1 reverts take back a change that no known release shipped"),
        "{notes}"
    );
}

#[test]
fn another_replica_knows_of_it_within_a_second_or_two() {
    // On SQLite one process serves at a time.
    if Backend::of_this_run() == Backend::Sqlite {
        return;
    }
    let (server, client) = server_with_releases();
    let replica = server.replica();
    let there = replica.agent(&client);
    let newest = || read(&there, "list_releases", &json!({"limit": 1}))["releases"][0].clone();
    assert_eq!(newest()["version"], "0.12.5");
    let here = server.agent(&client);
    here.post_json(&at("record_release"), &release("0.12.6"))
        .expect(200);
    let recorded = std::time::Instant::now();
    eventually("the replica lists the release", || {
        (newest()["version"] == "0.12.6").then_some(())
    });
    // Far less than the ten seconds for which datasets are kept.
    assert!(recorded.elapsed().as_secs() < 6, "{:?}", recorded.elapsed());
}

#[test]
fn calls_with_one_key_at_a_time_get_one_answer() {
    let (server, client) = server_with_releases();
    let agent = &server.agent(&client);
    for round in 0..5 {
        let version = format!("0.12.{}", 10 + round);
        let input = json!({
            "version": version, "released_at": "2026-08-14T20:16:34Z", "kind": "patch",
            "changes": [{
                "change_id": format!("once-{round}"), "author": "author-345", "title": "fix: one",
            }],
        });
        let recorded = at_once(8, |_| post_keyed(agent, "record_release", &version, &input));
        let gate = json!({
            "version": format!("1.0.{round}"), "name": "review", "reason": "Not reviewed.",
        });
        let set = at_once(8, |_| post_keyed(agent, "set_gate", &version, &gate));
        let lifted = at_once(8, |_| post_keyed(agent, "lift_gate", &version, &gate));
        for answers in [recorded, set, lifted] {
            for answer in &answers {
                assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
            }
        }
    }
}

#[test]
fn a_change_is_shipped_by_one_of_the_releases_that_are_recorded_at_a_time() {
    let (server, client) = server_with_releases();
    let agent = &server.agent(&client);
    let answers = at_once(6, |number| {
        let mut input = release(&format!("0.13.{number}"));
        input["changes"][0]["change_id"] = json!(format!("own-{number}"));
        agent.post_json(&at("record_release"), &input)
    });
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422, 422, 422, 422]);
    let refused = answers.iter().filter(|answer| answer.status == 422);
    for answer in refused {
        assert!(answer.body.contains("changes.1.change_id"), "{answer}");
    }
}

fn post_keyed(agent: &Agent, action: &str, key: &str, input: &Value) -> Answer {
    let request = agent.request(reqwest::Method::POST, &at(action));
    Answer::to(request.header("idempotency-key", key).json(input))
}

/// What `count` callers get who call at the same time.
fn at_once(count: usize, call: impl Fn(usize) -> Answer + Sync) -> Vec<Answer> {
    let call = &call;
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..count)
            .map(|number| scope.spawn(move || call(number)))
            .collect();
        let answers = callers.into_iter().map(|caller| caller.join().unwrap());
        answers.collect()
    })
}
