//! Two replicas that share a PostgreSQL database and nothing else: what is changed at one holds at
//! the other within a second.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{POLL, assert_audit_log_is_intact, assert_recorded, load::Load, runs_on};
use crate::support::{Answer, Backend, Caller, RegisteredClient, Server, Token};

/// How soon a change must hold elsewhere.
const SOON: Duration = Duration::from_secs(1);

/// A server, and another one on the same database, keys folder and issuer; `None` on SQLite, which
/// one process serves at a time.
fn two_replicas() -> Option<(Server, Server)> {
    runs_on(Backend::Postgres).then(|| {
        let here = Server::start();
        let there = here.replica();
        (here, there)
    })
}

/// Demands that something holds, and goes on to, for requests sent a second from now.
#[track_caller]
fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let changed = Instant::now();
    loop {
        let asked = changed.elapsed();
        if holds() {
            break;
        }
        assert!(asked < SOON, "{what}: not after a second");
        thread::sleep(POLL);
    }
    for _ in 0..5 {
        assert!(holds(), "{what}: it held, and then it did not");
    }
}

fn call(server: &Server, token: &Token) -> Answer {
    let caller = server.anonymous().with_token(&token.access_token);
    caller.get("/protected")
}

fn ask_for_token(server: &Server, client: &RegisteredClient, scope: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    let caller = server.anonymous().with_basic(client);
    caller.post_form("/token", &form)
}

/// A client known at both replicas, with a token that both have accepted.
fn known_client(here: &Server, there: &Server, scopes: &[&str]) -> (RegisteredClient, Token) {
    let client = here.create_client("known at both", scopes);
    let token = here.token(&client);
    for server in [here, there] {
        soon("the client is known", || {
            ask_for_token(server, &client, "protected").status == 200
        });
        call(server, &token).expect(200);
    }
    (client, token)
}

fn change(server: &Server, client: &RegisteredClient, operation: &str) {
    let path = format!("/admin/api/clients/{}/{operation}", client.client_id);
    server.admin().post_empty(&path).expect(200);
}

#[test]
fn created_client_works() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let client = here.create_client("made here", &["protected"]);
    soon("the client gets a token", || {
        ask_for_token(&there, &client, "protected").status == 200
    });
    call(&here, &there.token(&client)).expect(200);
}

#[test]
fn revoked_token_is_refused() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, token) = known_client(&here, &there, &["protected"]);
    here.revoke(&client, &token);
    soon("the token is refused", || {
        call(&there, &token).status == 401
    });
    let introspection = there.introspect(&client, &token);
    assert_eq!(introspection, json!({ "active": false }));
    call(&there, &there.token(&client)).expect(200);
}

#[test]
fn revocation_of_all_tokens_holds() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, token) = known_client(&here, &there, &["protected"]);
    let issued_there = there.token(&client);
    change(&here, &client, "revoke_tokens");
    for token in [&token, &issued_there] {
        soon("the token is refused", || call(&there, token).status == 401);
    }
    let after = there.token(&client);
    call(&there, &after).expect(200);
    call(&here, &after).expect(200);
}

#[test]
fn disabled_client_is_shut_out_until_it_is_enabled() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, token) = known_client(&here, &there, &["protected"]);
    change(&here, &client, "disable");
    soon("the client gets no token", || {
        ask_for_token(&there, &client, "protected").status == 401
    });
    call(&there, &token).expect(401);
    change(&there, &client, "enable");
    soon("the client gets a token", || {
        ask_for_token(&here, &client, "protected").status == 200
    });
    call(&here, &token).expect(401);
}

#[test]
fn deleted_client_is_gone() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, token) = known_client(&here, &there, &["protected"]);
    let path = format!("/admin/api/clients/{}", client.client_id);
    here.admin().delete(&path).expect(204);
    soon("the token is refused", || {
        call(&there, &token).status == 401
    });
    ask_for_token(&there, &client, "protected").expect(401);
    there.admin().get(&path).expect(404);
}

#[test]
fn retired_secret_is_refused_and_the_new_one_works() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, token) = known_client(&here, &there, &["protected"]);
    let secrets = format!("/admin/api/clients/{}/secrets", client.client_id);
    let added: Value = here.admin().post_empty(&secrets).expect(201).json();
    let changed_over = RegisteredClient {
        client_secret: added["client_secret"]
            .as_str()
            .expect("a secret")
            .to_owned(),
        ..client.clone()
    };
    soon("the new secret works", || {
        ask_for_token(&there, &changed_over, "protected").status == 200
    });
    ask_for_token(&there, &client, "protected").expect(200);

    let first = client.metadata["secrets"][0]["secret_id"]
        .as_str()
        .expect("an id");
    here.admin()
        .delete(&format!("{secrets}/{first}"))
        .expect(200);
    soon("the first secret is refused", || {
        ask_for_token(&there, &client, "protected").status == 401
    });
    ask_for_token(&there, &changed_over, "protected").expect(200);
    call(&there, &token).expect(200);
}

#[test]
fn scope_taken_from_a_client_is_not_granted() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, _) = known_client(&here, &there, &["protected", "highly_sensitive"]);
    ask_for_token(&there, &client, "highly_sensitive").expect(200);
    let path = format!("/admin/api/clients/{}", client.client_id);
    let patch = json!({ "scope": "protected" });
    here.admin().patch_json(&path, &patch).expect(200);
    soon("the scope is not granted", || {
        ask_for_token(&there, &client, "highly_sensitive").status == 400
    });
    ask_for_token(&there, &client, "protected").expect(200);
}

