//! `/actions/ticket_analysis/...`, on the full incident log.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};

use super::figures::{assert_like, call, call_for_all, expected, load_with_null, path, query};
use crate::support::{Agent, Answer, Caller, Server};

const ROUTER: &str = "ticket_analysis";
const SCRIPT: &str = "ticket_analysis.py";
const FULL: &str = "data/incident_event_log.csv";
const SOURCE: &str = "../src/actions/ticket_analysis";
const TABLE: &str = "incident_events";

/// Every action with an input that is enough.
const ACTIONS: &[(&str, &str)] = &[
    ("search_tickets", "{}"),
    ("ticket_timeline", r#"{"number": "INC0000045"}"#),
    ("ticket_volume", "{}"),
    ("time_to_resolve", "{}"),
    ("sla_breaches", "{}"),
    ("reassignment_ping_pong", "{}"),
    ("reopen_rate", "{}"),
    ("backlog_ageing", r#"{"as_of": "2016-03-08"}"#),
    ("volume_changes", "{}"),
    ("similar_tickets", r#"{"number": "INC0000045"}"#),
];

/// A server with incidents in its warehouse, and an agent that may read them.
struct Desk {
    agent: Agent,
    /// It ends with this value.
    _server: Server,
}

impl Desk {
    /// A server on the incidents of a file, if one is named.
    fn of(file: Option<&str>) -> Self {
        let server = Server::start();
        if let Some(file) = file {
            load_with_null(&server, &path(file), TABLE, "?");
        }
        let agent = server.agent(&server.create_client("analyst", &["tickets:read"]));
        Self {
            agent,
            _server: server,
        }
    }

    /// A server on the full log. Tests that run at the same time share one; they only read.
    fn full() -> Arc<Self> {
        static SHARED: Mutex<Weak<Desk>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = shared.upgrade() {
            return desk;
        }
        let desk = Arc::new(Self::of(Some(FULL)));
        *shared = Arc::downgrade(&desk);
        desk
    }

    /// Calls an action, and demands an answer.
    #[track_caller]
    fn call(&self, action: &str, input: &Value) -> Value {
        call(&self.agent, ROUTER, action, input)
    }

    /// Calls an action for every page of a list, and puts the pages together.
    #[track_caller]
    fn call_for_all(&self, action: &str, items: &str, input: &Value) -> Value {
        call_for_all(&self.agent, ROUTER, action, items, input)
    }

    /// Calls an action, which may not be answered.
    fn try_call(&self, action: &str, input: &Value) -> Answer {
        let pairs = query(input).expect("every input here is flat");
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let path = format!("/actions/{ROUTER}/{action}");
        self.agent.get_query(&path, &pairs)
    }

    /// Demands that an input is refused, and that the answer names the field at fault.
    #[track_caller]
    fn refuses(&self, action: &str, input: &Value, field: &str) {
        let answer = self.try_call(action, input).expect(422);
        let problem: Value = answer.json();
        assert_eq!(problem["errors"][0]["field"], field, "{answer}");
    }
}

/// Compares every answer to these calls with what pandas computes.
fn answers_as_computed(calls: &[(&str, Value)]) {
    let computed = expected(SCRIPT, &[path(FULL)], calls);
    let desk = Desk::full();
    assert_eq!(calls.len(), computed.len());
    for ((action, input), computed) in calls.iter().zip(&computed) {
        let answer = match *action {
            "ticket_volume" => desk.call_for_all(action, "periods", input),
            "volume_changes" => desk.call_for_all(action, "changes", input),
            _ => desk.call(action, input),
        };
        assert!(answer["notes"].is_array(), "{action} has notes");
        let what = format!("{action} {input}");
        assert_like(computed, &answer, &["notes", "next_cursor"], &what);
    }
}

#[test]
fn timelines_are_as_pandas_has_them() {
    // The first has most events, the second goes back and forth, the third was reopened, and of the
    // fourth sys_mod_count falls while time goes on, and an event lies before its opening.
    let numbers = ["INC0000990", "INC0000065", "INC0001155", "INC0000164"];
    answers_as_computed(&numbers.map(|number| ("ticket_timeline", json!({ "number": number }))));
}

#[test]
fn volume_is_as_pandas_has_it() {
    let call = |by: &str, period: &str, moment: &str| {
        let input = json!({ "by": by, "period": period, "moment": moment });
        ("ticket_volume", input)
    };
    let mut calls = vec![
        call("none", "day", "opened"),
        call("priority", "week", "resolved"),
        call("group", "month", "closed"),
        call("category", "quarter", "resolved"),
        call("symptom", "month", "resolved"),
        call("contact_type", "day", "opened"),
        call("location", "quarter", "closed"),
        call("state", "week", "closed"),
        call("impact", "day", "resolved"),
        call("urgency", "week", "opened"),
        call("subcategory", "quarter", "opened"),
    ];
    for (from, to) in [
        (Some("2016-03-09"), Some("2016-05-11")),
        (Some("2016-12-01"), None),
        (None, Some("2016-03-03")),
        (Some("2016-02-01"), Some("2016-02-03")),
    ] {
        let (action, mut input) = call("priority", "week", "closed");
        set(&mut input, "from", from);
        set(&mut input, "to", to);
        calls.push((action, input));
    }
    let (action, mut input) = call("priority", "day", "closed");
    input["limit"] = 7.into();
    calls.push((action, input));
    answers_as_computed(&calls);
}

fn set(input: &mut Value, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        input[name] = value.into();
    }
}

#[test]
fn times_to_resolve_and_breaches_are_as_pandas_has_them() {
    let mut calls = Vec::new();
    for by in ["none", "group", "priority", "group_and_priority"] {
        for until in ["resolved", "closed"] {
            calls.push(("time_to_resolve", json!({ "by": by, "until": until })));
        }
        calls.push(("sla_breaches", json!({ "by": by })));
    }
    let (from, to) = ("2016-03-01", "2016-03-02");
    let period = json!({ "by": "group", "until": "resolved", "from": from, "to": to });
    calls.push(("time_to_resolve", period));
    let nothing = json!({ "by": "group", "until": "resolved", "from": "2020-01-01" });
    calls.push(("time_to_resolve", nothing));
    calls.push((
        "sla_breaches",
        json!({ "by": "priority", "from": from, "to": to }),
    ));
    answers_as_computed(&calls);
}

#[test]
fn reassignments_and_reopenings_are_as_pandas_has_them() {
    let mut calls = vec![
        (
            "reassignment_ping_pong",
            json!({ "minimum_reassignments": 3, "limit": 20 }),
        ),
        (
            "reassignment_ping_pong",
            json!({ "minimum_reassignments": 0, "limit": 200 }),
        ),
        (
            "reassignment_ping_pong",
            json!({ "minimum_reassignments": 1, "limit": 7, "from": "2016-03-02" }),
        ),
    ];
    for by in ["none", "priority", "group", "category", "location"] {
        calls.push(("reopen_rate", json!({ "by": by })));
    }
    calls.push(("reopen_rate", json!({ "by": "group", "to": "2016-03-01" })));
    answers_as_computed(&calls);
}

#[test]
fn backlogs_are_as_pandas_has_them() {
    let call = |as_of: &str, by: &str, until: &str, days: &[u32]| {
        let input = json!({ "as_of": as_of, "by": by, "until": until, "bucket_days": days });
        ("backlog_ageing", input)
    };
    let usual = &[1, 3, 7, 14, 30, 90];
    answers_as_computed(&[
        call("2016-03-02T12:00:00Z", "state", "resolved", usual),
        call("2016-03-02T12:00:00Z", "group", "closed", usual),
        call("2016-03-08", "priority", "resolved", usual),
        call("2016-03-08", "none", "closed", &[5]),
        call("2016-06-01", "category", "closed", &[30, 60, 90, 365]),
        call("2016-02-29T01:16:00Z", "none", "resolved", usual),
        call("2016-02-29", "priority", "resolved", usual),
        call("2026-01-01", "none", "closed", usual),
    ]);
}

#[test]
fn sudden_changes_are_as_pandas_has_them() {
    let call = |by: &str, period: &str, moment: &str, window: u32, threshold: f64| {
        let input = json!({
            "by": by, "period": period, "moment": moment, "window": window,
            "threshold": threshold, "limit": 200,
        });
        ("volume_changes", input)
    };
    let mut part = call("priority", "day", "resolved", 14, 2.0);
    part.1["from"] = "2016-04-01".into();
    part.1["to"] = "2016-06-01".into();
    part.1["limit"] = 5.into();
    answers_as_computed(&[
        call("none", "day", "closed", 14, 3.5),
        call("none", "day", "resolved", 7, 1.0),
        call("group", "day", "closed", 21, 2.5),
        call("category", "week", "resolved", 4, 1.5),
        call("symptom", "week", "closed", 8, 0.5),
        call("none", "month", "closed", 3, 0.1),
        call("none", "day", "opened", 14, 3.5),
        part,
    ]);
}

#[test]
fn similar_tickets_are_as_pandas_has_them() {
    let mut calls = Vec::new();
    for number in [
        "INC0000045",
        "INC0000065",
        "INC0000990",
        "INC0001155",
        "INC0000294",
    ] {
        for (resolved_only, limit) in [(true, 10), (false, 100)] {
            let input = json!({ "number": number, "resolved_only": resolved_only, "limit": limit });
            calls.push(("similar_tickets", input));
        }
    }
    answers_as_computed(&calls);
}

#[test]
fn searches_find_what_pandas_finds_page_by_page() {
    let inputs = [
        json!({}),
        json!({ "text": "SYMPTOM 4" }),
        json!({ "text": "inc00001" }),
        json!({ "group": "group 70", "from": "2016-03-01", "to": "2016-03-02" }),
        json!({ "state": "Closed", "priority": "1 - critical", "active": false }),
        json!({ "category": "Category 53", "to": "2016-03-01" }),
        json!({ "active": true }),
        json!({ "text": "%' OR 1=1 --" }),
    ];
    let calls = inputs.clone().map(|input| ("search_tickets", input));
    let computed = expected(SCRIPT, &[path(FULL)], &calls);
    let desk = Desk::full();
    for (input, computed) in inputs.iter().zip(&computed) {
        let mut input = input.clone();
        input["limit"] = 150.into();
        let whole = desk.call_for_all("search_tickets", "tickets", &input);
        let what = format!("search_tickets {input}");
        assert_like(computed, &whole, &["notes", "next_cursor"], &what);
    }
}

#[test]
fn a_cursor_leads_on_in_its_own_list_alone() {
    let desk = Desk::full();
    let jumps = |by: &str| json!({ "by": by, "moment": "closed", "threshold": 0.5, "limit": 10 });
    let volume = |moment: &str| json!({ "moment": moment, "by": "group", "limit": 10 });
    for (action, mut own, mut other) in [
        (
            "search_tickets",
            json!({ "group": "Group 70", "limit": 10 }),
            json!({ "group": "Group 24", "limit": 10 }),
        ),
        ("ticket_volume", volume("resolved"), volume("closed")),
        ("volume_changes", jumps("group"), jumps("category")),
    ] {
        let cursor = desk.call(action, &own)["next_cursor"].take();
        assert!(cursor.is_string(), "{action} has a second page");
        other["cursor"] = cursor.clone();
        desk.refuses(action, &other, "cursor");
        own["cursor"] = "WyJmb3JnZWQiLFswLCIiXV0".into();
        desk.refuses(action, &own, "cursor");
        own["cursor"] = cursor;
        own["limit"] = 200.into();
        desk.call(action, &own);
    }
}

#[test]
fn bad_input_is_refused_by_the_name_of_the_field() {
    let desk = Desk::full();
    for (action, input, field) in [
        ("search_tickets", json!({ "limit": 0 }), "limit"),
        (
            "search_tickets",
            json!({ "limit": 4_294_967_296_u64 }),
            "limit",
        ),
        ("search_tickets", json!({ "limit": "many" }), "limit"),
        ("search_tickets", json!({ "text": "x".repeat(201) }), "text"),
        ("search_tickets", json!({ "active": "perhaps" }), "active"),
        ("search_tickets", json!({ "from": "2016-02-30" }), "from"),
        (
            "search_tickets",
            json!({ "from": "2016-03-02", "to": "2016-03-01" }),
            "to",
        ),
        ("search_tickets", json!({ "colour": "red" }), "colour"),
        ("ticket_timeline", json!({}), "number"),
        ("ticket_timeline", json!({ "number": "" }), "number"),
        ("ticket_volume", json!({ "by": "caller" }), "by"),
        ("ticket_volume", json!({ "period": "year" }), "period"),
        ("ticket_volume", json!({ "from": "0001-01-01" }), "period"),
        (
            "ticket_volume",
            json!({ "from": "2016-03-01", "to": "2016-03-01" }),
            "to",
        ),
        (
            "time_to_resolve",
            json!({ "by": ["group", "priority"] }),
            "by",
        ),
        ("time_to_resolve", json!({ "until": "opened" }), "until"),
        ("sla_breaches", json!({ "from": "yesterday" }), "from"),
        (
            "reassignment_ping_pong",
            json!({ "minimum_reassignments": -1 }),
            "minimum_reassignments",
        ),
        ("reassignment_ping_pong", json!({ "limit": 201 }), "limit"),
        ("reopen_rate", json!({ "by": "nothing" }), "by"),
        ("backlog_ageing", json!({}), "as_of"),
        ("backlog_ageing", json!({ "as_of": "the eighth" }), "as_of"),
        (
            "backlog_ageing",
            json!({ "as_of": "2016-03-08", "bucket_days": [3, 1] }),
            "bucket_days",
        ),
        (
            "backlog_ageing",
            json!({ "as_of": "2016-03-08", "bucket_days": [0, 1] }),
            "bucket_days",
        ),
        ("volume_changes", json!({ "window": 2 }), "window"),
        ("volume_changes", json!({ "threshold": "NaN" }), "threshold"),
        ("volume_changes", json!({ "threshold": 0 }), "threshold"),
        (
            "similar_tickets",
            json!({ "number": "INC0000045", "limit": 101 }),
            "limit",
        ),
    ] {
        desk.refuses(action, &input, field);
    }
    for action in ["ticket_timeline", "similar_tickets"] {
        desk.try_call(action, &json!({ "number": "INC9999999" }))
            .expect(404);
    }
}

#[test]
fn nobody_without_the_scope_is_answered() {
    let server = Server::start();
    let other = server.agent(&server.create_client("other", &["protected"]));
    for (action, _) in ACTIONS {
        let path = format!("/actions/{ROUTER}/{action}");
        let refused = other.get(&path).expect(403);
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.contains("insufficient_scope"), "{challenge}");
        assert!(challenge.contains("tickets:read"), "{challenge}");
        server.anonymous().get(&path).expect(401);
    }
}

#[test]
fn an_empty_warehouse_says_what_is_missing() {
    let desk = Desk::of(None);
    for (action, input) in ACTIONS {
        let answer = desk.try_call(action, &serde_json::from_str(input).unwrap());
        let problem: Value = answer.expect(404).json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("ambit warehouse load"), "{detail}");
        assert!(detail.contains(TABLE), "{detail}");
    }
}

