//! `ambit client`: the same objects as the admin API's, whether a server runs or not.

use serde_json::{Value, json};

use super::{failure, json};
use crate::support::{Agent, Caller, RegisteredClient, Server, eventually};

#[test]
fn created_is_what_the_admin_api_answers() {
    let server = Server::start();
    let made = json(
        &server,
        [
            "client",
            "create",
            "--name",
            "Bot",
            "--description",
            "d",
            "--scope",
            "protected",
            "--resource",
            "https://a.example.com",
            "--serves-resource",
            "urn:b",
            "--contact",
            "c",
            "--software-id",
            "s",
            "--token-lifetime",
            "60",
            "--secret-lifetime",
            "600",
            "--auth-method",
            "client_secret_post",
            "--redirect-uri",
            "https://example.com/",
            "--grant-type",
            "client_credentials",
            "--json",
        ],
    );
    let same = json!({
        "client_name": "Bot", "description": "d", "scope": "protected",
        "allowed_resources": ["https://a.example.com"], "serves_resources": ["urn:b"],
        "contacts": ["c"], "software_id": "s", "access_token_lifetime": 60,
        "client_secret_lifetime": 600, "token_endpoint_auth_method": "client_secret_post",
        "redirect_uris": ["https://example.com/"],
    });
    let over_http = server.admin().register(&same).metadata;
    assert_eq!(redacted(&made), redacted(&over_http));
    let client = registered(&made);
    server.agent(&client).get("/protected").expect(200);
}

#[test]
fn everything_works_without_a_server() {
    let mut server = Server::start();
    server.stop();
    let made = json(
        &server,
        [
            "client",
            "create",
            "--name",
            "Offline",
            "--scope",
            "protected",
            "--json",
        ],
    );
    let client = registered(&made);
    let id = client.client_id.as_str();
    let updated = json(
        &server,
        ["client", "update", id, "--description", "new", "--json"],
    );
    assert_eq!(updated["description"], "new");
    assert_eq!(json(&server, ["client", "show", id, "--json"]), updated);
    let page = json(&server, ["client", "list", "--json"]);
    assert_eq!(page["clients"][0]["client_id"], id);
    server.start_again();
    server.agent(&client).get("/protected").expect(200);
}

#[test]
fn shown_and_listed_is_what_the_admin_api_answers() {
    let server = Server::start();
    let client = server.create_client("Shown", &["protected"]);
    for name in ["a", "b"] {
        server.create_client(name, &[]);
    }
    let id = client.client_id.as_str();
    let over_http: Value = server
        .admin()
        .get(&format!("/admin/api/clients/{id}"))
        .json();
    assert_eq!(json(&server, ["client", "show", id, "--json"]), over_http);
    let query = [("sort", "client_name"), ("limit", "2")];
    let over_http: Value = server
        .admin()
        .get_query("/admin/api/clients", &query)
        .json();
    let page = json(
        &server,
        ["client", "list", "--sort", "name", "--limit", "2", "--json"],
    );
    assert_eq!(page, over_http);
    // The cursor of one is good for the other.
    let cursor = page["next_cursor"].as_str().unwrap();
    let last = json(
        &server,
        [
            "client", "list", "--sort", "name", "--cursor", cursor, "--json",
        ],
    );
    assert_eq!(last["clients"].as_array().unwrap().len(), 1);
    assert_eq!(last["next_cursor"], Value::Null);
}

#[test]
fn a_list_is_searched_filtered_and_turned_round() {
    let server = Server::start();
    for name in ["alpha one", "beta two", "gamma two"] {
        server.cli_stdout(["client", "create", "--name", name]);
    }
    let names = |page: Value| {
        let clients = page["clients"].as_array().unwrap().clone();
        clients
            .iter()
            .map(|client| client["client_name"].clone())
            .collect::<Vec<_>>()
    };
    let list = json(
        &server,
        [
            "client", "list", "--search", "A TWO", "--sort", "-name", "--json",
        ],
    );
    assert_eq!(names(list.clone()), ["gamma two", "beta two"]);
    let id = list["clients"][0]["client_id"].as_str().unwrap();
    server.cli_stdout(["client", "disable", id]);
    assert_eq!(
        names(json(&server, ["client", "list", "--disabled", "--json"])),
        ["gamma two"]
    );
    let enabled = json(
        &server,
        ["client", "list", "--enabled", "--sort", "created", "--json"],
    );
    assert_eq!(names(enabled), ["alpha one", "beta two"]);
    let table = server.cli_stdout(["client", "list", "--limit", "1"]);
    assert!(
        table.contains("gamma two") && table.contains("disabled"),
        "{table}"
    );
    assert!(table.contains("--cursor "), "{table}");
}

