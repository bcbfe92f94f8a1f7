//! Authenticator apps and recovery codes: how they are added, asked for, used up and taken away.

use std::thread;

use reqwest::Method;
use serde_json::{Value, json};

use super::Browser;
use crate::support::{Answer, Backend, Basic, Caller, Server, TotpApp};

const ADMINISTRATORS: &str = "/admin/api/administrators";
const PASSWORD: &str = "correct horse battery";
const APP: &str = "/admin/account/authenticator";
const CODES: &str = "/admin/account/recovery_codes";

/// An administrator besides the first one, signed in.
pub fn make(server: &Server, username: &str, role: &str) -> Browser {
    let body = json!({"username": username, "password": PASSWORD, "role": role});
    server.admin().post_json(ADMINISTRATORS, &body).expect(201);
    Browser::as_administrator(server, username, PASSWORD)
}

/// The secret that the page shows.
#[track_caller]
fn secret(page: &str) -> String {
    let (_, rest) = page.split_once("id=\"totp_secret\">").unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

#[track_caller]
fn codes(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("id=\"recovery_codes\">").unwrap();
    let text = rest.split_once('<').unwrap().0;
    text.split_whitespace().map(str::to_owned).collect()
}

/// Adds an app as its first factor; the recovery codes that come with it.
#[track_caller]
pub fn enrol(browser: &Browser) -> (TotpApp, Vec<String>) {
    assert_eq!(browser.sent(APP, &[("current", PASSWORD)]), APP);
    let app = TotpApp::new(&secret(&browser.get(APP).expect(200).body));
    // The code of the step before leaves this one's for signing in.
    let way = browser.sent(&format!("{APP}/confirm"), &[("code", &app.code(-1))]);
    assert_eq!(way, CODES);
    (app, codes(&browser.get(CODES).expect(200).body))
}

/// Somebody whose password was right, and whose second factor is asked for.
#[track_caller]
pub fn waiting(server: &Server, username: &str) -> Browser {
    let mut browser = Browser::new(server);
    let answer = browser.sign_in(username, PASSWORD, "").expect(303);
    assert_eq!(answer.header("location"), Some("/admin/second_factor"));
    browser
}

fn records(server: &Server, query: &str) -> String {
    let path = format!("/admin/api/audit?limit=200&{query}");
    server.admin().get(&path).expect(200).body
}

fn factors_of(server: &Server, username: &str) -> Value {
    let all: Value = server.admin().get(ADMINISTRATORS).expect(200).json();
    let all = all["administrators"].as_array().unwrap();
    let one = all.iter().find(|one| one["username"] == username).unwrap();
    one["second_factors"].clone()
}

#[test]
fn an_app_counts_once_a_code_proves_it() {
    let server = Server::start();
    let browser = make(&server, "alice", "auditor");
    let other = Browser::as_administrator(&server, "alice", PASSWORD);
    let page = browser.send(APP, &[("current", "wrong")]).expect(422).body;
    assert!(page.contains("This is not your password."), "{page}");
    assert_eq!(
        browser.get(APP).expect(303).header("location"),
        Some("/admin/account")
    );
    browser.sent(APP, &[("current", PASSWORD)]);
    let page = browser.get(APP).expect(200).body;
    assert!(
        page.contains("otpauth://totp/Ambit") && page.contains("class=\"qr\""),
        "{page}"
    );
    let app = TotpApp::new(&secret(&page));
    // Another session of the same administrator was not asked, and sees nothing of it.
    other.get(APP).expect(303);
    let confirm = format!("{APP}/confirm");
    let page = browser
        .send(&confirm, &[("code", "000000")])
        .expect(422)
        .body;
    assert!(page.contains("id=\"code_error\""), "{page}");
    assert_eq!(factors_of(&server, "alice"), json!([]));
    Browser::as_administrator(&server, "alice", PASSWORD)
        .get("/admin")
        .expect(200);

    assert_eq!(browser.sent(&confirm, &[("code", &app.code(-1))]), CODES);
    assert_eq!(factors_of(&server, "alice"), json!(["totp"]));
    let shown = browser.get(CODES).expect(200);
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    assert_eq!(codes(&shown.body).len(), 10);
    let again = browser.get(CODES).expect(200).body;
    assert!(again.contains("shown already"), "{again}");
    // Sessions that began with the password alone have ended, but for the one that proved the app.
    browser.get("/admin").expect(200);
    other.get("/admin").expect(303);
    // There is one already, and what was finished is not finished again.
    assert_eq!(
        browser.sent(APP, &[("current", PASSWORD)]),
        "/admin/account"
    );
    assert_eq!(
        browser.sent(&confirm, &[("code", &app.code(0))]),
        "/admin/account"
    );
    let log = records(&server, "event=administrator.second_factor.add");
    assert_eq!(log.matches("\"decision\":\"allowed\"").count(), 1, "{log}");
    for reason in ["wrong_password", "wrong_code", "ended"] {
        assert!(log.contains(&format!("\"reason\":\"{reason}\"")), "{log}");
    }
}

#[test]
fn who_waits_for_the_second_factor_comes_to_nothing_else() {
    let server = Server::start();
    let (app, _) = enrol(&make(&server, "alice", "owner"));
    let mut browser = waiting(&server, "alice");
    let client = server.create_client("there", &["protected"]);
    let one = format!("/admin/clients/{}", client.client_id);
    for path in [
        "/admin",
        "/admin/clients",
        &one,
        "/admin/audit",
        "/admin/audit/live",
        "/admin/audit/export?format=csv",
        "/admin/account",
        APP,
        CODES,
        "/admin/account/passkeys/new",
        "/admin/sessions",
        "/admin/settings",
        "/admin/administrators",
    ] {
        let answer = browser.get(path).expect(303);
        let way = answer.header("location").unwrap();
        assert!(way.starts_with("/admin/second_factor"), "{path}: {way}");
    }
    let token = browser.waiting_token();
    for path in [
        &format!("{one}/disable"),
        "/admin/keys/rotate",
        "/admin/theme",
        "/admin/sign_out",
        "/admin/sessions/end_others",
        "/admin/account/password",
        APP,
        &format!("{APP}/remove"),
        CODES,
    ] {
        let answer = browser.post_form(path, &[("form_token", token.as_str())]);
        let way = answer.expect(303).header("location").map(str::to_owned);
        assert_eq!(way.as_deref(), Some("/admin/second_factor"), "{path}");
    }
    browser.get("/admin/api/clients").expect(401);
    let log = records(&server, "event=request&decision=denied");
    assert!(
        log.contains("\"reason\":\"second_factor_pending\""),
        "{log}"
    );
    // Its own forms belong to it alone.
    let stranger = [("form_token", "x"), ("code", &app.code(0))];
    browser
        .post_form("/admin/second_factor/code", &stranger)
        .expect(403);

    // Let in, it has another identifier, and the one before is worth nothing.
    let before = browser.cookie.clone();
    let fields = [
        ("code", app.code(0)),
        ("next", "/admin/clients?state=all".to_owned()),
    ];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let answer = browser.prove("code", &fields).expect(303);
    assert_eq!(answer.header("location"), Some("/admin/clients?state=all"));
    assert_ne!(browser.cookie, before);
    browser.get("/admin/clients").expect(200);
    browser.get("/admin/second_factor").expect(303);
    let mut old = Browser::new(&server);
    old.cookie = before;
    for path in ["/admin/clients", "/admin/second_factor"] {
        let answer = old.get(path).expect(303);
        assert!(
            answer
                .header("location")
                .unwrap()
                .starts_with("/admin/sign_in")
        );
    }
}

#[test]
fn a_sign_in_does_not_wait_for_ever_and_can_be_given_up() {
    let server = Server::start();
    let (app, _) = enrol(&make(&server, "alice", "owner"));
    let late = waiting(&server, "alice");
    let token = late.waiting_token();
    let statement = "UPDATE sessions SET ends_at = 1 WHERE state = 'second_factor_pending'";
    assert_eq!(server.database().execute(statement), 1);
    let fields = [("form_token", token.as_str()), ("code", &app.code(0))];
    let answer = late.post_form("/admin/second_factor/code", &fields);
    assert_eq!(
        answer.expect(303).header("location"),
        Some("/admin/sign_in")
    );

    let mut browser = waiting(&server, "alice");
    let answer = browser.prove("leave", &[]).expect(303);
    assert_eq!(answer.header("location"), Some("/admin/sign_in"));
    browser.get("/admin/second_factor").expect(303);
    // Where there is no factor, nothing is asked for.
    let answer = Browser::signed_in(&server).get("/admin/second_factor");
    assert_eq!(answer.expect(303).header("location"), Some("/admin"));
}

#[test]
fn a_code_is_taken_once_however_many_bring_it() {
    let server = Server::start();
    let (app, _) = enrol(&make(&server, "alice", "owner"));
    let code = app.code(0);
    let mut browsers: Vec<_> = (0..6).map(|_| waiting(&server, "alice")).collect();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let sent: Vec<_> = browsers
            .iter_mut()
            .map(|browser| scope.spawn(|| browser.prove("code", &[("code", &code)]).status))
            .collect();
        sent.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 303).count(),
        1,
        "{statuses:?}"
    );
    let mut again = waiting(&server, "alice");
    let page = again.prove("code", &[("code", &code)]).expect(403).body;
    assert!(page.contains("used already"), "{page}");
    // Nor is an earlier one; the next one is.
    again.prove("code", &[("code", &app.code(-1))]).expect(403);
    again.prove("code", &[("code", &app.code(1))]).expect(303);
    let log = records(&server, "event=administrator.second_factor.verify");
    assert!(log.contains("\"reason\":\"replayed_code\""), "{log}");
    assert_eq!(log.matches("\"decision\":\"allowed\"").count(), 2, "{log}");
}

