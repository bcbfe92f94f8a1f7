//! What agents ask for: tokens, calls, revocation.

use insta::assert_json_snapshot;

use super::{assert_decisions, records_of};
use crate::support::{Answer, Caller, RegisteredClient, Server};

fn client_credentials(server: &Server, client: &RegisteredClient, scope: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    let caller = server.anonymous().with_basic(client);
    caller.post_form("/token", &form)
}

#[test]
fn issued_token() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let answer = client_credentials(&server, &client, "protected").expect(200);
    let redacted = [
        ".at",
        ".client_id",
        ".previous",
        ".request_id",
        ".subject",
        ".actors[0].id",
        ".details.audience",
        ".details.secret_id",
        ".details.token_id",
        ".duration_us",
        ".seq",
    ];
    let records = records_of(&server, &answer);
    let [record] = records.as_slice() else {
        panic!("{records:#?}")
    };
    for member in ["client_id", "subject"] {
        assert_eq!(record[member], client.client_id, "{record:#}");
    }
    assert_eq!(record["actors"][0]["id"], client.client_id, "{record:#}");
    assert!(record["duration_us"].as_u64() > Some(0), "{record:#}");
    let mut settings = insta::Settings::clone_current();
    for selector in redacted {
        settings.add_redaction(selector, "[redacted]");
    }
    settings.bind(|| {
        assert_json_snapshot!(record, @r#"
    {
      "actors": [
        {
          "id": "[redacted]",
          "kind": "client"
        }
      ],
      "at": "[redacted]",
      "client_id": "[redacted]",
      "decision": "allowed",
      "details": {
        "audience": "[redacted]",
        "grant_type": "client_credentials",
        "scope": "protected",
        "secret_id": "[redacted]",
        "token_id": "[redacted]"
      },
      "duration_us": "[redacted]",
      "event": "token.issue",
      "previous": "[redacted]",
      "remote_address": "127.0.0.1",
      "request_id": "[redacted]",
      "seq": "[redacted]",
      "subject": "[redacted]",
      "tenant_id": "default"
    }
    "#)
    });
}

#[test]
fn refused_token_requests() {
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "2")]).start();
    let client = server.create_client("reporter", &["protected"]);
    let expect = |answer: &Answer, decision: &str, kind: &str, reason: &str| {
        assert_decisions(&server, answer, &[["token.issue", decision, kind, reason]]);
    };

    let scope = client_credentials(&server, &client, "highly_sensitive").expect(400);
    expect(&scope, "denied", "client", "scope_not_allowed");
    let as_client = server.anonymous().with_basic(&client);
    let grant = as_client
        .post_form("/token", &[("grant_type", "password")])
        .expect(400);
    expect(&grant, "denied", "client", "unsupported_grant_type");
    let none = server
        .anonymous()
        .post_form("/token", &[("grant_type", "client_credentials")]);
    expect(&none.expect(401), "denied", "unknown", "no_credentials");

    let stranger = RegisteredClient {
        client_id: "client_nobody".to_owned(),
        ..client.clone()
    };
    let unknown = client_credentials(&server, &stranger, "protected").expect(401);
    expect(
        &unknown,
        "denied",
        "unknown",
        "client_authentication_failed",
    );
    assert_eq!(
        records_of(&server, &unknown)[0]["actors"][0]["id"],
        "client_nobody"
    );
    let guess = RegisteredClient {
        client_secret: "a-guess".to_owned(),
        ..client
    };
    let wrong = client_credentials(&server, &guess, "protected").expect(401);
    expect(&wrong, "denied", "unknown", "client_authentication_failed");
    client_credentials(&server, &guess, "protected").expect(401);
    let limited = client_credentials(&server, &guess, "protected").expect(429);
    expect(&limited, "limited", "unknown", "too_many_failures");
}

#[test]
fn calls_of_agents() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    let expect = |answer: &Answer, decision: &str, kind: &str, reason: &str| {
        assert_decisions(&server, answer, &[["request", decision, kind, reason]]);
    };
    let allowed = agent.get("/protected").expect(200);
    expect(&allowed, "allowed", "client", "");
    let record = records_of(&server, &allowed).remove(0);
    assert_eq!(record["target"], "GET /protected", "{record:#}");
    assert_eq!(record["client_id"], client.client_id, "{record:#}");
    assert_eq!(
        record["details"]["token_id"],
        agent.token.claims()["jti"],
        "{record:#}"
    );

    let beyond = agent.get("/highly_confidential").expect(403);
    expect(&beyond, "denied", "client", "insufficient_scope");
    let without = server.anonymous().get("/protected").expect(401);
    expect(&without, "denied", "unknown", "no_token");
    server.revoke(&client, &agent.token);
    expect(
        &agent.get("/protected").expect(401),
        "denied",
        "client",
        "revoked",
    );
}

#[test]
fn public_endpoints_and_introspection_decide_nothing() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    let form = [("token", token.access_token.as_str())];
    let caller = server.anonymous().with_basic(&client);
    let introspection = caller.post_form("/introspect", &form).expect(200);
    assert_decisions(&server, &introspection, &[]);
    for path in [
        "/public",
        "/jwks",
        "/healthz",
        "/.well-known/oauth-authorization-server",
    ] {
        let answer = server.anonymous().get(path).expect(200);
        assert_decisions(&server, &answer, &[]);
    }
}

#[test]
fn revoked_tokens() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    let form = [("token", token.access_token.as_str())];
    let caller = server.anonymous().with_basic(&client);
    let answer = caller.post_form("/revoke", &form).expect(200);
    assert_decisions(
        &server,
        &answer,
        &[["token.revoke", "allowed", "client", ""]],
    );
    let record = records_of(&server, &answer).remove(0);
    assert_eq!(record["target"], token.claims()["jti"], "{record:#}");
    assert_eq!(record["subject"], client.client_id, "{record:#}");
}
