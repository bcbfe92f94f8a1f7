//! `/actions/audit/...` over the firms, on the full file.

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use serde_json::{Value, json};

use super::figures::{assert_like, call, call_for_all, expected, load_with_null, path, query};
use crate::support::{Agent, Answer, Caller, Server};

const ROUTER: &str = "audit";
const FULL: &str = "data/audit_risk.csv";

/// A server with firms in its warehouse, and an agent that may read them.
struct Office {
    agent: Agent,
    /// It ends with this value.
    server: Server,
}

impl Office {
    /// A server on the firms of a file, if one is named.
    fn of(file: Option<&str>) -> Self {
        let server = Server::start();
        if let Some(file) = file {
            load_with_null(&server, &path(file), "audit_risk", "?");
        }
        let agent = server.agent(&server.create_client("auditor", &["audit:read"]));
        Self { agent, server }
    }

    /// A server on the full file. Tests that run at the same time share one; they only read.
    fn full() -> Arc<Self> {
        static SHARED: Mutex<Weak<Office>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(office) = shared.upgrade() {
            return office;
        }
        let office = Arc::new(Self::of(Some(FULL)));
        *shared = Arc::downgrade(&office);
        office
    }

    fn call(&self, action: &str, input: &Value) -> Value {
        call(&self.agent, ROUTER, action, input)
    }

    fn try_call(&self, action: &str, input: &Value) -> Answer {
        let pairs = query(input).unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        self.agent
            .get_query(&format!("/actions/{ROUTER}/{action}"), &pairs)
    }

    /// Every page of a list, put together.
    fn pages(&self, action: &str, items: &str, input: &Value) -> Value {
        call_for_all(&self.agent, ROUTER, action, items, input)
    }

    /// Demands of calls what pandas says, all but the texts that explain.
    fn must_agree(&self, calls: &[(&str, Value)]) {
        let besides = ["notes", "meaning", "procedure", "next_cursor"];
        for ((action, input), expected) in
            calls.iter().zip(expected("audit.py", &[path(FULL)], calls))
        {
            let answer = match *action {
                "firms_by_risk" => self.pages(action, "firms", input),
                "audit_sample" => self.pages(action, "items", input),
                _ => self.call(action, input),
            };
            assert_like(&expected, &answer, &besides, &format!("{action} {input}"));
        }
    }
}

#[test]
fn firms_are_ranked_as_pandas_ranks_them() {
    let calls = [
        json!({"limit": 200}),
        json!({"sector_score": 3.89, "limit": 7}),
        json!({"by": "money_value", "class": "B", "limit": 150}),
        json!({"by": "prob_2", "location_id": "8", "limit": 3}),
        json!({"by": "history", "sector_score": 55.57, "class": "A", "limit": 50}),
    ];
    Office::full().must_agree(&calls.map(|input| ("firms_by_risk", input)));
}

#[test]
fn distributions_are_those_of_pandas() {
    let calls = [
        json!({}),
        json!({"group_by": "sector", "bins": 7}),
        json!({"of": "total", "group_by": "class", "quantiles": [0, 0.1, 0.333, 1]}),
        json!({"binning": "logarithmic", "bins": 20, "group_by": "class"}),
        json!({"of": "money_value", "binning": "logarithmic", "bins": 9}),
        json!({"of": "inherent_risk", "group_by": "location", "bins": 1, "quantiles": [0.9]}),
        json!({"of": "score", "sector_score": 2.36}),
    ];
    // One firm has one bin, where pandas would make ten around it.
    let (one, several) = calls.split_last().unwrap();
    let office = Office::full();
    office.must_agree(
        &several
            .iter()
            .map(|input| ("risk_distribution", input.clone()))
            .collect::<Vec<_>>(),
    );
    let alone = office.call("risk_distribution", one);
    assert_eq!(alone["groups"][0]["histogram"], json!([1]));
    assert_eq!(alone["groups"][0]["standard_deviation"], Value::Null);
}

#[test]
fn profiles_are_those_of_pandas() {
    let office = Office::full();
    let all = office.pages("firms_by_risk", "firms", &json!({"limit": 200}));
    let ids = all["firms"].as_array().unwrap().iter();
    let ids: Vec<String> = ids
        .map(|ranked| ranked["firm"]["firm_id"].as_str().unwrap().to_owned())
        .collect();
    let copy = ids.iter().find(|id| id.ends_with("-3")).unwrap();
    let chosen = [&ids[0], &ids[400], &ids[771], copy];
    let calls = chosen.map(|id| ("firm_profile", json!({"firm_id": id})));
    office.must_agree(&calls);
    let copied = office.call("firm_profile", &calls[3].1);
    assert_eq!(copied["copies"], 3);
    // Alone in its sector.
    let lone = office.call("firms_by_risk", &json!({"sector_score": 17.68}));
    let lone = json!({"firm_id": lone["firms"][0]["firm"]["firm_id"]});
    office.must_agree(&[("firm_profile", lone.clone())]);
    let lone = office.call("firm_profile", &lone);
    assert!(lone["notes"][0].as_str().unwrap().contains("1 firms"));
}