#[test]
fn guessing_codes_is_slowed_and_recorded() {
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "3")]).start();
    let (app, _) = enrol(&make(&server, "alice", "owner"));
    let mut browser = waiting(&server, "alice");
    for _ in 0..3 {
        let page = browser
            .prove("code", &[("code", "000000")])
            .expect(403)
            .body;
        assert!(page.contains("id=\"code_error\""), "{page}");
    }
    let answer = browser.prove("code", &[("code", &app.code(0))]).expect(429);
    assert!(answer.header("retry-after").is_some(), "{answer}");
    // Signing in again does not make it shorter.
    waiting(&server, "alice")
        .prove("code", &[("code", &app.code(0))])
        .expect(429);
    let log = records(&server, "event=administrator.second_factor.verify");
    for reason in ["wrong_code", "too_many_failures"] {
        assert!(log.contains(&format!("\"reason\":\"{reason}\"")), "{log}");
    }
}

#[test]
fn who_has_the_password_alone_keeps_nobody_from_a_recovery_code() {
    let server = Server::with([
        ("AMBIT_FAILURES_PER_CLIENT", "2"),
        ("AMBIT_FAILURES_PER_ADDRESS", "4"),
    ])
    .start();
    let (app, recovery) = enrol(&make(&server, "alice", "owner"));
    let mut thief = waiting(&server, "alice");
    // Codes of the app are exhausted, for its name and then for the address.
    for _ in 0..6 {
        thief.prove("code", &[("code", "000000")]);
    }
    thief.prove("code", &[("code", &app.code(0))]).expect(429);
    waiting(&server, "alice")
        .prove("recovery_code", &[("recovery_code", &recovery[0])])
        .expect(303);
    // Recovery codes are slowed by address.
    for status in [403, 403, 403, 403, 429] {
        let wrong = [("recovery_code", "abcd")];
        let answer = thief.prove("recovery_code", &wrong).expect(status);
        assert_eq!(answer.header("retry-after").is_some(), status == 429);
    }
    let log = records(&server, "event=administrator.second_factor.verify");
    assert!(log.contains("\"factor\":\"recovery_code\""), "{log}");
}