#[test]
fn an_update_resets_what_it_is_told_to() {
    let server = Server::start();
    let made = server.admin().register(&json!({
        "client_name": "x", "contacts": ["c"], "software_id": "s", "access_token_lifetime": 60,
        "allowed_resources": ["urn:a"], "scope": "protected",
    }));
    let id = made.client_id.as_str();
    let updated = json(
        &server,
        [
            "client",
            "update",
            id,
            "--no-contact",
            "--no-software-id",
            "--no-token-lifetime",
            "--no-resource",
            "--scope",
            "",
            "--json",
        ],
    );
    let expected = json!([[], null, null, [], ""]);
    let fields = [
        "contacts",
        "software_id",
        "access_token_lifetime",
        "allowed_resources",
        "scope",
    ];
    assert_eq!(json!(fields.map(|field| updated[field].clone())), expected);
}

#[test]
fn disabling_revoking_and_deleting_reach_the_running_server() {
    let server = Server::start();
    for action in ["disable", "revoke-tokens"] {
        let client = server.create_client(action, &["protected"]);
        let agent = server.agent(&client);
        agent.get("/protected").expect(200);
        server.cli_stdout(["client", action, &client.client_id]);
        shut_out(&agent);
    }
    let client = server.create_client("deleted", &["protected"]);
    let agent = server.agent(&client);
    server.cli_stdout(["client", "delete", &client.client_id, "--yes"]);
    shut_out(&agent);
    failure(&server, 1, ["client", "show", &client.client_id]);
}

#[test]
fn enabled_again_a_client_gets_tokens() {
    let server = Server::start();
    let client = server.create_client("Back", &["protected"]);
    let id = client.client_id.as_str();
    assert_eq!(
        json(&server, ["client", "disable", id, "--json"])["enabled"],
        false
    );
    assert_eq!(
        json(&server, ["client", "enable", id, "--json"])["enabled"],
        true
    );
    eventually("the server hears of it", || {
        let form = [("grant_type", "client_credentials")];
        let answer = server
            .anonymous()
            .with_basic(&client)
            .post_form("/token", &form);
        (answer.status == 200).then_some(())
    });
}

#[test]
fn a_resource_is_known_when_the_command_comes_back() {
    let server = Server::start();
    let resources: Vec<_> = (0..4)
        .map(|number| format!("urn:report:{number}"))
        .collect();
    let caller = server.admin().register(&json!({
        "client_name": "Caller", "scope": "protected", "allowed_resources": resources,
    }));
    // Several times, since the server may happen to hear of one at once.
    for resource in &resources {
        // From here on the server remembers who serves what.
        server.token(&caller);
        let serves = ["--serves-resource", resource];
        let create = ["client", "create", "--name", "Reports", "--json"];
        let made = server
            .command(&[create.as_slice(), &serves].concat())
            .output();
        let made = serde_json::from_slice(&made.unwrap().stdout).unwrap();
        let token = server.token_for(&caller, &[("resource", resource)]);
        let seen = server.introspect(&registered(&made), &token);
        assert_eq!(seen["active"], true, "{seen}");
    }
}

#[test]
fn nothing_is_deleted_without_a_yes() {
    let server = Server::start();
    let client = server.create_client("Stays", &[]);
    let error = failure(&server, 2, ["client", "delete", &client.client_id]);
    assert!(error.contains("--yes"), "{error}");
    server.cli_stdout(["client", "show", &client.client_id]);
}

#[test]
fn every_wrong_field_is_named_and_nothing_is_made() {
    let server = Server::start();
    let error = failure(
        &server,
        1,
        [
            "client",
            "create",
            "--name",
            "",
            "--scope",
            "nope",
            "--resource",
            "/x",
            "--token-lifetime",
            "0",
        ],
    );
    assert!(error.starts_with("ambit: "), "{error}");
    for field in [
        "client_name",
        "scope",
        "allowed_resources",
        "access_token_lifetime",
    ] {
        assert!(
            error.contains(&format!("\n  {field}: ")),
            "{field} is not in {error}"
        );
    }
    let page = json(&server, ["client", "list", "--json"]);
    assert_eq!(page["clients"], json!([]));
}

#[test]
fn what_others_wrote_does_not_steer_the_terminal() {
    let server = Server::start();
    server.admin().register(&json!({
        "client_name": "a\u{202e}b", "description": "one\ntwo",
    }));
    let table = server.cli_stdout(["client", "list"]);
    assert!(!table.contains('\u{202e}'), "{table}");
}

fn shut_out(agent: &Agent) {
    let refused = || (agent.get("/protected").status == 401).then_some(());
    eventually("the server hears of it", refused);
}

fn registered(made: &Value) -> RegisteredClient {
    RegisteredClient {
        client_id: made["client_id"].as_str().unwrap().to_owned(),
        client_secret: made["client_secret"].as_str().unwrap().to_owned(),
        metadata: made.clone(),
    }
}

/// The object with its names and types, but for what is made anew each time.
fn redacted(client: &Value) -> Value {
    let mut client = client.clone();
    for field in [
        "client_id",
        "client_secret",
        "client_id_issued_at",
        "client_secret_expires_at",
        "updated_at",
        "tokens_valid_from",
    ] {
        assert!(!client[field].is_null(), "{field} is missing");
        client[field] = json!("[made]");
    }
    for field in ["secret_id", "created_at", "expires_at"] {
        assert!(!client["secrets"][0][field].is_null(), "{field} is missing");
        client["secrets"][0][field] = json!("[made]");
    }
    client
}
