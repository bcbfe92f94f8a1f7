//! `POST /token`: client credentials (RFC 6749, section 4.4), and what a token says (RFC 9068).

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{GRANT, assert_refused, records};
use crate::support::{Answer, Caller, RegisteredClient, Server};

/// What the client is answered when it asks with these parameters beside `grant_type`.
#[track_caller]
fn ask(server: &Server, client: &RegisteredClient, parameters: &[(&str, &str)]) -> Answer {
    let form = [&[GRANT], parameters].concat();
    server
        .anonymous()
        .with_basic(client)
        .post_form("/token", &form)
}

#[test]
fn the_answer_is_that_of_rfc_6749() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected", "highly_sensitive"]);
    let answer = ask(&server, &client, &[]).expect(200);
    let mut body: Value = answer.json();
    assert!(
        body["access_token"]
            .as_str()
            .is_some_and(|token| token.len() > 100)
    );
    body["access_token"] = json!("[token]");
    insta::assert_json_snapshot!(body, @r#"
    {
      "access_token": "[token]",
      "expires_in": 3600,
      "scope": "highly_sensitive protected",
      "token_type": "Bearer"
    }
    "#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
}

#[test]
fn a_token_is_shaped_as_rfc_9068_says() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);

    let jwks: Value = server.anonymous().get("/jwks").expect(200).json();
    let kid = &jwks["keys"][0]["kid"];
    assert_eq!(
        token.header(),
        json!({ "typ": "at+jwt", "alg": "RS256", "kid": kid })
    );

    let claims = token.claims();
    let jti = claims["jti"].as_str().unwrap();
    assert!(jti.len() >= 22, "{jti} holds less than 128 bits");
    let issued_at = claims["iat"].as_u64().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(now.abs_diff(Duration::from_secs(issued_at)) < Duration::from_secs(60));
    assert_eq!(
        claims,
        json!({
            "iss": server.issuer(),
            "sub": client.client_id,
            "aud": server.issuer(),
            "exp": issued_at + 3600,
            "iat": issued_at,
            "jti": jti,
            "client_id": client.client_id,
            "scope": "protected",
            "tenant_id": "default",
        })
    );
}

#[test]
fn a_token_verifies_with_the_published_key_and_nothing_else_does() {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client).access_token;
    let jwks: Value = server.anonymous().get("/jwks").expect(200).json();
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let member = |name: &str| decode(jwks["keys"][0][name].as_str().unwrap());
    let key = RsaPublicKeyComponents {
        n: member("n"),
        e: member("e"),
    };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let verify = |signed: &str| {
        key.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            signed.as_bytes(),
            &decode(signature),
        )
    };
    assert!(verify(signed).is_ok());
    assert!(verify(&format!("{signed}A")).is_err());
}

#[test]
fn each_token_has_an_identifier_of_its_own() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let ids: BTreeSet<String> = (0..20)
        .map(|_| server.token(&client).claims()["jti"].to_string())
        .collect();
    assert_eq!(ids.len(), 20);
}

#[test]
fn scope_narrows() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected", "highly_sensitive"]);
    let all = "highly_sensitive protected";
    let cases = [
        (vec![], all),
        (vec![("scope", "")], all),
        (vec![("scope", "protected")], "protected"),
        (vec![("scope", "highly_sensitive")], "highly_sensitive"),
        (vec![("scope", "protected highly_sensitive")], all),
        (vec![("scope", "protected protected")], "protected"),
    ];
    for (parameters, granted) in cases {
        let token = server.token_for(&client, &parameters);
        assert_eq!(token.scope, granted, "{parameters:?}");
        assert_eq!(token.claims()["scope"], granted, "{parameters:?}");
    }
}

#[test]
fn scope_never_widens() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let scopes = [
        "highly_sensitive",
        "protected highly_sensitive",
        "unknown",
        "PROTECTED",
        "ambit:clients:write",
        " ",
        " protected",
        "protected ",
        "protected  protected",
        "protected\thighly_sensitive",
        "\"protected\"",
        "protected\\",
        "prötected",
    ];
    for scope in scopes {
        assert_refused(
            &ask(&server, &client, &[("scope", scope)]),
            400,
            "invalid_scope",
        );
    }
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
    assert_eq!(
        records(&server, "token.issue", "denied").len(),
        scopes.len()
    );
}