#[test]
fn after_a_hundred_wrong_codes_none_is_taken_until_another_factor_is() {
    let server = Server::start();
    let own = make(&server, "alice", "owner");
    let (app, recovery) = enrol(&own);
    let mut browser = waiting(&server, "alice");
    browser.prove("code", &[("code", "000000")]).expect(403);
    let statement = "UPDATE totp_factors SET failures = failures + 99 WHERE failures = 1";
    assert_eq!(server.database().execute(statement), 1);
    let page = browser.prove("code", &[("code", &app.code(0))]).expect(403);
    assert!(page.body.contains("locked"), "{page}");
    let page = own.get("/admin/account").expect(200).body;
    assert!(
        page.contains(">Locked<") && !page.contains(">On<"),
        "{page}"
    );
    browser
        .prove("recovery_code", &[("recovery_code", &recovery[0])])
        .expect(303);
    let page = own.get("/admin/account").expect(200).body;
    assert!(
        page.contains(">On<") && !page.contains(">Locked<"),
        "{page}"
    );
    waiting(&server, "alice")
        .prove("code", &[("code", &app.code(0))])
        .expect(303);
}

#[test]
fn a_recovery_code_is_good_once_however_many_bring_it() {
    let server = Server::start();
    let (_, recovery) = enrol(&make(&server, "alice", "owner"));
    let mut browsers: Vec<_> = (0..6).map(|_| waiting(&server, "alice")).collect();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let fields = [("recovery_code", recovery[0].as_str())];
        let sent: Vec<_> = browsers
            .iter_mut()
            .map(|browser| scope.spawn(move || browser.prove("recovery_code", &fields).status))
            .collect();
        sent.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 303).count(),
        1,
        "{statuses:?}"
    );
    let mut browser = waiting(&server, "alice");
    browser
        .prove("recovery_code", &[("recovery_code", &recovery[0])])
        .expect(403);
    let typed = recovery[1].to_uppercase().replace('-', " ");
    browser
        .prove("recovery_code", &[("recovery_code", &typed)])
        .expect(303);
    let page = browser.get("/admin/account").expect(200).body;
    assert!(page.contains("8 are left"), "{page}");

    // New ones take the place of all before, and the password is asked for.
    browser.send(CODES, &[("current", "wrong")]).expect(422);
    let alone = browser
        .send(CODES, &[("current", PASSWORD)])
        .expect(422)
        .body;
    assert!(alone.contains("a recovery code.</span>"), "{alone}");
    let used = [("current", PASSWORD), ("factor", &recovery[1])];
    browser.send(CODES, &used).expect(422);
    let proved = [("current", PASSWORD), ("factor", &recovery[3])];
    assert_eq!(browser.sent(CODES, &proved), CODES);
    let renewed = codes(&browser.get(CODES).expect(200).body);
    let mut other = waiting(&server, "alice");
    other
        .prove("recovery_code", &[("recovery_code", &recovery[2])])
        .expect(403);
    other
        .prove("recovery_code", &[("recovery_code", &renewed[0])])
        .expect(303);
    let few = "DELETE FROM recovery_codes WHERE code_hash > '0' AND username = 'alice'";
    assert_eq!(server.database().execute(few), 9);
    let page = other.get("/admin/account").expect(200).body;
    assert!(page.contains("no recovery code left"), "{page}");
    let overview = other.get("/admin").expect(200).body;
    assert!(overview.contains("Your recovery codes"), "{overview}");
}

