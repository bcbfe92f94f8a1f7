//! `/admin/api/clients`: registering, changing, shutting out and deleting clients.

use insta::{assert_json_snapshot, assert_snapshot};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, Answer, Caller, RegisteredClient, Server};

#[test]
fn a_registration_is_answered_whole() {
    let server = Server::start();
    let answer = server.admin().post_json(
        "/admin/api/clients",
        &json!({
            "client_name": "Release bot",
            "description": "Cuts releases.\nEvery Tuesday.",
            "scope": "protected highly_sensitive",
            "allowed_resources": ["https://api.example.com/v1"],
            "serves_resources": ["urn:example:reports"],
            "grant_types": ["client_credentials"],
            "redirect_uris": ["https://bot.example.com/back"],
            "token_endpoint_auth_method": "client_secret_post",
            "contacts": ["ops@example.com"],
            "software_id": "release-bot",
            "access_token_lifetime": 600,
            "client_secret_lifetime": 86400,
        }),
    );
    let body: Value = answer.expect(201).json();
    let issued = body["client_id_issued_at"].as_i64().unwrap();
    let ends = body["client_secret_expires_at"].as_i64().unwrap();
    assert!((86400..86410).contains(&(ends - issued)), "{body}");
    assert_json_snapshot!(body, {
        ".client_id" => "[id]",
        ".client_secret" => "[secret]",
        ".client_secret_expires_at" => "[time]",
        ".client_id_issued_at" => "[time]",
        ".updated_at" => "[time]",
        ".tokens_valid_from" => "[time]",
        ".secrets[].secret_id" => "[id]",
        ".secrets[].created_at" => "[time]",
        ".secrets[].expires_at" => "[time]",
    }, @r#"
    {
      "access_token_lifetime": 600,
      "allowed_resources": [
        "https://api.example.com/v1"
      ],
      "client_id": "[id]",
      "client_id_issued_at": "[time]",
      "client_name": "Release bot",
      "client_secret": "[secret]",
      "client_secret_expires_at": "[time]",
      "contacts": [
        "ops@example.com"
      ],
      "description": "Cuts releases.\nEvery Tuesday.",
      "enabled": true,
      "grant_types": [
        "client_credentials"
      ],
      "last_used_at": null,
      "redirect_uris": [
        "https://bot.example.com/back"
      ],
      "scope": "highly_sensitive protected",
      "secrets": [
        {
          "created_at": "[time]",
          "expires_at": "[time]",
          "last_used_at": null,
          "secret_id": "[id]"
        }
      ],
      "serves_resources": [
        "urn:example:reports"
      ],
      "software_id": "release-bot",
      "tenant_id": "default",
      "token_endpoint_auth_method": "client_secret_post",
      "tokens_valid_from": "[time]",
      "updated_at": "[time]"
    }
    "#);
}

#[test]
fn a_name_is_enough_and_the_rest_has_defaults() {
    let server = Server::start();
    let client = server.admin().register(&json!({"client_name": "Small"}));
    let metadata = &client.metadata;
    assert_eq!(metadata["scope"], "");
    assert_eq!(metadata["grant_types"], json!(["client_credentials"]));
    assert_eq!(
        metadata["token_endpoint_auth_method"],
        "client_secret_basic"
    );
    assert_eq!(metadata["access_token_lifetime"], Value::Null);
    assert_eq!(metadata["client_secret_expires_at"], 0);
    assert_eq!(metadata["enabled"], true);
}

#[test]
fn location_leads_to_the_client_without_its_secret() {
    let server = Server::start();
    let admin = server.admin();
    let registration = json!({"client_name": "Located", "scope": "protected"});
    let answer = admin
        .post_json("/admin/api/clients", &registration)
        .expect(201);
    let location = answer.header("location").unwrap();
    let path = location.strip_prefix(server.issuer()).unwrap();
    let mut expected: Value = answer.json();
    let expected = expected.as_object_mut().unwrap();
    expected.remove("client_secret").unwrap();
    expected.remove("client_secret_expires_at").unwrap();
    assert_eq!(admin.get(path).expect(200).json::<Value>(), json!(expected));
}

#[test]
fn identifiers_and_secrets_need_no_encoding_and_differ() {
    let server = Server::start();
    let clients = [1, 2, 3].map(|_| server.create_client("Same name", &[]));
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    for client in &clients {
        assert!(plain(&client.client_id), "{}", client.client_id);
        assert!(plain(&client.client_secret), "{}", client.client_secret);
        // A prefix, and at least 256 bits in base64url.
        assert!(client.client_secret.starts_with("ambit_cs_"));
        assert!(client.client_secret.len() >= "ambit_cs_".len() + 43);
        let same = |other: &&RegisteredClient| {
            other.client_id == client.client_id || other.client_secret == client.client_secret
        };
        assert_eq!(clients.iter().filter(same).count(), 1);
    }
}

#[test]
fn every_wrong_field_is_named_at_once_and_nothing_is_made() {
    let server = Server::start();
    let answer = server.admin().post_json(
        "/admin/api/clients",
        &json!({
            "client_name": " ",
            "description": "x".repeat(2001),
            "scope": "protected no-such-scope",
            "allowed_resources": ["/relative", "https://api.example.com/#fragment"],
            "serves_resources": ["relative"],
            "grant_types": ["password"],
            "redirect_uris": ["http://example.com/"],
            "token_endpoint_auth_method": "none",
            "contacts": [""],
            "software_id": "a\u{7}b",
            "access_token_lifetime": 86401,
            "client_secret_lifetime": 0,
        }),
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem: Value = answer.expect(422).json();
    assert_eq!(problem["type"], "urn:ambit:problem:invalid_client_metadata");
    let errors = problem["errors"].as_array().unwrap();
    let fields: Vec<_> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_snapshot!(fields.join("\n"), @r"
    client_name
    description
    scope
    allowed_resources
    allowed_resources
    serves_resources
    grant_types
    redirect_uris
    token_endpoint_auth_method
    contacts
    software_id
    access_token_lifetime
    client_secret_lifetime
    ");
    assert!(
        errors[2]["detail"]
            .as_str()
            .unwrap()
            .contains("no-such-scope")
    );
    assert_eq!(all(&server.admin()), json!([]));
}

#[test]
fn a_scope_is_written_as_rfc_6749_says_or_refused() {
    let server = Server::start();
    for scope in [
        " protected",
        "protected  highly_sensitive",
        "protected\tx",
        "é",
        "\"",
        "\0",
    ] {
        let body = json!({"client_name": "x", "scope": scope});
        server
            .admin()
            .post_json("/admin/api/clients", &body)
            .expect(422);
    }
    assert_eq!(all(&server.admin()), json!([]));
}

#[test]
fn a_body_that_is_no_registration_is_refused() {
    let server = Server::start();
    let send = |content_type: &str, body: String| {
        let request = server.admin().request(Method::POST, "/admin/api/clients");
        let answer = Answer::to(request.header("content-type", content_type).body(body));
        let problem: Value = answer.json();
        assert_eq!(problem["status"], answer.status, "{answer}");
        answer.status
    };
    assert_eq!(
        send("application/json", "{\"client_name\":".to_owned()),
        400
    );
    assert_eq!(send("application/json", String::new()), 400);
    assert_eq!(send("application/json", "[]".to_owned()), 422);
    assert_eq!(send("application/json", "{}".to_owned()), 422);
    assert_eq!(
        send("application/json", "{\"client_name\":1}".to_owned()),
        422
    );
    let unknown = "{\"client_name\":\"a\",\"client_secret\":\"chosen\"}";
    assert_eq!(send("application/json", unknown.to_owned()), 422);
    let twice = "{\"client_name\":\"a\",\"client_name\":\"b\"}";
    assert_eq!(send("application/json", twice.to_owned()), 422);
    assert_eq!(
        send("text/plain", "{\"client_name\":\"a\"}".to_owned()),
        415
    );
    let large = format!("{{\"client_name\":\"{}\"}}", "a".repeat(1 << 20));
    assert_eq!(send("application/json", large), 413);
    assert_eq!(all(&server.admin()), json!([]));
}

#[test]
fn a_client_that_does_not_exist_is_not_found() {
    let server = Server::start();
    let admin = server.admin();
    for client_id in [
        "client_AAAAAAAAAAAAAAAAAAAAAA",
        "x",
        "%00",
        "%2e%2e",
        "a%20b",
        "%ff",
    ] {
        let path = format!("/admin/api/clients/{client_id}");
        admin.get(&path).expect(404);
        admin
            .patch_json(&path, &json!({"client_name": "x"}))
            .expect(404);
        admin.delete(&path).expect(404);
        for action in ["disable", "enable", "revoke_tokens", "secrets"] {
            admin.post_empty(&format!("{path}/{action}")).expect(404);
        }
    }
}

#[test]
fn a_change_changes_what_it_names_and_nothing_else() {
    let server = Server::start();
    let admin = server.admin();
    let client = admin.register(&json!({
        "client_name": "Before", "description": "stays", "scope": "protected",
        "contacts": ["a@example.com"], "software_id": "stays", "access_token_lifetime": 60,
    }));
    let path = path(&client);
    let before: Value = admin.get(&path).json();
    let change = json!({"client_name": "After", "contacts": []});
    let mut after: Value = admin.patch_json(&path, &change).expect(200).json();
    assert_eq!(admin.get(&path).json::<Value>(), after);
    assert_eq!(after["client_name"], "After");
    assert_eq!(after["contacts"], json!([]));
    for field in ["client_name", "contacts", "updated_at"] {
        after[field] = before[field].clone();
    }
    assert_eq!(after, before);
    admin.patch_json(&path, &json!({})).expect(200);
}

#[test]
fn null_resets_a_field_to_what_a_registration_begins_with() {
    let server = Server::start();
    let admin = server.admin();
    let plain = admin.register(&json!({"client_name": "Plain"}));
    let client = admin.register(&json!({
        "client_name": "Full", "description": "d", "scope": "protected",
        "allowed_resources": ["urn:a"], "serves_resources": ["urn:b"],
        "redirect_uris": ["https://example.com/"], "contacts": ["c"], "software_id": "s",
        "token_endpoint_auth_method": "client_secret_post", "access_token_lifetime": 60,
    }));
    let fields = [
        "description",
        "scope",
        "allowed_resources",
        "serves_resources",
        "grant_types",
        "redirect_uris",
        "contacts",
        "software_id",
        "token_endpoint_auth_method",
        "access_token_lifetime",
    ];
    for field in fields {
        let change = json!({field: null});
        let after: Value = admin.patch_json(&path(&client), &change).expect(200).json();
        assert_eq!(after[field], plain.metadata[field], "{field}");
    }
    admin
        .patch_json(&path(&client), &json!({"client_name": null}))
        .expect(422);
}

#[test]
fn a_change_with_mistakes_changes_nothing() {
    let server = Server::start();
    let admin = server.admin();
    let client = server.create_client("Stays", &["protected"]);
    let before: Value = admin.get(&path(&client)).json();
    let change = json!({"client_name": "Gone", "scope": "nope", "access_token_lifetime": 0});
    let problem: Value = admin.patch_json(&path(&client), &change).expect(422).json();
    let errors = problem["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["scope", "access_token_lifetime"]);
    for field in [
        "client_id",
        "client_secret",
        "enabled",
        "tenant_id",
        "client_id_issued_at",
    ] {
        admin
            .patch_json(&path(&client), &json!({field: "x"}))
            .expect(422);
    }
    assert_eq!(admin.get(&path(&client)).json::<Value>(), before);
}

#[test]
fn a_narrower_scope_holds_for_the_next_token() {
    let server = Server::start();
    let client = server.create_client("Narrowed", &["protected", "highly_sensitive"]);
    assert_eq!(server.token(&client).scope, "highly_sensitive protected");
    server
        .admin()
        .patch_json(&path(&client), &json!({"scope": "protected"}))
        .expect(200);
    assert_eq!(server.token(&client).scope, "protected");
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "highly_sensitive"),
    ];
    let answer = server
        .anonymous()
        .with_basic(&client)
        .post_form("/token", &form)
        .expect(400);
    assert_eq!(answer.error(), "invalid_scope");
}

#[test]
fn a_clients_own_lifetime_is_that_of_its_tokens() {
    let server = Server::start();
    let client = server.create_client("Lifetime", &["protected"]);
    assert_eq!(server.token(&client).expires_in, 3600);
    server
        .admin()
        .patch_json(&path(&client), &json!({"access_token_lifetime": 7}))
        .expect(200);
    let claims = server.token(&client).claims();
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        7
    );
}

fn path(client: &RegisteredClient) -> String {
    format!("/admin/api/clients/{}", client.client_id)
}

fn all(admin: &Admin) -> Value {
    let page: Value = admin.get("/admin/api/clients").expect(200).json();
    page["clients"].clone()
}
