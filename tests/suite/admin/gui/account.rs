//! One's own account: the password is changed there, and a second factor may be demanded.

use serde_json::Value;

use super::Browser;
use super::second_factors::{enrol, make, waiting};
use crate::support::{ADMIN_USER, Basic, Caller, Server};

const ACCOUNT: &str = "/admin/account";
const CHANGE: &str = "/admin/account/password";
const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "another horse battery";

fn fields<'a>(current: &'a str, new: &'a str, repeated: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("current", current),
        ("password", new),
        ("repeated", repeated),
    ]
}

#[test]
fn ones_own_password_is_changed_where_the_old_one_is_known() {
    let server = Server::start();
    for role in ["owner", "client_manager", "auditor"] {
        let browser = make(&server, role, role);
        let elsewhere = Browser::as_administrator(&server, role, PASSWORD);
        for (current, new, repeated, field) in [
            ("wrong", OTHER, OTHER, "current"),
            (PASSWORD, "short", "short", "password"),
            (PASSWORD, OTHER, "yet another horse", "password"),
            (PASSWORD, PASSWORD, PASSWORD, "password"),
        ] {
            let answer = browser
                .send(CHANGE, &fields(current, new, repeated))
                .expect(422);
            let page = answer.body;
            assert!(
                page.contains(&format!("id=\"{field}_error\"")),
                "{new}: {page}"
            );
            assert!(!page.contains(OTHER), "{page}");
        }
        elsewhere.get(ACCOUNT).expect(200);
        assert_eq!(
            browser.sent(CHANGE, &fields(PASSWORD, OTHER, OTHER)),
            ACCOUNT
        );
        let page = browser.get(ACCOUNT).expect(200).body;
        assert!(page.contains("Your password is changed"), "{page}");
        elsewhere.get(ACCOUNT).expect(303);
        Browser::new(&server)
            .sign_in(role, PASSWORD, "")
            .expect(403);
        Browser::as_administrator(&server, role, OTHER);
        Basic::new(server.address(), role, PASSWORD)
            .get("/admin/api/clients")
            .expect(401);
    }
    let log = server
        .admin()
        .get("/admin/api/audit?event=administrator.change_password")
        .expect(200)
        .body;
    assert_eq!(log.matches("\"decision\":\"allowed\"").count(), 3, "{log}");
    assert_eq!(
        log.matches("\"reason\":\"wrong_password\"").count(),
        3,
        "{log}"
    );
    assert!(!log.contains(OTHER), "{log}");
}

#[test]
fn guessing_the_password_of_an_open_session_is_slowed() {
    let server = Server::with([
        ("AMBIT_FAILURES_PER_CLIENT", "3"),
        ("AMBIT_VERIFIED_SECRET_LIFETIME_SECONDS", "0"),
    ])
    .start();
    let browser = make(&server, "alice", "auditor");
    for _ in 0..3 {
        browser
            .send(CHANGE, &fields("wrong", OTHER, OTHER))
            .expect(422);
    }
    let answer = browser
        .send(CHANGE, &fields(PASSWORD, OTHER, OTHER))
        .expect(429);
    assert!(answer.header("retry-after").is_some(), "{answer}");
    let path = "/admin/account/authenticator";
    browser.send(path, &[("current", PASSWORD)]).expect(429);
}

#[test]
fn an_account_shows_its_own_sessions_alone() {
    let server = Server::start();
    let browser = make(&server, "alice", "auditor");
    make(&server, "bob", "auditor");
    let page = browser.get(ACCOUNT).expect(200).body;
    assert_eq!(page.matches("name=\"session\"").count(), 1, "{page}");
    assert!(page.contains("This one"), "{page}");
    // A sign-in that waits for its second factor is no session yet.
    enrol(&browser);
    waiting(&server, "alice");
    let page = browser.get(ACCOUNT).expect(200).body;
    assert_eq!(page.matches("name=\"session\"").count(), 1, "{page}");
}

#[test]
fn where_a_second_factor_is_demanded_nothing_else_opens_without_one() {
    let server = Server::with([
        ("AMBIT_ADMIN_REQUIRE_SECOND_FACTOR", "true"),
        ("AMBIT_ADMIN_PASSWORD", PASSWORD),
    ])
    .start();
    let alone = Basic::new(server.address(), ADMIN_USER, PASSWORD);
    let problem: Value = alone.get("/admin/api/clients").expect(403).json();
    assert_eq!(problem["type"], "urn:ambit:problem:second_factor_required");
    let browser = Browser::as_administrator(&server, ADMIN_USER, PASSWORD);
    let closed = |browser: &Browser| {
        for path in [
            "/admin",
            "/admin/clients",
            "/admin/audit/live",
            "/admin/settings",
        ] {
            let answer = browser.get(path).expect(303);
            assert_eq!(answer.header("location"), Some(ACCOUNT), "{path}");
        }
        let answer = browser.send("/admin/keys/rotate", &[]).expect(303);
        assert_eq!(answer.header("location"), Some(ACCOUNT));
    };
    closed(&browser);
    let page = browser.get(ACCOUNT).expect(200).body;
    assert!(
        page.contains("asks everybody for a second factor"),
        "{page}"
    );
    assert!(!page.contains("href=\"/admin/clients\""), "{page}");
    browser.get("/admin/sessions").expect(200);
    let (app, _) = enrol(&browser);
    browser.get("/admin").expect(200);
    let log = browser
        .get("/admin/audit?event=request&decision=refused")
        .expect(200)
        .body;
    assert!(log.contains("second factor missing"), "{log}");
    waiting(&server, ADMIN_USER)
        .prove("code", &[("code", &app.code(0))])
        .expect(303);
    // Without the last factor it closes again.
    browser.sent(
        "/admin/account/authenticator/remove",
        &[("current", PASSWORD), ("factor", &app.code(1))],
    );
    closed(&browser);
}