#[test]
fn http_basic_is_refused_to_who_has_a_factor() {
    let server = Server::start();
    let alice = Basic::new(server.address(), "alice", PASSWORD);
    let browser = make(&server, "alice", "owner");
    alice.get("/admin/api/clients").expect(200);
    enrol(&browser);
    let answer = alice.get("/admin/api/clients").expect(403);
    let problem: Value = answer.json();
    assert_eq!(
        problem["type"], "urn:ambit:problem:second_factor_required",
        "{answer}"
    );
    assert!(
        problem["detail"].as_str().unwrap().contains("ambit:*"),
        "{answer}"
    );
    alice
        .delete("/admin/api/administrators/alice/second_factors")
        .expect(403);
    let log = records(&server, "event=request&decision=denied");
    assert!(
        log.contains("\"reason\":\"second_factor_required\""),
        "{log}"
    );
    // An agent with the scope does what the password alone does not.
    let agent = server.create_client("agent", &["ambit:clients:read"]);
    server.agent(&agent).get("/admin/api/clients").expect(200);
}

#[test]
fn an_owner_removes_what_somebody_has_lost() {
    let server = Server::start();
    let owner = Browser::signed_in(&server);
    let remove: [&dyn Fn(); 3] = [
        &|| {
            let page = owner
                .get("/admin/administrators/alice/edit")
                .expect(200)
                .body;
            assert!(page.contains("Remove the second factors"), "{page}");
            let path = "/admin/administrators/alice/second_factors";
            owner.send(path, &[("current", "wrong")]).expect(422);
            owner.sent(path, &[("current", server.admin_password())]);
        },
        &|| {
            let path = format!("{ADMINISTRATORS}/alice/second_factors");
            server.admin().delete(&path).expect(204);
        },
        &|| {
            let said = server.cli_stdout(["admin", "reset-second-factors", "alice"]);
            assert!(
                said.contains("alice has no second factor any more"),
                "{said}"
            );
        },
    ];
    let mut browser = make(&server, "alice", "auditor");
    for remove in remove {
        enrol(&browser);
        let pending = waiting(&server, "alice");
        let listed = server.cli_stdout(["admin", "list"]);
        assert!(listed.contains("totp"), "{listed}");
        remove();
        browser.get("/admin").expect(303);
        pending.get("/admin/second_factor").expect(303);
        assert_eq!(factors_of(&server, "alice"), json!([]));
        // The password is enough again, and the codes are gone with the app.
        browser = Browser::as_administrator(&server, "alice", PASSWORD);
        assert_eq!(server.database().execute("DELETE FROM recovery_codes"), 0);
    }
    let log = records(&server, "event=administrator.second_factors.reset");
    assert_eq!(log.matches("\"target\":\"alice\"").count(), 3, "{log}");
    server
        .admin()
        .delete(&format!("{ADMINISTRATORS}/nobody/second_factors"))
        .expect(404);
    assert!(
        !server
            .cli(["admin", "reset-second-factors", "nobody"])
            .status
            .success()
    );
    // Nobody else may.
    let path = "/admin/administrators/admin/second_factors";
    browser.send(path, &[]).expect(403);
}

