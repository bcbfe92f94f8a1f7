//! Refusals of callers that are known after all: a token that this server signed says whose it was,
//! and a disabled client with its right secret is no stranger.

use serde_json::{Value, json};

use super::records_of;
use crate::support::{Agent, Answer, Caller, RegisteredClient, Server, eventually};

/// A server that records no stranger at all, so that what is recorded is of somebody known.
fn server() -> Server {
    Server::with([
        ("AMBIT_UNKNOWN_CALLERS_PER_MINUTE", "0"),
        ("AMBIT_RESOURCES", "https://elsewhere.example/"),
    ])
    .start()
}

/// The one record of a request.
#[track_caller]
fn record(server: &Server, answer: &Answer) -> Value {
    let mut records = records_of(server, answer);
    assert_eq!(records.len(), 1, "{answer}: {records:#?}");
    records.remove(0)
}

/// Demands that the refusal of a token is recorded with whose it was, which one, and why.
#[track_caller]
fn assert_recorded(server: &Server, agent: &Agent, reason: &str) {
    let answer = agent.get("/protected").expect(401);
    let record = record(server, &answer);
    let claims = agent.token.claims();
    assert_eq!(
        json!([
            record["event"],
            record["decision"],
            record["reason"],
            record["client_id"]
        ]),
        json!(["request", "denied", reason, claims["client_id"]]),
        "{record:#}"
    );
    assert_eq!(record["details"]["token_id"], claims["jti"], "{record:#}");
    assert_eq!(record["target"], "GET /protected", "{record:#}");
}

fn with_path(client: &RegisteredClient, operation: &str) -> String {
    format!("/admin/api/clients/{}/{operation}", client.client_id)
}

#[test]
fn a_token_that_is_valid_no_longer_is_recorded_as_whose_it_was() {
    let server = server();
    let admin = server.admin();
    let client = server.create_client("reporter", &["protected"]);

    let revoked = server.agent(&client);
    server.revoke(&client, &revoked.token);
    assert_recorded(&server, &revoked, "revoked");

    let swept = server.agent(&client);
    admin
        .post_empty(&with_path(&client, "revoke_tokens"))
        .expect(200);
    assert_recorded(&server, &swept, "tokens_revoked");

    let of_disabled = server.agent(&client);
    admin.post_empty(&with_path(&client, "disable")).expect(200);
    assert_recorded(&server, &of_disabled, "client_gone_or_disabled");

    let short = json!({"client_name": "short", "scope": "protected", "access_token_lifetime": 1});
    let expired = server.agent(&admin.register(&short));
    eventually("the token expires", || {
        (expired.get("/protected").status == 401).then_some(())
    });
    assert_recorded(&server, &expired, "expired");

    let elsewhere = "https://elsewhere.example/";
    let other = json!({
        "client_name": "other", "scope": "protected", "allowed_resources": [elsewhere],
    });
    let token = server.token_for(&admin.register(&other), &[("resource", elsewhere)]);
    let misused = Agent::new(server.address(), token);
    assert_recorded(&server, &misused, "wrong_audience");
}

#[test]
fn a_token_that_was_not_signed_here_is_a_strangers() {
    let server = server();
    let agent = server.agent(&server.create_client("reporter", &["protected"]));
    let (signed, _) = agent.token.access_token.rsplit_once('.').expect("a JWT");
    for forged in [
        format!("{signed}.AAAA"),
        format!("{signed}."),
        "x.y.z".to_owned(),
    ] {
        let stranger = server.anonymous().with_token(&forged);
        let answer = stranger.get("/protected").expect(401);
        assert_eq!(records_of(&server, &answer), [] as [Value; 0]);
    }
}

#[test]
fn a_disabled_client_is_answered_as_a_wrong_secret_and_recorded_as_what_it_is() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    server.token(&client);
    server
        .admin()
        .post_empty(&with_path(&client, "disable"))
        .expect(200);
    let guess = RegisteredClient {
        client_secret: format!("{}x", client.client_secret),
        ..client.clone()
    };
    let ask = |client: &RegisteredClient, path: &str| {
        let form = [("grant_type", "client_credentials"), ("token", "x")];
        let form = if path == "/token" {
            &form[..1]
        } else {
            &form[1..]
        };
        let caller = server.anonymous().with_basic(client);
        let answer = caller.post_form(path, form).expect(401);
        let mut seen: Vec<_> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .filter(|(name, _)| name != "x-request-id" && name != "date")
            .collect();
        seen.sort();
        let record = record(&server, &answer);
        ((answer.body.clone(), seen), record)
    };
    for path in ["/token", "/introspect", "/revoke"] {
        let (right, record) = ask(&client, path);
        assert_eq!(record["reason"], "client_disabled", "{path}");
        // It proved who it is, and the log has it under its name.
        assert_eq!(record["client_id"], client.client_id, "{path}");
        assert_eq!(record["actors"][0]["kind"], "client", "{path}");
        let (wrong, record) = ask(&guess, path);
        assert_eq!(record["reason"], "client_authentication_failed", "{path}");
        assert_eq!(record["client_id"], Value::Null, "{path}");
        assert_eq!(right, wrong, "{path}");
    }
}
