//! Resource indicators (RFC 8707): what a token is for, and where it is accepted.

use serde_json::{Value, json};

use super::{GRANT, assert_refused, records};
use crate::support::{Answer, Caller, RegisteredClient, Server};

const REPORTS: &str = "https://reports.example/api";
const ARCHIVE: &str = "urn:example:archive";

fn server() -> Server {
    Server::with([("AMBIT_RESOURCES", &*format!("{REPORTS},{ARCHIVE}"))]).start()
}

fn client_for(server: &Server, allowed: &[&str]) -> RegisteredClient {
    server.admin().register(&json!({
        "client_name": "reporter",
        "scope": "protected",
        "allowed_resources": allowed,
    }))
}

#[track_caller]
fn ask(server: &Server, client: &RegisteredClient, resources: &[&str]) -> Answer {
    let resources = resources.iter().map(|resource| ("resource", *resource));
    let form: Vec<_> = [GRANT].into_iter().chain(resources).collect();
    server
        .anonymous()
        .with_basic(client)
        .post_form("/token", &form)
}

#[test]
fn the_audience_is_what_was_asked_for() {
    let server = server();
    let issuer = server.issuer();
    let client = client_for(&server, &[REPORTS, ARCHIVE]);
    let audience = |resources: &[&str]| {
        let token: crate::support::Token = ask(&server, &client, resources).expect(200).json();
        token.claims()["aud"].clone()
    };
    assert_eq!(audience(&[]), *issuer);
    assert_eq!(audience(&[""]), *issuer);
    assert_eq!(audience(&[issuer]), *issuer);
    assert_eq!(audience(&[REPORTS]), REPORTS);
    assert_eq!(audience(&[REPORTS, REPORTS]), REPORTS);
    for own in ["mcp", "actions"] {
        let own = format!("{issuer}/{own}");
        assert_eq!(audience(&[&own]), own);
    }
    let mut several: Vec<String> =
        serde_json::from_value(audience(&[ARCHIVE, REPORTS, issuer])).unwrap();
    several.sort();
    let mut expected = [ARCHIVE, REPORTS, issuer];
    expected.sort_unstable();
    assert_eq!(several, expected);
}

#[test]
fn any_client_may_ask_for_ambits_own_resources() {
    let server = server();
    let client = client_for(&server, &[]);
    ask(&server, &client, &[server.issuer()]).expect(200);
    ask(&server, &client, &[&format!("{}/mcp", server.issuer())]).expect(200);
}

#[test]
fn what_is_malformed_unknown_or_for_others_is_no_target() {
    let server = server();
    let allowed = client_for(&server, &[REPORTS, "https://nobody-serves.example/"]);
    let elsewhere = client_for(&server, &[ARCHIVE]);
    let issuer = server.issuer();
    let long = format!("{REPORTS}/{}", "a".repeat(600));
    let refused = [
        "relative",
        "/mcp",
        "//reports.example/api",
        "reports.example/api",
        "?resource",
        "http://",
        "mailto:a@example.com",
        "javascript:alert(1)",
        " https://reports.example/api",
        "https://reports.example/ap\u{131}",
        "https://reports.example/api#fragment",
        "https://reports.example/api#",
        "https://reports.example/api/",
        "https://reports.example/",
        "https://REPORTS.example/api",
        "https://reports.example/api?x=1",
        "https://reports.example:443/api",
        "https://nobody-serves.example/",
        "https://unknown.example/",
        ARCHIVE,
        &format!("{issuer}/"),
        &format!("{issuer}/admin"),
        &format!("{issuer}#mcp"),
        &long,
    ];
    let mut bodies = Vec::new();
    for resource in refused {
        let answer = ask(&server, &allowed, &[resource]);
        assert_refused(&answer, 400, "invalid_target");
        bodies.push(answer.body);
        assert_refused(
            &ask(&server, &allowed, &[REPORTS, resource]),
            400,
            "invalid_target",
        );
    }
    assert_refused(&ask(&server, &elsewhere, &[REPORTS]), 400, "invalid_target");
    bodies.dedup();
    assert_eq!(
        bodies.len(),
        1,
        "the answers tell which resources exist: {bodies:?}"
    );
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
}

#[test]
fn there_is_an_end_to_resources() {
    let server = Server::start();
    let resources: Vec<_> = (0..20)
        .map(|number| format!("https://reports.example/{number}"))
        .collect();
    let reports = json!({ "client_name": "reports", "serves_resources": resources });
    server.admin().register(&reports);
    let client = server.admin().register(&json!({
        "client_name": "reporter",
        "allowed_resources": resources,
    }));
    let names: Vec<_> = resources.iter().map(String::as_str).collect();
    ask(&server, &client, &names[..8]).expect(200);
    assert_refused(&ask(&server, &client, &names), 400, "invalid_target");
}

#[test]
fn a_resource_is_known_while_somebody_serves_it() {
    let server = Server::start();
    let client = client_for(&server, &[REPORTS]);
    assert_refused(&ask(&server, &client, &[REPORTS]), 400, "invalid_target");
    let reports = server
        .admin()
        .register(&json!({ "client_name": "reports", "serves_resources": [REPORTS] }));
    ask(&server, &client, &[REPORTS]).expect(200);
    server
        .admin()
        .delete(&format!("/admin/api/clients/{}", reports.client_id))
        .expect(204);
    assert_refused(&ask(&server, &client, &[REPORTS]), 400, "invalid_target");
}

#[test]
fn a_token_for_somebody_else_is_not_accepted_here() {
    let server = server();
    let client = client_for(&server, &[REPORTS]);
    let elsewhere = server.token_for(&client, &[("resource", REPORTS)]);
    let refused = server
        .anonymous()
        .with_token(&elsewhere.access_token)
        .get("/protected");
    assert!(
        refused
            .expect(401)
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
    assert_eq!(server.introspect(&client, &elsewhere)["active"], true);

    let both = server.token_for(
        &client,
        &[("resource", REPORTS), ("resource", server.issuer())],
    );
    server
        .anonymous()
        .with_token(&both.access_token)
        .get("/protected")
        .expect(200);
}

/// RFC 9728, section 3: the metadata bear the identifier that `resource` takes.
#[test]
fn every_protected_resource_describes_itself_and_can_be_asked_for() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    for path in ["", "/mcp", "/actions"] {
        let address = format!("/.well-known/oauth-protected-resource{path}");
        let metadata: Value = server.anonymous().get(&address).expect(200).json();
        let resource = format!("{}{path}", server.issuer());
        assert_eq!(metadata["resource"], resource);
        assert_eq!(metadata["authorization_servers"], json!([server.issuer()]));
        assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
        assert_eq!(metadata["jwks_uri"], server.url("/jwks"));
        let token = server.token_for(&client, &[("resource", &resource)]);
        assert_eq!(token.claims()["aud"], resource);
    }
}