#[test]
fn samples_can_be_drawn_again_by_others() {
    let sample = |more: Value| {
        let mut input = json!({"seed": "Prüfung 2026", "size": 25});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        ("audit_sample", input)
    };
    let calls = [
        sample(json!({"method": "random"})),
        sample(json!({"method": "random", "size": 772, "limit": 200})),
        sample(json!({"method": "random", "seed": "1", "class": "A", "location_id": "8"})),
        sample(json!({"method": "stratified"})),
        sample(json!({"method": "stratified", "size": 111, "allocation": "equal", "limit": 7})),
        sample(json!({"method": "stratified", "stratify_by": "class", "seed": "x"})),
        sample(json!({"method": "monetary_unit", "value": "money_value"})),
        sample(json!({"method": "monetary_unit", "value": "total", "size": 1000, "limit": 61})),
        sample(json!({"method": "monetary_unit", "value": "audit_risk", "size": 1, "seed": "y"})),
        sample(json!({"method": "monetary_unit", "value": "para_b", "sector_score": 1.85})),
    ];
    Office::full().must_agree(&calls);
}

#[test]
fn a_larger_sample_holds_the_smaller() {
    let office = Office::full();
    let ids = |size: u32| -> Vec<Value> {
        let input = json!({"method": "random", "size": size, "seed": "grow"});
        let sample = office.call("audit_sample", &input);
        let items = sample["items"].as_array().unwrap().iter();
        items.map(|item| item["firm"]["firm_id"].clone()).collect()
    };
    assert_eq!(ids(40)[..15], ids(15)[..]);
}

/// A cursor is of one sample, whoever asks for its pages and whenever.
#[test]
fn a_page_goes_on_in_its_own_sample_alone() {
    let office = Office::full();
    let input = json!({"method": "random", "size": 300, "seed": "pages"});
    let first = office.call("audit_sample", &input);
    assert_eq!(first["items"].as_array().unwrap().len(), 100);
    assert_eq!(first["drawn"], 300);
    let mut next = input;
    next["cursor"] = first["next_cursor"].clone();
    let second = office.call("audit_sample", &next);
    assert_eq!(office.call("audit_sample", &next), second);
    for (field, other) in [
        ("seed", json!("other")),
        ("size", json!(299)),
        ("method", json!("stratified")),
        ("class", json!("B")),
        ("cursor", json!("forged")),
    ] {
        let mut input = next.clone();
        input[field] = other;
        let refused = office.try_call("audit_sample", &input).expect(422);
        let problem: Value = refused.json();
        assert_eq!(problem["errors"][0]["field"], "cursor", "{field}");
    }
}

#[test]
fn first_digits_are_tested_as_scipy_tests_them() {
    let calls = [
        json!({"column": "money_value"}),
        json!({"column": "total"}),
        json!({"column": "audit_risk"}),
        json!({"column": "para_a", "class": "A"}),
        json!({"column": "para_b", "sector_score": 55.57}),
    ];
    let office = Office::full();
    office.must_agree(&calls.map(|input| ("benford_test", input)));
    let few = office.call(
        "benford_test",
        &json!({"column": "money_value", "sector_score": 17.68}),
    );
    assert!(!few["notes"].as_array().unwrap().is_empty());
    let none = json!({"column": "history", "sector_score": 1.99});
    let none = office.call("benford_test", &none);
    assert_eq!(
        (&none["tested"], &none["chi_square"]),
        (&json!(0), &Value::Null)
    );
}

