//! `/.well-known/oauth-authorization-server` (RFC 8414): all that works, and nothing else.

use reqwest::Method;
use serde_json::{Value, json};

use super::GRANT;
use crate::support::{Answer, Caller, RegisteredClient, Server};

const ADDRESS: &str = "/.well-known/oauth-authorization-server";

fn metadata(server: &Server) -> Value {
    server.anonymous().get(ADDRESS).expect(200).json()
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

#[test]
fn the_document_is_complete() {
    let server = Server::with([("AMBIT_ISSUER", "http://ambit.localhost")]).start();
    insta::assert_json_snapshot!(metadata(&server), @r#"
    {
      "authorization_endpoint": "http://ambit.localhost/authorize",
      "grant_types_supported": [
        "client_credentials"
      ],
      "introspection_endpoint": "http://ambit.localhost/introspect",
      "introspection_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ],
      "issuer": "http://ambit.localhost",
      "jwks_uri": "http://ambit.localhost/jwks",
      "protected_resources": [
        "http://ambit.localhost",
        "http://ambit.localhost/mcp",
        "http://ambit.localhost/actions"
      ],
      "response_types_supported": [],
      "revocation_endpoint": "http://ambit.localhost/revoke",
      "revocation_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ],
      "scopes_supported": [
        "protected",
        "highly_sensitive",
        "ambit:clients:read",
        "ambit:clients:write",
        "ambit:keys:read",
        "ambit:keys:write",
        "ambit:scopes:read",
        "ambit:scopes:write",
        "ambit:administrators:read",
        "ambit:administrators:write",
        "ambit:audit:read",
        "warehouse:read",
        "audit:read",
        "releases:read",
        "releases:write",
        "tickets:read"
      ],
      "token_endpoint": "http://ambit.localhost/token",
      "token_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ]
    }
    "#);
}

#[test]
fn anybody_may_read_it_and_keep_it_for_a_while() {
    let server = Server::start();
    for path in ["", "/mcp", "/actions"] {
        let resource = format!("/.well-known/oauth-protected-resource{path}");
        for address in [ADDRESS, &resource] {
            let answer = server.anonymous().get(address).expect(200);
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            let head = Answer::to(server.anonymous().request(Method::HEAD, address));
            assert_eq!(head.expect(200).body, "");
        }
    }
}

#[test]
fn the_issuer_stands_byte_for_byte_in_tokens_and_metadata() {
    for issuer in ["http://Ambit.localhost:80", "HTTP://ambit.localhost"] {
        let server = Server::with([("AMBIT_ISSUER", issuer)]).start();
        let client = server.create_client("reporter", &["protected"]);
        assert_eq!(metadata(&server)["issuer"], issuer);
        let agent = server.agent(&client);
        assert_eq!(agent.token.claims()["iss"], issuer);
        agent.get("/protected").expect(200);
    }
}

#[test]
fn every_endpoint_that_is_named_works_in_every_way_that_is_named() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let metadata = metadata(&server);
    let path_of = |member: &str| {
        let address = metadata[member].as_str().expect(member);
        address
            .strip_prefix(server.issuer())
            .expect("below the issuer")
            .to_owned()
    };
    for (endpoint, methods) in [
        ("token_endpoint", "token_endpoint_auth_methods_supported"),
        (
            "introspection_endpoint",
            "introspection_endpoint_auth_methods_supported",
        ),
        (
            "revocation_endpoint",
            "revocation_endpoint_auth_methods_supported",
        ),
    ] {
        for method in texts(&metadata[methods]) {
            send(&server, &client, &path_of(endpoint), method).expect(200);
        }
    }
    for grant_type in texts(&metadata["grant_types_supported"]) {
        let form = [("grant_type", grant_type)];
        server
            .anonymous()
            .with_basic(&client)
            .post_form("/token", &form)
            .expect(200);
    }
    server.anonymous().get(&path_of("jwks_uri")).expect(200);
    server
        .anonymous()
        .get(&path_of("authorization_endpoint"))
        .expect(400);
    for resource in texts(&metadata["protected_resources"]) {
        server.token_for(&client, &[("resource", resource)]);
        let path = resource.strip_prefix(server.issuer()).unwrap();
        let address = format!("/.well-known/oauth-protected-resource{path}");
        let described: Value = server.anonymous().get(&address).expect(200).json();
        assert_eq!(described["resource"], resource);
    }
}

/// A request to an endpoint, authenticated by the method of this name.
fn send(server: &Server, client: &RegisteredClient, path: &str, method: &str) -> Answer {
    let form = [GRANT, ("token", "x")];
    let RegisteredClient {
        client_id,
        client_secret,
        ..
    } = client;
    match method {
        "client_secret_basic" => server.anonymous().with_basic(client).post_form(path, &form),
        "client_secret_post" => {
            let posted = [
                ("client_id", client_id.as_str()),
                ("client_secret", client_secret.as_str()),
            ];
            server
                .anonymous()
                .post_form(path, &[&form[..], &posted].concat())
        }
        other => panic!("{other} is named, and not tried here"),
    }
}

#[test]
fn every_scope_that_is_named_can_be_registered_and_granted_and_no_other() {
    let server = Server::start();
    let scopes = json!({ "name": "reports", "description": "Read.", "sensitivity": "normal" });
    server
        .admin()
        .post_json("/admin/api/scopes", &scopes)
        .expect(201);
    let metadata = metadata(&server);
    let scopes = texts(&metadata["scopes_supported"]);
    assert!(
        scopes.contains(&"reports"),
        "an administrator's own scope is missing: {scopes:?}"
    );
    let client = server.create_client("everything", &scopes);
    let mut sorted = scopes.clone();
    sorted.sort_unstable();
    assert_eq!(server.token(&client).scope, sorted.join(" "));
    let unknown = json!({ "client_name": "unknown", "scope": "unheard_of" });
    server
        .admin()
        .post_json("/admin/api/clients", &unknown)
        .expect(422);
}

#[test]
fn registration_takes_what_is_named_and_nothing_else() {
    let server = Server::start();
    let metadata = metadata(&server);
    for method in texts(&metadata["token_endpoint_auth_methods_supported"]) {
        let registration = json!({ "client_name": "c", "token_endpoint_auth_method": method });
        server.admin().register(&registration);
    }
    for (member, value) in [
        ("token_endpoint_auth_method", json!("none")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("grant_types", json!(["authorization_code"])),
        ("grant_types", json!(["password"])),
    ] {
        let registration = json!({ "client_name": "c", member: value });
        server
            .admin()
            .post_json("/admin/api/clients", &registration)
            .expect(422);
    }
}
