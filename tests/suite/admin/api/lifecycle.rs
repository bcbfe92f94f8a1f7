//! `/admin/api/clients/{client_id}`: shutting a client out, letting it in again, and its last use.

use serde_json::{Value, json};

use crate::support::{Caller, RegisteredClient, Server, eventually};

#[test]
fn a_disabled_client_is_shut_out_until_it_is_enabled() {
    let server = Server::start();
    let admin = server.admin();
    let client = server.create_client("Stopped", &["protected"]);
    let observer = server.create_client("Observer", &[]);
    let agent = server.agent(&client);
    agent.get("/protected").expect(200);
    let stopped: Value = admin
        .post_empty(&format!("{}/disable", path(&client)))
        .expect(200)
        .json();
    assert_eq!(stopped["enabled"], false);
    agent.get("/protected").expect(401);
    refuse_token(&server, &client);
    assert_eq!(
        server.introspect(&observer, &agent.token),
        json!({"active": false})
    );

    let back: Value = admin
        .post_empty(&format!("{}/enable", path(&client)))
        .expect(200)
        .json();
    assert_eq!(back["enabled"], true);
    agent.get("/protected").expect(401);
    server.agent(&client).get("/protected").expect(200);
}

#[test]
fn revoking_all_tokens_leaves_the_client_free_to_get_new_ones() {
    let server = Server::start();
    let client = server.create_client("Revoked", &["protected"]);
    let other = server.agent(&server.create_client("Other", &["protected"]));
    let agents = [server.agent(&client), server.agent(&client)];
    let action = format!("{}/revoke_tokens", path(&client));
    server.admin().post_empty(&action).expect(200);
    for agent in &agents {
        agent.get("/protected").expect(401);
    }
    // At once, in the same second.
    server.agent(&client).get("/protected").expect(200);
    other.get("/protected").expect(200);
}

#[test]
fn a_deleted_client_is_gone_with_its_tokens() {
    let server = Server::start();
    let admin = server.admin();
    let client = server.create_client("Deleted", &["protected"]);
    let agent = server.agent(&client);
    admin.delete(&path(&client)).expect(204);
    agent.get("/protected").expect(401);
    refuse_token(&server, &client);
    admin.get(&path(&client)).expect(404);
    admin.delete(&path(&client)).expect(404);
    let page: Value = admin.get("/admin/api/clients").expect(200).json();
    assert_eq!(page["clients"], json!([]));
}

#[test]
fn last_use_is_known_within_some_seconds() {
    let server = Server::start();
    let admin = server.admin();
    let client = server.create_client("Used", &["protected"]);
    let issued = server.token(&client).claims()["iat"].as_i64().unwrap();
    let shown = eventually("last_used_at is written down", || {
        let shown: Value = admin.get(&path(&client)).json();
        shown["last_used_at"].is_i64().then_some(shown)
    });
    assert!((shown["last_used_at"].as_i64().unwrap() - issued).abs() <= 5);
    assert_eq!(shown["secrets"][0]["last_used_at"], shown["last_used_at"]);
}

#[test]
fn last_use_is_written_down_at_the_end() {
    let mut server = Server::start();
    let client = server.create_client("Used", &["protected"]);
    server.token(&client);
    server.restart();
    let shown: Value = server.admin().get(&path(&client)).json();
    assert!(shown["last_used_at"].is_i64(), "{shown}");
}

fn path(client: &RegisteredClient) -> String {
    format!("/admin/api/clients/{}", client.client_id)
}

#[track_caller]
fn refuse_token(server: &Server, client: &RegisteredClient) {
    let form = [("grant_type", "client_credentials")];
    let answer = server
        .anonymous()
        .with_basic(client)
        .post_form("/token", &form)
        .expect(401);
    assert_eq!(answer.error(), "invalid_client");
}
