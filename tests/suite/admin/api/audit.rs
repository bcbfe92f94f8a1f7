//! `/admin/api/audit`: the log, its pages and filters, and the walk along its chain.

use aws_lc_rs::digest;
use serde_json::{Value, json};

use crate::support::{Caller, Server};

const PATH: &str = "/admin/api/audit";

#[test]
fn a_record_says_who_did_what_in_which_request() {
    let server = Server::start();
    let answer = server
        .admin()
        .post_json("/admin/api/clients", &json!({"client_name": "Seen"}));
    let request_id = answer.header("x-request-id").unwrap().to_owned();
    let client: Value = answer.expect(201).json();
    let query = [("event", "client.create"), ("request_id", &request_id)];
    let page: Value = server.admin().get_query(PATH, &query).expect(200).json();
    let record = &page["records"][0]["record"];
    assert_eq!(page["records"].as_array().unwrap().len(), 1);
    insta::assert_json_snapshot!(record, {
        ".at" => "[time]", ".client_id" => "[id]", ".target" => "[id]", ".previous" => "[hash]",
        ".request_id" => "[id]", ".seq" => "[seq]", ".duration_us" => "[duration]",
    }, @r#"
    {
      "actors": [
        {
          "id": "admin",
          "kind": "administrator"
        }
      ],
      "at": "[time]",
      "client_id": "[id]",
      "decision": "allowed",
      "details": {
        "access_token_lifetime": "default",
        "allowed_resources": "",
        "client_name": "Seen",
        "grant_types": "client_credentials",
        "scope": "",
        "serves_resources": ""
      },
      "duration_us": "[duration]",
      "event": "client.create",
      "previous": "[hash]",
      "remote_address": "127.0.0.1",
      "request_id": "[id]",
      "seq": "[seq]",
      "target": "[id]",
      "tenant_id": "default"
    }
    "#);
    assert_eq!(record["target"], client["client_id"]);
}

#[test]
fn every_change_leaves_a_record() {
    let server = Server::start();
    let admin = server.admin();
    let client = server.create_client("Changed", &["protected"]);
    let path = format!("/admin/api/clients/{}", client.client_id);
    admin
        .patch_json(&path, &json!({"description": "x"}))
        .expect(200);
    let secret: Value = admin
        .post_empty(&format!("{path}/secrets"))
        .expect(201)
        .json();
    let secret_id = secret["secret_id"].as_str().unwrap();
    server.token(&client);
    admin
        .delete(&format!("{path}/secrets/{secret_id}"))
        .expect(200);
    for action in ["revoke_tokens", "disable", "enable"] {
        admin.post_empty(&format!("{path}/{action}")).expect(200);
    }
    admin.delete(&path).expect(204);
    let query = [
        ("client_id", client.client_id.as_str()),
        ("decision", "allowed"),
    ];
    let mut events = events(&admin.get_query(PATH, &query).expect(200).json());
    events.reverse();
    let expected = [
        "client.create",
        "client.update",
        "client.secret.create",
        "token.issue",
        "client.secret.retire",
        "client.revoke_tokens",
        "client.disable",
        "client.enable",
        "client.delete",
    ];
    assert_eq!(events, expected);
}

#[test]
fn pages_go_back_in_time_without_gaps() {
    let server = Server::start();
    for number in 0..5 {
        server.create_client(&format!("client {number}"), &[]);
    }
    let admin = server.admin();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let mut query = vec![
            ("limit", "4".to_owned()),
            ("event", "client.create".to_owned()),
        ];
        query.extend(
            before
                .take()
                .map(|before: i64| ("before", before.to_string())),
        );
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let page: Value = admin.get_query(PATH, &query).expect(200).json();
        let records = page["records"].as_array().unwrap();
        seen.extend(
            records
                .iter()
                .map(|entry| entry["record"]["details"]["client_name"].clone()),
        );
        match page["next_before"].as_i64() {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(
        seen,
        ["client 4", "client 3", "client 2", "client 1", "client 0"]
    );
}

#[test]
fn a_span_of_time_has_its_first_moment_and_not_its_last() {
    let server = Server::start();
    let admin = server.admin();
    for name in ["one", "two", "three"] {
        server.create_client(name, &[]);
    }
    let all: Value = admin.get_query(PATH, &[("event", "client.create")]).json();
    let at = |position: usize| all["records"][position]["record"]["at"].as_str().unwrap();
    let (three, one) = (at(0), at(2));
    let query = [("event", "client.create"), ("from", one), ("until", three)];
    let page: Value = admin.get_query(PATH, &query).expect(200).json();
    assert_eq!(
        page["records"],
        json!([all["records"][1], all["records"][2]])
    );
}

#[test]
fn a_query_that_makes_no_sense_is_refused() {
    let server = Server::start();
    let long = "x".repeat(65);
    for query in [
        ("limit", "0"),
        ("limit", "501"),
        ("before", "x"),
        ("from", "yesterday"),
        ("until", "2026-13-01T00:00:00Z"),
        ("event", "\0"),
        ("client_id", &long),
        ("colour", "red"),
    ] {
        server.admin().get_query(PATH, &[query]).expect(400);
    }
    let verification = format!("{PATH}/verification");
    for query in [("expect_seq", "1"), ("expect_hash", "00")] {
        server
            .admin()
            .get_query(&verification, &[query])
            .expect(400);
    }
    for hash in ["%00", "x", &"g".repeat(64)] {
        let query = format!("?expect_seq=1&expect_hash={hash}");
        server
            .admin()
            .get(&format!("{verification}{query}"))
            .expect(400);
    }
}

#[test]
fn each_record_holds_the_hash_of_the_one_before() {
    let server = Server::start();
    server.token(&server.create_client("Chained", &["protected"]));
    let page: Value = server
        .admin()
        .get_query(PATH, &[("limit", "500")])
        .expect(200)
        .json();
    let entries = page["records"].as_array().unwrap();
    assert!(entries.len() > 3);
    for pair in entries.windows(2) {
        assert_eq!(pair[0]["record"]["previous"], pair[1]["hash"]);
    }
    for entry in entries {
        let canonical = serde_jcs::to_vec(&entry["record"]).unwrap();
        let hash = digest::digest(&digest::SHA256, &canonical);
        let hash: String = hash
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(entry["hash"], hash);
    }
    assert_eq!(
        entries.last().unwrap()["record"]["previous"],
        "0".repeat(64)
    );
}

#[test]
fn a_whole_chain_holds_and_a_noted_head_stays_in_it() {
    let server = Server::start();
    let path = format!("{PATH}/verification");
    let first: Value = server.admin().get(&path).expect(200).json();
    assert_eq!(first["intact"], true);
    assert_eq!(first["faults"], json!([]));
    assert_eq!(first["records"], first["head_seq"]);
    let seq = first["head_seq"].to_string();
    let hash = first["head_hash"].as_str().unwrap();
    let query = [("expect_seq", seq.as_str()), ("expect_hash", hash)];
    let second: Value = server.admin().get_query(&path, &query).expect(200).json();
    assert_eq!(second["intact"], true);
    let query = [
        ("expect_seq", seq.as_str()),
        ("expect_hash", &"0".repeat(64)),
    ];
    let third: Value = server.admin().get_query(&path, &query).expect(200).json();
    assert_eq!(third["intact"], false);
}

#[test]
fn what_was_tampered_with_is_named() {
    let server = Server::start();
    for number in 0..3 {
        server.create_client(&format!("client {number}"), &[]);
    }
    let changed = "UPDATE audit_records SET record = replace(record, 'client 0', 'client 9') \
                   WHERE record LIKE '%client 0%'";
    assert_eq!(server.database().execute(changed), 1);
    let found: Value = server
        .admin()
        .get(&format!("{PATH}/verification"))
        .expect(200)
        .json();
    assert_eq!(found["intact"], false);
    let fault = &found["faults"][0];
    assert_eq!(fault["fault"], "changed");
    let page: Value = server
        .admin()
        .get_query(PATH, &[("event", "client.create")])
        .json();
    let first = page["records"].as_array().unwrap().last().unwrap();
    assert_eq!(fault["seq"], first["record"]["seq"]);
}

fn events(page: &Value) -> Vec<String> {
    let records = page["records"].as_array().unwrap().iter();
    records
        .map(|entry| entry["record"]["event"].as_str().unwrap().to_owned())
        .collect()
}