#[test]
fn the_last_factor_takes_the_recovery_codes_along() {
    let server = Server::start();
    let browser = make(&server, "alice", "owner");
    let (app, _) = enrol(&browser);
    let remove = format!("{APP}/remove");
    let page = browser
        .send(&remove, &[("current", "wrong")])
        .expect(422)
        .body;
    assert!(page.contains("id=\"remove_totp_error\""), "{page}");
    // Nor is the password enough.
    for factor in ["", "000000", "abcd"] {
        let fields = [("current", PASSWORD), ("factor", factor)];
        browser.send(&remove, &fields).expect(422);
    }
    let fields = [("current", PASSWORD), ("factor", &app.code(0))];
    assert_eq!(browser.sent(&remove, &fields), "/admin/account");
    assert_eq!(
        browser.sent(&remove, &[("current", PASSWORD)]),
        "/admin/account"
    );
    assert_eq!(server.database().execute("DELETE FROM recovery_codes"), 0);
    assert_eq!(
        browser.sent(CODES, &[("current", PASSWORD)]),
        "/admin/account"
    );
    Browser::as_administrator(&server, "alice", PASSWORD);
    let log = records(&server, "event=administrator.second_factor.remove");
    assert_eq!(log.matches("\"decision\":\"allowed\"").count(), 1, "{log}");
    assert!(log.contains("\"reason\":\"wrong_password\""), "{log}");
}