#[test]
fn a_client_without_scopes_gets_a_token_for_nothing() {
    let server = Server::start();
    let client = server.create_client("reporter", &[]);
    let answer: Value = ask(&server, &client, &[]).expect(200).json();
    let token = server.token(&client);
    // An empty scope is none: the grammar wants at least one token (RFC 6749, section 3.3).
    for (what, body) in [
        ("answer", answer),
        ("claims", token.claims()),
        ("introspection", server.introspect(&client, &token)),
    ] {
        assert!(body.get("scope").is_none(), "{what}: {body:#}");
    }
    assert_eq!(server.introspect(&client, &token)["active"], true);
    assert_refused(
        &ask(&server, &client, &[("scope", "protected")]),
        400,
        "invalid_scope",
    );
    server.agent(&client).get("/protected").expect(403);
}

#[test]
fn a_scope_that_left_the_catalogue_is_granted_to_nobody() {
    let server = Server::start();
    let scope = json!({ "name": "reports", "description": "Read.", "sensitivity": "normal" });
    server
        .admin()
        .post_json("/admin/api/scopes", &scope)
        .expect(201);
    let client = server.create_client("reporter", &["protected", "reports"]);
    assert_eq!(server.token(&client).scope, "protected reports");
    server
        .admin()
        .delete("/admin/api/scopes/reports")
        .expect(204);
    assert_eq!(server.token(&client).scope, "protected");
    assert_refused(
        &ask(&server, &client, &[("scope", "reports")]),
        400,
        "invalid_scope",
    );
}

#[test]
fn a_clients_own_lifetime_comes_before_the_servers() {
    let server = Server::with([("AMBIT_ACCESS_TOKEN_LIFETIME_SECONDS", "120")]).start();
    let lifetime_of = |client: &RegisteredClient| {
        let token = server.token(client);
        let claims = token.claims();
        assert_eq!(
            claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
            token.expires_in
        );
        token.expires_in
    };
    assert_eq!(lifetime_of(&server.create_client("plain", &[])), 120);
    let hasty = json!({ "client_name": "hasty", "access_token_lifetime": 7 });
    assert_eq!(lifetime_of(&server.admin().register(&hasty)), 7);
}

#[test]
fn a_lifetime_that_was_allowed_once_is_cut_to_what_is_allowed_now() {
    let settings = "[tokens]\naccess_token_lifetime_seconds = 60\n";
    let mut server = Server::with([]).file("ambit.toml", settings).start();
    let client = server
        .admin()
        .register(&json!({ "client_name": "slow", "access_token_lifetime": 7200 }));
    assert_eq!(server.token(&client).expires_in, 7200);
    let settings = format!("{settings}access_token_lifetime_max_seconds = 600\n");
    fs::write(server.folder().join("ambit.toml"), settings).unwrap();
    server.restart();
    assert_eq!(server.token(&client).expires_in, 600);
}

#[test]
fn other_grants_are_refused() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let basic = server.anonymous().with_basic(&client);
    let unsupported = [
        "authorization_code",
        "password",
        "refresh_token",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "Client_Credentials",
        "client_credentials ",
    ];
    for grant_type in unsupported {
        let form = [("grant_type", grant_type), ("username", "a"), ("code", "b")];
        assert_refused(
            &basic.post_form("/token", &form),
            400,
            "unsupported_grant_type",
        );
    }
    assert_refused(&basic.post_form("/token", &[]), 400, "invalid_request");
    assert_refused(
        &basic.post_form("/token", &[("grant_type", "")]),
        400,
        "invalid_request",
    );
}

#[test]
fn a_client_uses_only_the_grants_that_it_registered() {
    let server = Server::start();
    let client = server
        .admin()
        .register(&json!({ "client_name": "idle", "grant_types": [] }));
    assert_refused(&ask(&server, &client, &[]), 400, "unauthorized_client");
}

#[test]
fn unknown_parameters_are_ignored() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let parameters = [
        ("audience", "https://elsewhere.example"),
        ("sub", "root"),
        ("exp", "1"),
    ];
    let token = server.token_for(&client, &parameters);
    assert_eq!(token.claims()["aud"], server.issuer());
    assert_eq!(token.claims()["sub"], *client.client_id);
}

#[test]
fn every_token_and_every_refusal_is_on_record() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    let refused = ask(&server, &client, &[("scope", "unknown")]).expect(400);

    let allowed = records(&server, "token.issue", "allowed");
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0]["client_id"], *client.client_id);
    assert_eq!(allowed[0]["details"]["token_id"], token.claims()["jti"]);
    let denied = records(&server, "token.issue", "denied");
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["client_id"], *client.client_id);
    assert_eq!(
        denied[0]["request_id"],
        refused.header("x-request-id").unwrap()
    );
    let all = format!("{allowed:?}{denied:?}{}", server.stderr());
    assert!(!all.contains(&client.client_secret) && !all.contains(&token.access_token));
}
