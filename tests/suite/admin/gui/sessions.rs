//! Sessions end: by their limits, by whoever they belong to, and when what they began with changes.

use std::{thread, time::Duration};

use serde_json::json;

use super::Browser;
use super::second_factors::{enrol, waiting};
use crate::support::{Backend, Caller, Server, eventually};

const PATH: &str = "/admin/api/administrators";
const PASSWORD: &str = "correct horse battery";

fn make(server: &Server, username: &str, role: &str) -> Browser {
    let body = json!({"username": username, "password": PASSWORD, "role": role});
    server.admin().post_json(PATH, &body).expect(201);
    Browser::as_administrator(server, username, PASSWORD)
}

#[test]
fn a_session_ends_unused_and_lasts_while_it_is_used() {
    let server = Server::with([("AMBIT_ADMIN_SESSION_IDLE_SECONDS", "2")]).start();
    let (busy, idle) = (Browser::signed_in(&server), Browser::signed_in(&server));
    for _ in 0..6 {
        thread::sleep(Duration::from_millis(500));
        busy.get("/admin/clients").expect(200);
    }
    idle.get("/admin/clients").expect(303);
    busy.get("/admin/clients").expect(200);
}

#[test]
fn a_session_ends_however_busy_it_is() {
    let server = Server::with([("AMBIT_ADMIN_SESSION_LIFETIME_SECONDS", "2")]).start();
    let browser = Browser::signed_in(&server);
    browser.get("/admin/clients").expect(200);
    eventually("the session ends", || {
        (browser.get("/admin/clients").status == 303).then_some(())
    });
}

#[test]
fn signing_out_ends_the_session_on_the_server() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let answer = browser.send("/admin/sign_out", &[]).expect(303);
    assert_eq!(answer.header("location"), Some("/admin/sign_in"));
    assert!(
        answer
            .header("set-cookie")
            .unwrap()
            .starts_with("ambit_session=; Max-Age=0; ")
    );
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\""));
    // The cookie itself is of no more use.
    browser.get("/admin/clients").expect(303);
    let log = server
        .admin()
        .get("/admin/api/audit?event=administrator.sign_out")
        .expect(200);
    assert!(log.body.contains("\"target\":\"admin\""), "{log}");
}

#[test]
fn own_sessions_are_listed_and_ended_one_by_one() {
    let server = Server::start();
    let (here, there) = (Browser::signed_in(&server), Browser::signed_in(&server));
    let stranger = make(&server, "other", "owner");
    let page = here.get("/admin/sessions").expect(200).body;
    let hashes: Vec<_> = hashes(&page);
    assert_eq!(hashes.len(), 2, "{page}");
    let own = there.get("/admin/sessions").expect(200).body;
    let current = |page: &str| {
        let (before, _) = page.split_once("This one").unwrap();
        before.matches("<tr>").count()
    };
    assert_ne!(current(&page), current(&own));
    // Nobody ends what is somebody else's, or nobody's.
    for hash in [hashes[0].as_str(), "", "\0", &"0".repeat(64)] {
        stranger.sent("/admin/sessions/end", &[("session", hash)]);
    }
    here.get("/admin/clients").expect(200);
    there.get("/admin/clients").expect(200);
    let other = hashes.iter().find(|hash| !is_current(&page, hash)).unwrap();
    here.sent("/admin/sessions/end", &[("session", other)]);
    here.get("/admin/clients").expect(200);
    there.get("/admin/clients").expect(303);
    let again = Browser::signed_in(&server);
    here.sent("/admin/sessions/end_others", &[]);
    here.get("/admin/clients").expect(200);
    again.get("/admin/clients").expect(303);
    stranger.get("/admin/clients").expect(200);
}

fn hashes(page: &str) -> Vec<String> {
    let parts = page.split("name=\"session\" value=\"").skip(1);
    parts
        .map(|part| part.split_once('"').unwrap().0.to_owned())
        .collect()
}

fn is_current(page: &str, hash: &str) -> bool {
    let row = page.split("<tr>").find(|row| row.contains(hash)).unwrap();
    row.contains("This one")
}

