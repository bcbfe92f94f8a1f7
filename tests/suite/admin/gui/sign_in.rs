//! Sessions begin with the right password alone, under an identifier that nobody knew before.

use super::Browser;
use crate::support::{ADMIN_USER, Answer, Caller, Server};

#[test]
fn the_cookie_is_for_this_server_and_no_script() {
    let server = Server::start();
    let mut browser = Browser::new(&server);
    let answer = browser
        .sign_in(ADMIN_USER, server.admin_password(), "")
        .expect(303);
    assert_eq!(answer.header("location"), Some("/admin"));
    let cookie = answer.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("ambit_session="), "{cookie}");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
    let value = pair.split_once('=').unwrap().1;
    assert_eq!(value.len(), 43, "256 bits in base64url: {value}");
}

#[test]
fn over_tls_the_cookie_belongs_to_this_host_alone() {
    let server = Server::with([("AMBIT_ISSUER", "https://ambit.example")]).start();
    let mut browser = Browser::new(&server);
    let answer = browser
        .sign_in(ADMIN_USER, server.admin_password(), "")
        .expect(303);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-ambit_session="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    browser.get("/admin/clients").expect(200);
}

#[test]
fn a_session_that_was_there_before_is_not_the_one_after() {
    let server = Server::start();
    let planted = "ambit_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let mut victim = Browser::new(&server);
    victim.cookie = Some(planted.to_owned());
    victim
        .sign_in(ADMIN_USER, server.admin_password(), "")
        .expect(303);
    assert_ne!(victim.cookie.as_deref(), Some(planted));
    victim.get("/admin/clients").expect(200);
    let mut attacker = Browser::new(&server);
    attacker.cookie = Some(planted.to_owned());
    attacker.get("/admin/clients").expect(303);

    // Signing in again renews it, and ends the one before.
    let before = victim.cookie.clone();
    victim
        .sign_in(ADMIN_USER, server.admin_password(), "")
        .expect(303);
    assert_ne!(victim.cookie, before);
    let mut old = Browser::new(&server);
    old.cookie = before;
    old.get("/admin/clients").expect(303);
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let server = Server::start();
    let mut browser = Browser::new(&server);
    let mut bodies = Vec::new();
    for username in [ADMIN_USER, "nobody", "\"><script>alert(1)</script>"] {
        let answer = browser
            .sign_in(username, "wrong", "/admin/sessions")
            .expect(403);
        assert!(answer.header("set-cookie").is_none(), "{answer}");
        assert!(
            answer
                .body
                .contains("The user name or the password is wrong.")
        );
        assert!(!answer.body.contains("<script>alert"), "{answer}");
        assert!(
            answer.body.contains("value=\"/admin/sessions\""),
            "{answer}"
        );
        let name = format!("value=\"{username}\"");
        bodies.push(answer.body.replace(&name, "value=\"NAME\""));
    }
    assert_eq!(bodies[0], bodies[1]);
    let log = server
        .admin()
        .get("/admin/api/audit?event=administrator.sign_in")
        .expect(200);
    assert_eq!(log.body.matches("\"reason\":\"wrong_password\"").count(), 3);
    assert!(!log.body.contains("nobody"), "{log}");
}

#[test]
fn guessing_is_slowed() {
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "3")]).start();
    let mut browser = Browser::new(&server);
    for _ in 0..3 {
        browser.sign_in(ADMIN_USER, "wrong", "").expect(403);
    }
    let answer = browser
        .sign_in(ADMIN_USER, server.admin_password(), "")
        .expect(429);
    assert!(answer.header("retry-after").is_some(), "{answer}");
    assert!(answer.body.contains("Too many attempts"), "{answer}");
}

#[test]
fn whoever_is_not_signed_in_comes_back_to_the_page_they_asked_for() {
    let server = Server::start();
    let mut browser = Browser::new(&server);
    let answer = browser.get("/admin/clients?search=a%20b").expect(303);
    let way = answer.header("location").unwrap().to_owned();
    assert_eq!(
        way,
        "/admin/sign_in?next=%2Fadmin%2Fclients%3Fsearch%3Da%2520b"
    );
    let page = browser.get(&way).expect(200);
    let next = "/admin/clients?search=a%20b";
    assert!(page.body.contains(&format!("value=\"{next}\"")), "{page}");
    let answer = browser
        .sign_in(ADMIN_USER, server.admin_password(), next)
        .expect(303);
    assert_eq!(answer.header("location"), Some(next));
    // Who is signed in already goes on at once.
    let answer = browser.get(&way).expect(303);
    assert_eq!(answer.header("location"), Some(next));
}

#[test]
fn nobody_is_led_to_another_site() {
    let server = Server::start();
    for next in [
        "https://evil.example/admin",
        "//evil.example",
        "/\\evil.example",
        "/admin//evil.example",
        "/admin.evil.example",
        "/admin/../../evil",
        "javascript:alert(1)",
        "/admin\r\nx: y",
        "/token",
    ] {
        let mut browser = Browser::new(&server);
        let answer = browser
            .sign_in(ADMIN_USER, server.admin_password(), next)
            .expect(303);
        assert_eq!(answer.header("location"), Some("/admin"), "{next}");
        assert!(answer.header("x").is_none());
    }
}

#[test]
fn a_foreign_page_cannot_sign_anybody_in() {
    let server = Server::start();
    let form = [
        ("username", ADMIN_USER),
        ("password", server.admin_password()),
    ];
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = Browser::new(&server)
            .request(reqwest::Method::POST, "/admin/sign_in")
            .header(header.0, header.1)
            .form(&form);
        let answer = Answer::to(request).expect(403);
        assert!(answer.header("set-cookie").is_none(), "{answer}");
    }
}
