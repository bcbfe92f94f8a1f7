//! `POST /introspect` (RFC 7662): who is told what about which token.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{GRANT, assert_refused, records};
use crate::support::{Caller, RegisteredClient, Server, Token};

const REPORTS: &str = "https://reports.example/api";

/// The whole answer about a token that is not valid, or none of the caller's business.
fn inactive() -> Value {
    json!({ "active": false })
}

#[track_caller]
fn assert_void(server: &Server, caller: &RegisteredClient, token: &Token) {
    assert_eq!(server.introspect(caller, token), inactive());
}

#[test]
fn a_client_is_told_everything_about_its_own_token() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    let mut told = token.claims();
    told["active"] = json!(true);
    told["token_type"] = json!("Bearer");
    assert_eq!(server.introspect(&client, &token), told);
    let form = [("token", token.access_token.as_str())];
    let answer = server
        .anonymous()
        .with_basic(&client)
        .post_form("/introspect", &form);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[test]
fn a_client_is_told_nothing_about_the_tokens_of_others() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let other = server.create_client("other", &["protected", "highly_sensitive"]);
    let token = server.token(&client);
    assert_void(&server, &other, &token);
    assert_eq!(server.introspect(&client, &token)["active"], true);
}

#[test]
fn whoever_serves_the_audience_is_told_about_the_token() {
    let server = Server::start();
    let admin = server.admin();
    let serving = |name: &str, resources: &[&str]| {
        admin.register(&json!({ "client_name": name, "serves_resources": resources }))
    };
    let reports = serving("reports", &[REPORTS]);
    let bystander = serving("bystander", &["https://elsewhere.example/"]);
    let client = admin.register(&json!({
        "client_name": "reporter",
        "scope": "protected",
        "allowed_resources": [REPORTS],
    }));
    let for_reports = server.token_for(&client, &[("resource", REPORTS)]);
    let told = server.introspect(&reports, &for_reports);
    assert_eq!(told["active"], true);
    assert_eq!(told["aud"], REPORTS);
    assert_eq!(told["client_id"], *client.client_id);
    assert_eq!(server.introspect(&client, &for_reports), told);
    assert_void(&server, &bystander, &for_reports);

    let for_ambit = server.token(&client);
    assert_void(&server, &reports, &for_ambit);
    let for_both = server.token_for(
        &client,
        &[("resource", REPORTS), ("resource", server.issuer())],
    );
    assert_eq!(server.introspect(&reports, &for_both)["active"], true);

    let path = format!("/admin/api/clients/{}", reports.client_id);
    admin
        .patch_json(&path, &json!({ "serves_resources": [] }))
        .expect(200);
    assert_void(&server, &reports, &for_reports);
}

#[test]
fn a_token_is_void_when_its_time_is_over() {
    let server = Server::start();
    let client = server.admin().register(&json!({
        "client_name": "hasty",
        "scope": "protected",
        "access_token_lifetime": 2,
    }));
    let agent = server.agent(&client);
    let asked = Instant::now();
    while server.introspect(&client, &agent.token)["active"] == json!(true) {
        assert!(
            asked.elapsed() < Duration::from_secs(10),
            "the token does not expire"
        );
        thread::sleep(Duration::from_millis(50));
    }
    assert_void(&server, &client, &agent.token);
    let refused = agent.get("/protected").expect(401);
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
}

#[test]
fn a_token_is_void_when_it_or_its_client_is_taken_out_of_use() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let serving = server
        .admin()
        .register(&json!({ "client_name": "s", "serves_resources": [server.issuer()] }));
    let change = |what: &str| {
        let path = format!("/admin/api/clients/{}/{what}", client.client_id);
        server.admin().post_empty(&path).expect(200);
    };
    let token = || {
        let token = server.token(&client);
        assert_eq!(server.introspect(&serving, &token)["active"], true);
        token
    };

    let revoked = token();
    let kept = token();
    server.revoke(&client, &revoked);
    assert_void(&server, &client, &revoked);
    assert_void(&server, &serving, &revoked);
    assert_eq!(server.introspect(&client, &kept)["active"], true);

    change("revoke_tokens");
    assert_void(&server, &client, &kept);
    let later = token();
    change("disable");
    assert_void(&server, &serving, &later);
    change("enable");
    assert_void(&server, &serving, &later);
    let last = token();
    server
        .admin()
        .delete(&format!("/admin/api/clients/{}", client.client_id))
        .expect(204);
    assert_void(&server, &serving, &last);
}

#[test]
fn what_is_no_token_is_not_active() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let basic = server.anonymous().with_basic(&client);
    let long = "a".repeat(30_000);
    for text in ["x", "..", "a.b.c", "é", &client.client_secret, &long] {
        let answer = basic
            .post_form("/introspect", &[("token", text)])
            .expect(200);
        assert_eq!(answer.json::<Value>(), inactive(), "{text:.20}");
    }
}

#[test]
fn a_hint_is_only_a_hint() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    let basic = server.anonymous().with_basic(&client);
    for hint in ["access_token", "refresh_token", "unheard_of"] {
        let form = [
            ("token", token.access_token.as_str()),
            ("token_type_hint", hint),
        ];
        let told: Value = basic.post_form("/introspect", &form).expect(200).json();
        assert_eq!(told["active"], true, "{hint}");
    }
}

#[test]
fn a_request_names_one_token() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    let basic = server.anonymous().with_basic(&client);
    let named = ("token", token.access_token.as_str());
    let forms: [&[(&str, &str)]; 4] = [&[], &[GRANT], &[("token", "")], &[named, named]];
    for form in forms {
        assert_refused(
            &basic.post_form("/introspect", form),
            400,
            "invalid_request",
        );
    }
}

#[test]
fn introspection_is_no_decision_and_leaves_no_record() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    server.introspect(&client, &token);
    server.introspect(&client, &token);
    assert_eq!(records(&server, "token.introspect", "allowed").len(), 0);
    server
        .anonymous()
        .post_form("/introspect", &[("token", "x")])
        .expect(401);
    assert_eq!(records(&server, "token.introspect", "denied").len(), 1);
}
