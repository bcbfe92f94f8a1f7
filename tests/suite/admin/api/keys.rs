//! `/admin/api/keys`: the keys that sign tokens, as administrators see and replace them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Caller, Server, ServerBuilder, eventually};

const PATH: &str = "/admin/api/keys";

#[test]
fn one_key_signs_after_the_first_start() {
    let server = Server::start();
    let keys = keys(&server);
    assert_eq!(keys.len(), 1);
    let key = &keys[0];
    assert_eq!(key["algorithm"], "RS256");
    assert_eq!(key["state"], "current");
    assert_eq!(key["held_here"], true);
    let client = server.create_client("Signed", &[]);
    assert_eq!(server.token(&client).header()["kid"], key["kid"]);
    assert_eq!(published(&server), BTreeSet::from([text(key, "kid")]));
}

#[test]
fn the_next_key_is_published_before_it_signs() {
    let server = Server::start();
    let first = text(&keys(&server)[0], "kid");
    let made: Value = server
        .admin()
        .post_empty(&format!("{PATH}/rotate"))
        .expect(201)
        .json();
    let next = &made["keys"][0];
    assert_eq!(next["state"], "next");
    let waits = next["signs_from"].as_i64().unwrap() - next["created_at"].as_i64().unwrap();
    assert!(
        (300..310).contains(&waits),
        "as long as /jwks may be cached, and every replica needs to hear of it: {waits}"
    );
    assert_eq!(
        published(&server),
        BTreeSet::from([first.clone(), text(next, "kid")])
    );
    let client = server.create_client("Signed", &[]);
    assert_eq!(server.token(&client).header()["kid"], first);
    // One that waits is enough.
    server
        .admin()
        .post_empty(&format!("{PATH}/rotate"))
        .expect(409);
    assert_eq!(keys(&server).len(), 2);
}

#[test]
fn the_next_key_takes_over_and_the_last_one_still_verifies() {
    let server = quick().start();
    let client = server.create_client("Signed", &["protected"]);
    let before = server.agent(&client);
    let first = text(&before.token.header(), "kid");
    let made: Value = server
        .admin()
        .post_empty(&format!("{PATH}/rotate"))
        .expect(201)
        .json();
    let next = text(&made["keys"][0], "kid");
    let after = eventually("the next key signs", || {
        let agent = server.agent(&client);
        (agent.token.header()["kid"] != first.as_str()).then_some(agent)
    });
    assert_eq!(text(&after.token.header(), "kid"), next);
    before.get("/protected").expect(200);
    after.get("/protected").expect(200);
    assert_eq!(
        published(&server),
        BTreeSet::from([first.clone(), next.clone()])
    );
    let state = |kid: &str| {
        let keys = keys(&server);
        let key = keys.iter().find(|key| key["kid"] == kid).unwrap();
        text(key, "state")
    };
    assert_eq!([state(&first), state(&next)], ["previous", "current"]);
}

#[test]
fn a_withdrawn_key_takes_its_tokens_with_it() {
    let server = Server::start();
    let client = server.create_client("Signed", &["protected"]);
    let before = server.agent(&client);
    let kid = text(&before.token.header(), "kid");
    server.admin().delete(&format!("{PATH}/{kid}")).expect(204);
    before.get("/protected").expect(401);
    assert!(!published(&server).contains(&kid));
    let observer = server.create_client("Observer", &[]);
    assert_eq!(server.introspect(&observer, &before.token)["active"], false);
    // There is another one at once.
    let after = server.agent(&client);
    after.get("/protected").expect(200);
    assert_ne!(after.token.header()["kid"], kid);
    let file = std::fs::read_dir(server.folder().join("keys"))
        .unwrap()
        .find(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().contains(&kid)
        });
    assert!(file.is_none(), "its private half stays behind: {file:?}");
}

#[test]
fn a_key_that_nobody_knows_is_not_found() {
    let server = Server::start();
    for kid in ["x", "..%2f..%2fetc%2fpasswd", "%00"] {
        server.admin().delete(&format!("{PATH}/{kid}")).expect(404);
    }
    assert_eq!(keys(&server).len(), 1);
}

#[test]
fn a_key_from_the_settings_is_replaced_there() {
    let donor = Server::start();
    let file = std::fs::read_dir(donor.folder().join("keys"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let pem = std::fs::read_to_string(file.path()).unwrap();
    let server = Server::with([("JWT_PRIVATE_KEY", &pem)]).own_keys().start();
    let key = &keys(&server)[0];
    let client = server.create_client("Signed", &["protected"]);
    server.agent(&client).get("/protected").expect(200);
    server
        .admin()
        .post_empty(&format!("{PATH}/rotate"))
        .expect(409);
    server
        .admin()
        .delete(&format!("{PATH}/{}", text(key, "kid")))
        .expect(409);
    server.agent(&client).get("/protected").expect(200);
}

#[test]
fn private_members_are_never_shown() {
    let server = Server::start();
    for path in [PATH, "/jwks"] {
        let body: Value = server.admin().get(path).expect(200).json();
        for key in body["keys"].as_array().unwrap() {
            for member in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
                assert!(key.get(member).is_none(), "{member} is in {path}");
            }
        }
    }
}

/// A server whose next key signs after a second.
fn quick() -> ServerBuilder {
    Server::with([("AMBIT_JWKS_CACHE_SECONDS", "1")])
}

fn keys(server: &Server) -> Vec<Value> {
    let list: Value = server.admin().get(PATH).expect(200).json();
    list["keys"].as_array().unwrap().clone()
}

fn published(server: &Server) -> BTreeSet<String> {
    let set: Value = server.anonymous().get("/jwks").expect(200).json();
    set["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| text(key, "kid"))
        .collect()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}
