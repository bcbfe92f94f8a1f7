//! `/actions/audit/...` over Ambit's own audit log, beside what a script reads from its export.

use std::fs;

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use super::figures::{assert_like, call, expected};
use crate::support::{Agent, Caller, Server};

const ROUTER: &str = "audit";

/// A server with something in its log, and an agent that may read it.
struct Watch {
    server: Server,
    reader: Agent,
    worker_id: String,
    /// When all of this was over.
    end: String,
}

impl Watch {
    fn begin() -> Self {
        let server = Server::start();
        let reader = server.agent(&server.create_client("reader", &["ambit:audit:read"]));
        let worker = server.create_client("worker", &["protected", "highly_sensitive"]);
        let agent = server.agent(&worker);
        for address in ["/protected", "/highly_confidential", "/highly_confidential"] {
            agent.get(address).expect(200);
        }
        for _ in 0..3 {
            agent.get("/actions/audit/who_did_what").expect(403);
        }
        agent.get("/admin/api/keys").expect(403);
        server.anonymous().get("/protected").expect(401);
        reader.get("/admin/api/audit?limit=1").expect(200);
        reader.get("/actions/audit/denials").expect(200);
        let path = format!("/admin/api/clients/{}", worker.client_id);
        server
            .admin()
            .patch_json(&path, &json!({"scope": "protected ambit:keys:write"}))
            .expect(200);
        let end = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        Self {
            server,
            reader,
            worker_id: worker.client_id,
            end,
        }
    }

    fn call(&self, action: &str, input: &Value) -> Value {
        call(&self.reader, ROUTER, action, input)
    }

    fn refused(&self, action: &str, query: &[(&str, &str)]) {
        let path = format!("/actions/{ROUTER}/{action}");
        let answer = self.reader.get_query(&path, query);
        assert_eq!(answer.status, 422, "{query:?}: {answer}");
    }

    /// All pages of records, put together.
    fn records(&self, input: &Value) -> Value {
        let mut input = input.clone();
        let mut records = Vec::new();
        loop {
            let mut page = self.call("who_did_what", &input);
            records.append(page["records"].as_array_mut().unwrap());
            match page["next_cursor"].take() {
                Value::Null => return json!({"records": records}),
                cursor => input["cursor"] = cursor,
            }
        }
    }

    fn sensitive(&self) -> Value {
        let catalogue: Value = self
            .server
            .admin()
            .get("/admin/api/scopes")
            .expect(200)
            .json();
        let scopes = catalogue["scopes"].as_array().unwrap().iter();
        let scopes = scopes.filter(|scope| scope["sensitivity"] == "sensitive");
        scopes.map(|scope| scope["name"].clone()).collect()
    }
}

