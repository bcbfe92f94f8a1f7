//! What every page carries, and what stands where there is none.

use std::collections::BTreeSet;

use super::Browser;
use crate::support::{Answer, Caller, Server};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                      img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

#[track_caller]
fn is_guarded(answer: &Answer) {
    assert_eq!(
        answer.header("content-security-policy"),
        Some(POLICY),
        "{answer}"
    );
    assert_eq!(
        answer.header("referrer-policy"),
        Some("same-origin"),
        "{answer}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "{answer}"
    );
    assert!(answer.header("x-request-id").is_some(), "{answer}");
}

#[test]
fn every_page_is_guarded_and_holds_no_code_or_style_of_its_own() {
    let server = Server::start();
    let client = server.create_client("there", &["protected"]);
    let browser = Browser::signed_in(&server);
    let one = format!("/admin/clients/{}", client.client_id);
    for path in [
        "/admin/clients",
        "/admin/clients/new",
        &one,
        &format!("{one}/edit"),
        &format!("{one}/secret"),
        "/admin/actions",
        "/admin/actions/common_actions/query",
        "/admin/actions/common_actions/query/try",
        "/admin/semantic",
        "/admin/semantic/tables/releases",
        "/admin/scopes",
        "/admin/keys",
        "/admin/administrators",
        "/admin/administrators/new",
        "/admin/administrators/admin/edit",
        "/admin/settings",
        "/admin/sessions",
        "/admin/account",
        "/admin/account/passkeys/new",
        "/admin/account/recovery_codes",
        "/admin",
        "/admin/audit",
        "/admin/audit/1",
        "/admin/audit/verification",
        "/admin/nothing",
    ] {
        let answer = browser.get(path);
        is_guarded(&answer);
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        for inline in [
            "<style",
            " style=",
            " onclick",
            "javascript:",
            "<script>",
            "http-equiv",
        ] {
            assert!(
                !answer.body.contains(inline),
                "{path} has {inline}: {answer}"
            );
        }
        is_guarded(&Browser::new(&server).get(path));
    }
    is_guarded(&Browser::new(&server).get("/admin/sign_in").expect(200));
}

#[test]
fn files_are_kept_for_good_under_the_name_of_their_content() {
    let server = Server::start();
    let page = Browser::new(&server).get("/admin/sign_in").expect(200).body;
    let parts = page.split("\"/admin/assets/").skip(1);
    let names: BTreeSet<_> = parts.map(|part| part.split_once('"').unwrap().0).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for name in names {
        let answer = Browser::new(&server)
            .get(&format!("/admin/assets/{name}"))
            .expect(200);
        let kept = "public, max-age=31536000, immutable";
        assert_eq!(answer.header("cache-control"), Some(kept));
        assert!(!answer.body.is_empty());
    }
    for name in ["admin.css", "admin.0000000000000000.css", "..%2fadmin.js"] {
        Browser::new(&server)
            .get(&format!("/admin/assets/{name}"))
            .expect(404);
    }
}

#[test]
fn what_is_nowhere_is_a_page_and_the_admin_api_keeps_its_answers() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    for path in [
        "/admin/nothing",
        "/admin/clients/client_none",
        "/admin/clients/%00",
    ] {
        let answer = browser.get(path).expect(404);
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{answer}"
        );
        let id = answer.header("x-request-id").unwrap();
        assert!(answer.body.contains(id), "{answer}");
    }
    let there = browser.get("/admin/nothing").body;
    assert!(there.contains("Sign out"), "{there}");
    let stranger = Browser::new(&server).get("/admin/nothing").expect(404);
    assert!(!stranger.body.contains("Sign out"), "{stranger}");
    let answer = browser.get("/admin/api/nothing").expect(404);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    // A session in a browser opens pages, not the API.
    browser.get("/admin/api/clients").expect(401);
    let request = browser.request(reqwest::Method::DELETE, "/admin/clients");
    Answer::to(request).expect(405);
}

#[test]
fn the_start_leads_to_the_first_page() {
    let server = Server::start();
    let answer = Browser::new(&server).get("/admin").expect(303);
    assert_eq!(answer.header("location"), Some("/admin/sign_in"));
    let page = Browser::signed_in(&server).get("/admin").expect(200).body;
    assert!(page.contains("<h1>Overview</h1>"), "{page}");
}

#[test]
fn a_chosen_theme_is_remembered() {
    let server = Server::start();
    let mut browser = Browser::signed_in(&server);
    assert!(
        browser
            .get("/admin/clients")
            .body
            .contains("data-theme=\"system\"")
    );
    let fields = [("theme", "dark"), ("next", "/admin/clients?state=enabled")];
    let answer = browser.send("/admin/theme", &fields).expect(303);
    assert_eq!(
        answer.header("location"),
        Some("/admin/clients?state=enabled")
    );
    let theme = answer
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    assert_eq!(theme, "ambit_theme=dark");
    let session = browser.cookie.clone().unwrap();
    browser.cookie = Some(format!("{session}; {theme}"));
    assert!(
        browser
            .get("/admin/clients")
            .body
            .contains("data-theme=\"dark\"")
    );
    browser.cookie = Some(format!("{session}; ambit_theme=\"><script>"));
    assert!(
        browser
            .get("/admin/clients")
            .body
            .contains("data-theme=\"system\"")
    );
    let elsewhere = [("theme", "light"), ("next", "//evil.example")];
    browser.cookie = Some(session);
    assert_eq!(browser.sent("/admin/theme", &elsewhere), "/admin");
}

#[test]
fn cookies_that_make_no_sense_are_no_session() {
    let server = Server::start();
    let good = Browser::signed_in(&server).cookie.unwrap();
    let long = format!("{}; {good}", "x".repeat(9_000));
    for cookie in [
        "ambit_session=".to_owned(),
        "ambit_session=%00".to_owned(),
        format!("{good}; {good}"),
        format!("{good}x"),
        long,
    ] {
        let mut browser = Browser::new(&server);
        browser.cookie = Some(cookie);
        browser.get("/admin/clients").expect(303);
    }
}
