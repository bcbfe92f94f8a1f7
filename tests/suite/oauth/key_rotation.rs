//! How one signing key follows upon another, and how one is taken back.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{GRANT, jwks::kids};
use crate::support::{Caller, Server};

/// Waits until something holds that is to come about by itself.
#[track_caller]
fn wait_until(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < limit,
            "{what} did not come about within {limit:?}"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_next_key_is_published_first_and_signs_later_and_the_old_one_stays() {
    let server = Server::with([
        ("AMBIT_JWKS_CACHE_SECONDS", "6"),
        ("AMBIT_ACCESS_TOKEN_LIFETIME_SECONDS", "600"),
        ("AMBIT_ACCESS_TOKEN_LIFETIME_MAX_SECONDS", "600"),
    ])
    .start();
    let client = server.create_client("reporter", &["protected"]);
    let old = kids(&server).remove(0);
    let before = server.agent(&client);

    let made: Value =
        serde_json::from_str(&server.cli_stdout(["keys", "rotate", "--json"])).unwrap();
    let new = made[0]["kid"].as_str().unwrap().to_owned();
    let signs_from = made[0]["signs_from"].as_i64().unwrap();
    assert_eq!(made[0]["state"], "next");
    assert!(
        !server.cli(["keys", "rotate"]).status.success(),
        "the next key is waiting already"
    );
    let publication = Duration::from_secs(4);
    wait_until(publication, "publication", || kids(&server).contains(&new));
    assert_eq!(
        server.token(&client).header()["kid"],
        *old,
        "a key signs before caches know it"
    );

    let mut last_of_old = before.token.claims();
    wait_until(Duration::from_secs(30), "the change of keys", || {
        let token = server.token(&client);
        let changed = token.header()["kid"] == *new;
        if changed {
            assert!(token.claims()["iat"].as_i64().unwrap() >= signs_from);
        } else {
            last_of_old = token.claims();
        }
        changed
    });
    assert_eq!(kids(&server).len(), 2);
    before.get("/protected").expect(200);
    server.agent(&client).get("/protected").expect(200);

    let listed: Value = server.admin().get("/admin/api/keys").expect(200).json();
    let listed = listed["keys"].as_array().unwrap();
    let of = |kid: &str| listed.iter().find(|key| key["kid"] == *kid).unwrap();
    assert_eq!(
        (&of(&new)["state"], &of(&old)["state"]),
        (&json!("current"), &json!("previous"))
    );
    assert!(of(&old)["verifies_until"].as_i64() >= last_of_old["exp"].as_i64());

    // The rest takes ten minutes and more; the database is told that they are over.
    let over = format!("UPDATE signing_keys SET verifies_until = 1 WHERE kid = '{old}'");
    assert_eq!(server.database().execute(&over), 1);
    let housekeeping = Duration::from_secs(60);
    wait_until(housekeeping, "the old key's end", || {
        kids(&server) == [new.as_str()]
    });
    before.get("/protected").expect(401);
    let file = server.folder().join(format!("keys/{old}.pem"));
    wait_until(housekeeping, "the end of the private half", || {
        !file.exists()
    });
    server.agent(&client).get("/protected").expect(200);
}

#[test]
fn a_withdrawn_key_is_void_at_once_with_all_that_it_signed() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let leaked = kids(&server).remove(0);
    let before = server.agent(&client);
    before.get("/protected").expect(200);

    server.cli_stdout(["keys", "withdraw", &leaked]);
    let limit = Duration::from_secs(5);
    wait_until(limit, "the withdrawal", || {
        before.get("/protected").status == 401
    });
    assert_eq!(
        server.introspect(&client, &before.token),
        json!({ "active": false })
    );
    assert!(!server.folder().join(format!("keys/{leaked}.pem")).exists());
    assert!(!kids(&server).contains(&leaked));

    let after = server.agent(&client);
    assert_ne!(after.token.header()["kid"], *leaked);
    after.get("/protected").expect(200);

    let path = format!(
        "/admin/api/keys/{}",
        after.token.header()["kid"].as_str().unwrap()
    );
    server.admin().delete(&path).expect(204);
    after.get("/protected").expect(401);
    server
        .anonymous()
        .with_basic(&client)
        .post_form("/token", &[GRANT])
        .expect(200);
    server.admin().delete("/admin/api/keys/unknown").expect(404);
}