#[test]
fn scope_removed_from_the_catalogue_is_not_granted() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let scope =
        json!({ "name": "reports", "description": "Read reports.", "sensitivity": "normal" });
    here.admin()
        .post_json("/admin/api/scopes", &scope)
        .expect(201);
    let (client, _) = known_client(&here, &there, &["protected", "reports"]);
    soon("the scope is granted", || {
        ask_for_token(&there, &client, "reports").status == 200
    });
    here.admin().delete("/admin/api/scopes/reports").expect(204);
    soon("the scope is not granted", || {
        ask_for_token(&there, &client, "reports").status == 400
    });
    ask_for_token(&there, &client, "protected").expect(200);
}

fn published_keys(server: &Server) -> Vec<String> {
    let keys: Value = server.anonymous().get("/jwks").expect(200).json();
    let keys = keys["keys"].as_array().expect("keys");
    let kid = |key: &Value| key["kid"].as_str().expect("a kid").to_owned();
    keys.iter().map(kid).collect()
}

#[test]
fn new_key_is_published() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (_, token) = known_client(&here, &there, &["protected"]);
    let made: Value = here
        .admin()
        .post_empty("/admin/api/keys/rotate")
        .expect(201)
        .json();
    let made = made["keys"][0]["kid"].as_str().expect("a kid").to_owned();
    soon("the new key is published", || {
        published_keys(&there).contains(&made)
    });
    assert_eq!(published_keys(&there).len(), 2, "the present key stays");
    call(&there, &token).expect(200);
}

#[test]
fn withdrawn_key_is_not_accepted() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, token) = known_client(&here, &there, &["protected"]);
    let header = token.header();
    let kid = header["kid"].as_str().expect("a kid");
    here.admin()
        .delete(&format!("/admin/api/keys/{kid}"))
        .expect(204);
    soon("the token is refused", || {
        call(&there, &token).status == 401
    });
    assert!(!published_keys(&there).contains(&kid.to_owned()));
    soon("there is another key to sign with", || {
        let answer = ask_for_token(&there, &client, "protected");
        answer.status == 200 && answer.json::<Token>().header()["kid"] != *kid
    });
    let signed_anew = there.token(&client);
    call(&here, &signed_anew).expect(200);
    call(&there, &signed_anew).expect(200);
}

#[test]
fn replicas_with_keys_of_their_own_accept_each_others_tokens() {
    if !runs_on(Backend::Postgres) {
        return;
    }
    let here = Server::start();
    let there = Server::with([
        ("AMBIT_DATABASE_URL", here.database().url().as_str()),
        ("AMBIT_ISSUER", here.issuer()),
    ])
    // The database is the other server's: the harness need not make one.
    .backend(Backend::Sqlite)
    .own_keys()
    .start();
    let client = here.create_client("known at both", &["protected"]);
    let (from_here, from_there) = (here.token(&client), there.token(&client));
    assert_ne!(from_here.header()["kid"], from_there.header()["kid"]);
    soon("a token from there is accepted here", || {
        call(&here, &from_there).status == 200
    });
    soon("a token from here is accepted there", || {
        call(&there, &from_here).status == 200
    });
    for server in [&here, &there] {
        assert_eq!(published_keys(server).len(), 2);
    }
    here.revoke(&client, &from_there);
    soon("the token is refused", || {
        call(&there, &from_there).status == 401
    });
}

#[test]
fn one_chain_of_what_both_wrote_under_load() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let client = here.create_client("under load", &["protected"]);
    soon("the client is known", || {
        ask_for_token(&there, &client, "protected").status == 200
    });
    let answered = thread::scope(|scope| {
        let threads = [&here, &there].map(|server| {
            let (admin, client) = (server.admin(), &client);
            scope.spawn(move || {
                let load = Load {
                    address: server.address(),
                    admin: &admin,
                    client,
                };
                load.run(|watch| watch.wait_for_answers(400))
            })
        });
        threads.map(|thread| thread.join().expect("the load was answered"))
    });
    assert_audit_log_is_intact(&here);
    for (written, read) in [(&answered[0], &there), (&answered[1], &here)] {
        assert!(!written.clients.is_empty() && !written.revoked.is_empty());
        assert_recorded(read, &written.requests);
        for client in &written.clients {
            read.token(client);
        }
        for token in &written.revoked {
            call(read, token).expect(401);
        }
    }
}

#[test]
fn changes_of_two_administrators_at_once_both_stand() {
    let Some((here, there)) = two_replicas() else {
        return;
    };
    let (client, _) = known_client(&here, &there, &["protected"]);
    let path = format!("/admin/api/clients/{}", client.client_id);
    for round in 0..10 {
        let text = format!("round {round}");
        thread::scope(|scope| {
            for (server, field) in [(&here, "client_name"), (&there, "description")] {
                let patch = json!({ field: text });
                let path = &path;
                scope.spawn(move || {
                    server.admin().patch_json(path, &patch).expect(200);
                });
            }
        });
        let shown: Value = there.admin().get(&path).expect(200).json();
        assert_eq!(
            [&shown["client_name"], &shown["description"]],
            [&text, &text]
        );
    }
}