/// Cells that are missing or no numbers, in the same firms.
#[test]
fn what_is_missing_is_left_out_and_said() {
    let server = Server::start();
    let text = fs::read_to_string(path(FULL)).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (line, column, cell) in [
        (1, 12, ""),
        (2, 12, "unknown"),
        (3, 1, "LOHARU"),
        (4, 25, ""),
    ] {
        let mut cells: Vec<&str> = lines[line].split(',').collect();
        cells[column] = cell;
        lines[line] = cells.join(",");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit_risk.csv");
    fs::write(&file, lines.join("\n")).unwrap();
    load_with_null(&server, &file, "audit_risk", "?");
    let agent = server.agent(&server.create_client("auditor", &["audit:read"]));
    let answer = call(
        &agent,
        ROUTER,
        "benford_test",
        &json!({"column": "money_value"}),
    );
    assert_eq!(answer["left_out"]["missing"], 2);
    assert!(
        answer["notes"]
            .to_string()
            .contains("2 firms have no number in money_value")
    );
    let ranked = call(
        &agent,
        ROUTER,
        "firms_by_risk",
        &json!({"location_id": "LOHARU"}),
    );
    assert_eq!(ranked["total"], 1);
    let all = call(&agent, ROUTER, "firms_by_risk", &json!({}));
    assert_eq!(all["total"], 771);
}

#[test]
fn copies_are_said() {
    let ranked = Office::full().call("firms_by_risk", &json!({}));
    assert!(
        ranked["notes"]
            .to_string()
            .contains("the same in everything")
    );
}

#[test]
fn input_that_makes_no_sense_is_refused() {
    let office = Office::full();
    let mistakes = [
        ("firms_by_risk", json!({"by": "colour"})),
        ("firms_by_risk", json!({"limit": 0})),
        ("firms_by_risk", json!({"limit": 201})),
        ("firms_by_risk", json!({"cursor": "forged"})),
        ("firms_by_risk", json!({"sector_score": 4})),
        ("firms_by_risk", json!({"class": "C"})),
        ("firms_by_risk", json!({"location_id": "' OR 1=1"})),
        ("firms_by_risk", json!({"colour": "red"})),
        ("risk_distribution", json!({"bins": 0})),
        ("risk_distribution", json!({"bins": 1e9})),
        ("risk_distribution", json!({"quantiles": [1.5]})),
        ("risk_distribution", json!({"quantiles": vec![0.5; 21]})),
        ("firm_profile", json!({})),
        ("firm_profile", json!({"firm_id": "firm-x"})),
        (
            "audit_sample",
            json!({"method": "random", "size": 773, "seed": "x"}),
        ),
        (
            "audit_sample",
            json!({"method": "random", "size": 0, "seed": "x"}),
        ),
        (
            "audit_sample",
            json!({"method": "random", "size": 5, "seed": ""}),
        ),
        ("audit_sample", json!({"method": "random", "size": 5})),
        (
            "audit_sample",
            json!({"method": "random", "size": 5, "seed": "x", "value": "total"}),
        ),
        (
            "audit_sample",
            json!({"method": "monetary_unit", "size": 5, "seed": "x"}),
        ),
        (
            "audit_sample",
            json!({"method": "magic", "size": 5, "seed": "x"}),
        ),
        ("benford_test", json!({})),
        ("benford_test", json!({"column": "risk"})),
    ];
    for (action, input) in mistakes {
        let answer = office.try_call(action, &input);
        assert_eq!(answer.status, 422, "{action} {input}: {answer}");
    }
    let nobody = json!({"firm_id": "firm-000000000000"});
    office.try_call("firm_profile", &nobody).expect(404);
    let first = office.call("firms_by_risk", &json!({"limit": 1}));
    let of_another = json!({"limit": 1, "class": "A", "cursor": first["next_cursor"]});
    office.try_call("firms_by_risk", &of_another).expect(422);
}

#[test]
fn a_table_that_is_missing_is_named() {
    let office = Office::of(None);
    let answer = office.try_call("firms_by_risk", &json!({})).expect(404);
    assert!(answer.body.contains("ambit warehouse load"), "{answer}");
}

#[test]
fn each_scope_opens_its_own_actions_only() {
    let office = Office::of(None);
    let server = &office.server;
    let log_reader = server.agent(&server.create_client("log", &["ambit:audit:read"]));
    for (action, by_firm_reader, by_log_reader) in [
        ("firms_by_risk", 404, 403),
        ("risk_distribution", 404, 403),
        ("firm_profile?firm_id=firm-000000000000", 404, 403),
        ("audit_sample?method=random&size=1&seed=x", 404, 403),
        ("benford_test?column=total", 404, 403),
        ("who_did_what", 403, 200),
        ("denials", 403, 200),
        ("sensitive_scope_use", 403, 200),
        ("verify_audit_chain", 403, 200),
    ] {
        let address = format!("/actions/audit/{action}");
        office.agent.get(&address).expect(by_firm_reader);
        log_reader.get(&address).expect(by_log_reader);
        server.anonymous().get(&address).expect(401);
    }
}