#[test]
fn the_sample_has_something_for_every_action() {
    let desk = Desk::of(Some(&format!("{SOURCE}/sample/incident_events.csv")));
    let answer = |action: &str, input: Value| desk.call(action, &input);
    let found = answer("search_tickets", json!({}));
    assert!(found["total"].as_u64() > Some(30), "{found}");
    let number = &found["tickets"][0]["number"];
    let timeline = answer("ticket_timeline", json!({ "number": number }));
    assert_ne!(timeline["states"], json!([]));
    let similar = answer("similar_tickets", json!({ "number": number }));
    assert_ne!(similar["tickets"], json!([]));
    let sum = answer("ticket_volume", json!({ "moment": "resolved" }));
    assert!(sum["periods"].as_array().unwrap().len() > 3, "{sum}");
    let times = answer("time_to_resolve", json!({ "by": "priority" }));
    assert!(times["parts"].as_array().unwrap().len() > 2, "{times}");
    assert!(answer("sla_breaches", json!({}))["overall"]["breaches"].as_u64() > Some(3));
    let handed = answer("reassignment_ping_pong", json!({}));
    assert!(handed["returns"].as_u64() >= Some(3), "{handed}");
    assert_ne!(handed["tickets"], json!([]));
    assert!(answer("reopen_rate", json!({}))["overall"]["reopened"].as_u64() >= Some(2));
    let backlog = answer("backlog_ageing", json!({ "as_of": "2016-03-02T12:00:00Z" }));
    assert!(
        backlog["overall"]["tickets"].as_u64() > Some(3),
        "{backlog}"
    );
    let changes = answer("volume_changes", json!({ "moment": "closed", "window": 7 }));
    assert_ne!(changes["changes"], json!([]));
}
