//! `/admin/api/scopes`: the catalogue, and scopes that administrators add to it.

use serde_json::{Value, json};

use crate::support::{Caller, Server};

const PATH: &str = "/admin/api/scopes";

#[test]
fn the_catalogue_begins_with_the_scopes_of_the_code() {
    let server = Server::start();
    let catalogue: Value = server.admin().get(PATH).expect(200).json();
    let scopes = catalogue["scopes"].as_array().unwrap();
    let named = |name: &str| scopes.iter().find(|scope| scope["name"] == name).unwrap();
    for name in ["protected", "ambit:clients:read", "ambit:keys:read"] {
        assert_eq!(named(name)["sensitivity"], "normal", "{name}");
    }
    for name in [
        "highly_sensitive",
        "ambit:clients:write",
        "ambit:keys:write",
        "ambit:audit:read",
    ] {
        assert_eq!(named(name)["sensitivity"], "sensitive", "{name}");
    }
    for scope in scopes {
        assert_eq!(scope["built_in"], true);
        assert!(
            !scope["description"].as_str().unwrap().is_empty(),
            "{scope}"
        );
    }
}

#[test]
fn an_added_scope_is_granted_until_it_is_removed() {
    let server = Server::start();
    let admin = server.admin();
    let client = json!({"client_name": "Reader", "scope": "protected inventory:read"});
    admin.post_json("/admin/api/clients", &client).expect(422);

    let scope = json!({
        "name": "inventory:read", "description": "Read what is in store.", "sensitivity": "normal",
    });
    let added: Value = admin.post_json(PATH, &scope).expect(201).json();
    let mut expected = scope.clone();
    expected["built_in"] = json!(false);
    assert_eq!(added, expected);
    let catalogue: Value = admin.get(PATH).json();
    assert!(catalogue["scopes"].as_array().unwrap().contains(&expected));

    let client = admin.register(&client);
    assert_eq!(server.token(&client).scope, "inventory:read protected");
    let asked = [("scope", "inventory:read")];
    assert_eq!(server.token_for(&client, &asked).scope, "inventory:read");

    admin.delete(&format!("{PATH}/inventory:read")).expect(204);
    assert_eq!(server.token(&client).scope, "protected");
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "inventory:read"),
    ];
    let answer = server
        .anonymous()
        .with_basic(&client)
        .post_form("/token", &form)
        .expect(400);
    assert_eq!(answer.error(), "invalid_scope");
    let path = format!("/admin/api/clients/{}", client.client_id);
    admin
        .patch_json(&path, &json!({"scope": "inventory:read"}))
        .expect(422);
    // Whatever else is wrong with its scope, the client can be changed.
    admin
        .patch_json(&path, &json!({"description": "x"}))
        .expect(200);
}

#[test]
fn an_added_scope_outlives_a_restart() {
    let mut server = Server::start();
    let scope = json!({"name": "kept", "description": "", "sensitivity": "sensitive"});
    server.admin().post_json(PATH, &scope).expect(201);
    server.restart();
    let client = server.create_client("Keeper", &["kept"]);
    assert_eq!(server.token(&client).scope, "kept");
}

#[test]
fn a_scope_that_cannot_be_is_refused() {
    let server = Server::start();
    let admin = server.admin();
    let add = |name: &str, description: &str, sensitivity: &str| {
        let body = json!({
            "name": name, "description": description, "sensitivity": sensitivity,
        });
        let answer = admin.post_json(PATH, &body);
        let problem: Value = answer.json();
        assert_eq!(problem["status"], answer.status, "{answer}");
        answer.status
    };
    for name in [
        "",
        "a b",
        "a\"b",
        "a\\b",
        "é",
        "a\n",
        "\0",
        &"x".repeat(129),
        "ambit:everything",
    ] {
        assert_eq!(add(name, "", "normal"), 422, "{name:?}");
    }
    assert_eq!(add("fine", &"x".repeat(501), "normal"), 422);
    assert_eq!(add("fine", "a\0b", "normal"), 422);
    assert_eq!(add("fine", "", "harmless"), 422);
    assert_eq!(add("protected", "", "normal"), 409);
    assert_eq!(admin.post_json(PATH, &json!({"name": "fine"})).status, 422);
    let body = json!({
        "name": "fine", "description": "", "sensitivity": "normal", "built_in": true,
    });
    assert_eq!(admin.post_json(PATH, &body).status, 422);
    let catalogue: Value = admin.get(PATH).json();
    let added = |scope: &&Value| scope["built_in"] == false;
    assert_eq!(
        catalogue["scopes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(added)
            .count(),
        0
    );
}

#[test]
fn a_scope_is_added_once_and_removed_once() {
    let server = Server::start();
    let admin = server.admin();
    let body = json!({"name": "a/b", "description": "", "sensitivity": "normal"});
    admin.post_json(PATH, &body).expect(201);
    admin.post_json(PATH, &body).expect(409);
    admin.delete(&format!("{PATH}/a%2Fb")).expect(204);
    admin.delete(&format!("{PATH}/a%2Fb")).expect(404);
    admin.delete(&format!("{PATH}/protected")).expect(409);
    admin
        .delete(&format!("{PATH}/ambit:clients:read"))
        .expect(409);
    admin.delete(&format!("{PATH}/%00")).expect(404);
}