#[test]
fn the_database_alone_gives_no_factor_away() {
    let mut server = Server::start();
    let browser = make(&server, "alice", "owner");
    browser.sent(APP, &[("current", PASSWORD)]);
    let shown = secret(&browser.get(APP).expect(200).body).replace(' ', "");
    let app = TotpApp::new(&shown);
    browser.sent(&format!("{APP}/confirm"), &[("code", &app.code(-1))]);
    let recovery = codes(&browser.get(CODES).expect(200).body);
    let database = server.database();
    let plain = format!("DELETE FROM totp_factors WHERE sealed_secret LIKE '%{shown}%'");
    assert_eq!(database.execute(&plain), 0);
    for code in [recovery[0].clone(), recovery[0].replace('-', "")] {
        let plain = format!("DELETE FROM recovery_codes WHERE code_hash LIKE '%{code}%'");
        assert_eq!(database.execute(&plain), 0);
    }
    let log = records(&server, "event=administrator.second_factor.add");
    assert!(!log.contains(&shown) && !server.stderr().contains(&shown));
    // Without the key nothing opens it, and the page says so; a recovery code still does.
    let key = server.folder().join("keys/second_factors.key");
    std::fs::rename(&key, key.with_extension("away")).unwrap();
    server.restart();
    let said = server.stderr();
    assert!(
        said.contains("authenticator apps cannot be checked"),
        "{said}"
    );
    let doctor = server.cli(["doctor"]);
    let checks = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(!doctor.status.success(), "{checks}");
    assert!(checks.contains("1 of 1 authenticator apps"), "{checks}");
    // No other key is made beside the one that is lost.
    let bob = make(&server, "bob", "owner");
    bob.send(APP, &[("current", PASSWORD)]).expect(503);
    assert!(!key.exists());
    let mut browser = waiting(&server, "alice");
    let page = browser
        .prove("code", &[("code", &app.code(0))])
        .expect(403)
        .body;
    assert!(page.contains("admin.second_factor_key"), "{page}");
    browser
        .prove("recovery_code", &[("recovery_code", &recovery[0])])
        .expect(303);
    let log = records(&server, "event=administrator.second_factor.verify");
    assert!(log.contains("\"reason\":\"factor_unreadable\""), "{log}");
}

#[test]
fn a_key_from_the_settings_stands_in_for_the_file() {
    let key = "gEJq0T6s3kqSx2lYtB1nQbZ5o8uVw7cDfHiKjLmNpRs=";
    let server = Server::with([("AMBIT_ADMIN_SECOND_FACTOR_KEY", key)]).start();
    let (app, _) = enrol(&make(&server, "alice", "owner"));
    waiting(&server, "alice")
        .prove("code", &[("code", &app.code(0))])
        .expect(303);
    assert!(!server.folder().join("keys/second_factors.key").exists());
    let refusal = Server::with([("AMBIT_ADMIN_SECOND_FACTOR_KEY", "short")]).try_start();
    let refusal = refusal.err().expect("no key");
    assert!(
        refusal.stderr.contains("must be 32 random bytes in Base64"),
        "{refusal:?}"
    );
}

#[test]
fn a_factor_added_here_is_asked_for_at_every_replica() {
    // One process at a time serves SQLite.
    if Backend::of_this_run() != Backend::Postgres {
        return;
    }
    let here = Server::start();
    let there = here.replica();
    let (app, _) = enrol(&make(&here, "alice", "owner"));
    let mut browser = waiting(&there, "alice");
    browser.prove("code", &[("code", &app.code(0))]).expect(303);
    waiting(&here, "alice")
        .prove("code", &[("code", &app.code(0))])
        .expect(403);
    let request = browser.request(Method::GET, "/admin/clients");
    Answer::to(request).expect(200);
}