#[test]
fn all_others_end_however_many_there_are() {
    let server = Server::start();
    let here = make(&server, "alice", "owner");
    let first = Browser::as_administrator(&server, "alice", PASSWORD);
    // A hundred and twenty more, half of them newer than any, waiting for a second factor.
    for (state, ahead) in [
        ("signed_in", "0"),
        ("second_factor_pending", "created_at / 1000"),
    ] {
        for number in 0..60 {
            let insert = format!(
                "INSERT INTO sessions (session_hash, tenant_id, username, state, created_at, \
                 last_seen_at, ends_at, remote_address, user_agent) SELECT \
                 '{state}{number}', tenant_id, username, '{state}', created_at + {ahead}, \
                 last_seen_at, ends_at, remote_address, user_agent FROM sessions \
                 WHERE username = 'alice' AND length(session_hash) = 64 LIMIT 1"
            );
            assert_eq!(server.database().execute(&insert), 1);
        }
    }
    // What waits hides nothing that is signed in.
    let page = here.get("/admin/sessions").expect(200).body;
    assert_eq!(hashes(&page).len(), 62, "{page}");
    here.sent("/admin/sessions/end_others", &[]);
    first.get("/admin/sessions").expect(303);
    let left = "UPDATE sessions SET flash = NULL WHERE username = 'alice'";
    assert_eq!(server.database().execute(left), 1);
    let path = "/admin/api/audit?event=administrator.sessions.end_others";
    let log = server.admin().get(path).expect(200).body;
    assert_eq!(log.matches("\"target\":\"alice\"").count(), 1, "{log}");
}

#[test]
fn only_so_many_sign_ins_wait_at_a_time() {
    let server = Server::start();
    enrol(&make(&server, "alice", "owner"));
    let first = waiting(&server, "alice");
    let others: Vec<_> = (0..10).map(|_| waiting(&server, "alice")).collect();
    first.get("/admin/second_factor").expect(303);
    for other in others {
        other.get("/admin/second_factor").expect(200);
    }
}

#[test]
fn a_new_password_another_role_and_removal_end_them() {
    let server = Server::start();
    let admin = server.admin();
    let browser = make(&server, "alice", "owner");
    browser.get("/admin/clients").expect(200);
    let body = json!({"password": "another horse battery"});
    admin
        .put_json(&format!("{PATH}/alice/password"), &body)
        .expect(204);
    browser.get("/admin/clients").expect(303);

    let browser = Browser::as_administrator(&server, "alice", "another horse battery");
    admin
        .put_json(&format!("{PATH}/alice/role"), &json!({"role": "auditor"}))
        .expect(204);
    browser.get("/admin/clients").expect(303);

    let browser = Browser::as_administrator(&server, "alice", "another horse battery");
    admin.delete(&format!("{PATH}/alice")).expect(204);
    browser.get("/admin/clients").expect(303);
    Browser::new(&server)
        .sign_in("alice", "another horse battery", "")
        .expect(403);
}

#[test]
fn a_session_holds_through_a_restart() {
    let mut server = Server::start();
    let browser = Browser::signed_in(&server);
    server.restart();
    browser.get("/admin/clients").expect(200);
}

#[test]
fn a_session_holds_and_ends_at_every_replica() {
    // One process at a time serves SQLite.
    if Backend::of_this_run() != Backend::Postgres {
        return;
    }
    let here = Server::start();
    let there = here.replica();
    let browser = Browser::signed_in(&here);
    let mut elsewhere = Browser::new(&there);
    elsewhere.cookie = browser.cookie.clone();
    let way = browser.sent("/admin/clients/new", &[("client_name", "agent")]);
    let page = elsewhere.get(&way).expect(200).body;
    assert!(page.contains("Shown this once"), "{page}");
    elsewhere.sent("/admin/sign_out", &[]);
    browser.get("/admin/clients").expect(303);
}

#[test]
fn a_session_that_waits_for_a_second_factor_sees_nothing() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let statement = "UPDATE sessions SET state = 'second_factor_pending'";
    server.database().execute(statement);
    browser.get("/admin/clients").expect(303);
    browser.get("/admin/sessions").expect(303);
    browser.get("/admin/sign_in").expect(200);
}

#[test]
fn the_database_has_no_session_that_anybody_could_take_over() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let cookie = browser.cookie.as_deref().unwrap();
    let value = cookie.split_once('=').unwrap().1;
    let database = server.database();
    let hashed = "UPDATE sessions SET flash = NULL WHERE length(session_hash) = 64";
    assert_eq!(database.execute(hashed), 1);
    let plain = format!("UPDATE sessions SET flash = NULL WHERE session_hash = '{value}'");
    assert_eq!(database.execute(&plain), 0);
    let log = server.admin().get("/admin/api/audit").expect(200).body;
    assert!(!log.contains(value) && !server.stderr().contains(value));
}