#[test]
fn answers_are_what_the_exported_log_says() {
    let watch = Watch::begin();
    let end = &watch.end;
    let all = watch.records(&json!({"to": end}));
    let middle = all["records"][4]["at"].as_str().unwrap();
    let request = all["records"][0]["request_id"].as_str().unwrap();
    let id = watch.worker_id.as_str();
    let calls = [
        ("who_did_what", json!({"to": end, "limit": 3})),
        ("who_did_what", json!({"from": middle, "to": end})),
        (
            "who_did_what",
            json!({"to": end, "client_id": id, "decision": "denied", "limit": 1}),
        ),
        (
            "who_did_what",
            json!({"to": end, "decision": "allowed", "event": "request"}),
        ),
        (
            "who_did_what",
            json!({"to": end, "action": "audit/who_did_what"}),
        ),
        ("who_did_what", json!({"to": end, "request_id": request})),
        ("denials", json!({"to": end})),
        ("denials", json!({"to": end, "client_id": id})),
        ("denials", json!({"to": middle})),
        ("sensitive_scope_use", json!({"to": end})),
        (
            "sensitive_scope_use",
            json!({"to": end, "scope": "highly_sensitive"}),
        ),
        ("sensitive_scope_use", json!({"to": end, "client_id": id})),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    fs::write(&file, watch.server.cli_stdout(["audit", "export"])).unwrap();
    let arguments = [file, watch.sensitive().to_string().into()];
    let besides = ["next_cursor", "searched"];
    for ((action, input), expected) in
        calls
            .iter()
            .zip(expected("audit_log.py", &arguments, &calls))
    {
        let answer = match *action {
            "who_did_what" => watch.records(input),
            _ => watch.call(action, input),
        };
        assert_like(&expected, &answer, &besides, &format!("{action} {input}"));
    }
    let denials = watch.call("denials", &json!({"to": end}));
    assert_eq!(denials["groups"][0]["count"], 3);
    assert_eq!(denials["groups"][0]["reason"], "insufficient_scope");
    assert_eq!(denials["searched"]["complete"], true);
}

#[test]
fn a_chain_is_verified_in_steps() {
    let watch = Watch::begin();
    let whole = watch.call("verify_audit_chain", &json!({}));
    assert_eq!(
        (&whole["intact"], &whole["complete"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(whole["first_seq"], 1);
    let noted = json!({"expect_seq": whole["last_seq"], "expect_hash": whole["last_hash"]});
    assert_eq!(
        watch.call("verify_audit_chain", &noted)["expected_found"],
        true
    );
    let mut records = 0;
    let mut input = json!({"records": 5});
    loop {
        let step = watch.call("verify_audit_chain", &input);
        assert_eq!(step["intact"], true, "{step}");
        assert_eq!(step["first_seq"], records + 1);
        records += step["records"].as_i64().unwrap();
        // Each call leaves a record, so that the end runs away slowly from the steps.
        match &step["next_cursor"] {
            Value::Null => break,
            cursor => input["cursor"] = cursor.clone(),
        }
    }
    assert!(records > whole["records"].as_i64().unwrap());
    let rest = watch.call("verify_audit_chain", &json!({"from_seq": 7, "records": 2}));
    assert_eq!(
        (&rest["first_seq"], &rest["last_seq"]),
        (&json!(7), &json!(8))
    );
}

#[test]
fn what_was_tampered_with_is_named_in_its_step() {
    let watch = Watch::begin();
    let changed = "UPDATE audit_records SET decision = 'limited' WHERE seq = 7";
    assert_eq!(watch.server.database().execute(changed), 1);
    let before = watch.call("verify_audit_chain", &json!({"records": 6}));
    assert_eq!(before["intact"], true);
    let input = json!({"records": 6, "cursor": before["next_cursor"]});
    let step = watch.call("verify_audit_chain", &input);
    assert_eq!(step["intact"], false);
    assert_eq!(step["faults"][0]["fault"], "changed");
    assert_eq!(step["faults"][0]["seq"], 7);
    let zeros = "0".repeat(64);
    let noted = json!({"expect_seq": 1, "expect_hash": zeros, "records": 3});
    let noted = watch.call("verify_audit_chain", &noted);
    assert_eq!(
        (&noted["expected_found"], &noted["intact"]),
        (&json!(false), &json!(false))
    );
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let watch = Watch::begin();
    for action in ["who_did_what", "denials", "sensitive_scope_use"] {
        watch.refused(action, &[("from", "yesterday")]);
        watch.refused(action, &[("to", "2026-13-01T00:00:00Z")]);
        let reversed = [
            ("from", "2026-11-02T00:00:00Z"),
            ("to", "2026-11-01T00:00:00Z"),
        ];
        watch.refused(action, &reversed);
        watch.refused(action, &[("cursor", "forged")]);
        watch.refused(action, &[("client_id", "\0")]);
        watch.refused(action, &[("client_id", &"x".repeat(65))]);
    }
    watch.refused("who_did_what", &[("limit", "201")]);
    watch.refused("who_did_what", &[("event", "party")]);
    watch.refused("who_did_what", &[("action", "%")]);
    watch.refused("who_did_what", &[("action", "a/b"), ("event", "request")]);
    watch.refused("who_did_what", &[("decision", "maybe")]);
    watch.refused("denials", &[("limit", "0")]);
    watch.refused("sensitive_scope_use", &[("scope", "protected")]);
    watch.refused("verify_audit_chain", &[("records", "100001")]);
    watch.refused("verify_audit_chain", &[("from_seq", "0")]);
    watch.refused("verify_audit_chain", &[("from_seq", "999999")]);
    watch.refused("verify_audit_chain", &[("expect_seq", "1")]);
    watch.refused("verify_audit_chain", &[("cursor", "x"), ("from_seq", "2")]);
    watch.refused("verify_audit_chain", &[("cursor", "forged")]);
    let page = watch.call("who_did_what", &json!({"limit": 1}));
    let cursor = page["next_cursor"].as_str().unwrap();
    watch.refused("denials", &[("cursor", cursor)]);
    watch.refused("who_did_what", &[("cursor", cursor), ("event", "request")]);
}

/// Puts 200,000 copies of the last record behind it.
const MANY: &str = "\
    INSERT INTO audit_records (seq, tenant_id, at, client_id, event, decision, record, hash) \
    WITH RECURSIVE numbers(number) AS \
        (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 200000) \
    SELECT audit_head.seq + number, tenant_id, at, client_id, event, decision, record, last.hash \
    FROM numbers, audit_head, audit_records AS last WHERE last.seq = audit_head.seq";
const NEW_END: &str = "UPDATE audit_head SET seq = (SELECT MAX(seq) FROM audit_records)";

#[test]
fn a_large_log_is_walked_in_calls_that_each_keep_their_deadline_and_come_further() {
    let mut server = Server::with([("AMBIT_ACTION_DEADLINE_SECONDS", "2")]).start();
    let client = server.create_client("reader", &["ambit:audit:read"]);
    server.stop();
    assert_eq!(server.database().execute(MANY), 200_000);
    server.database().execute(NEW_END);
    server.start_again();
    let reader = server.agent(&client);
    for (action, question) in [
        ("who_did_what", json!({"request_id": "never-made"})),
        (
            "who_did_what",
            json!({"request_id": "never-made", "decision": "denied"}),
        ),
        ("denials", json!({"client_id": "nobody"})),
        ("sensitive_scope_use", json!({"client_id": "nobody"})),
    ] {
        let mut input = question.clone();
        let mut calls = 0;
        loop {
            // An answer at all is one within the deadline.
            let answer = call(&reader, ROUTER, action, &input);
            calls += 1;
            let [from, to] = ["from_seq", "to_seq"].map(|end| answer["searched"][end].as_i64());
            if answer["next_cursor"].is_null() {
                assert_eq!(answer["searched"]["complete"], true, "{action}: {answer}");
                break;
            }
            assert!(from <= to, "{action} came no further: {answer}");
            assert!(calls < 40, "{action} {question} is never over");
            input["cursor"] = answer["next_cursor"].clone();
        }
    }
    let step = call(
        &reader,
        ROUTER,
        "verify_audit_chain",
        &json!({"records": 1000}),
    );
    assert!(step["records"].as_i64().unwrap() > 0, "{step}");
    assert!(
        step["last_seq"].as_i64() >= step["first_seq"].as_i64(),
        "{step}"
    );
}
