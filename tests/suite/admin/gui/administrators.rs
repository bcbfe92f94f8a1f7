//! The pages of administrators and of settings.

use serde_json::{Value, json};

use super::Browser;
use crate::support::{ADMIN_USER, Caller, Server};

const PAGE: &str = "/admin/administrators";
const PASSWORD: &str = "correct horse battery";

#[test]
fn an_administrator_is_added_changed_and_removed() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    assert!(
        browser
            .get(PAGE)
            .expect(200)
            .body
            .contains("There is only you.")
    );
    let new = format!("{PAGE}/new");
    for (username, password, repeated, field) in [
        ("a b", PASSWORD, PASSWORD, "username"),
        (ADMIN_USER, PASSWORD, PASSWORD, "username"),
        ("carol", "short", "short", "password"),
        ("carol", PASSWORD, "another password", "password"),
    ] {
        let fields = [
            ("username", username),
            ("password", password),
            ("repeated", repeated),
            ("role", "auditor"),
        ];
        let page = browser.send(&new, &fields).expect(422).body;
        assert!(
            page.contains(&format!("id=\"{field}_error\"")),
            "{username}: {page}"
        );
        assert!(!page.contains(&format!("value=\"{password}\"")), "{page}");
    }
    let fields = [
        ("username", "carol"),
        ("password", PASSWORD),
        ("repeated", PASSWORD),
        ("role", "auditor"),
    ];
    assert_eq!(browser.sent(&new, &fields), PAGE);
    let page = browser.get(PAGE).expect(200).body;
    assert!(
        page.contains("carol can sign in now.") && page.contains("Auditor"),
        "{page}"
    );
    let carol = Browser::as_administrator(&server, "carol", PASSWORD);
    carol.get("/admin/clients").expect(200);

    let one = format!("{PAGE}/carol");
    browser.get(&format!("{one}/edit")).expect(200);
    browser.sent(&format!("{one}/role"), &[("role", "client_manager")]);
    // The session of the old role has ended.
    carol.get("/admin/clients").expect(303);
    let carol = Browser::as_administrator(&server, "carol", PASSWORD);
    carol.get("/admin/clients/new").expect(200);
    carol.get(PAGE).expect(403);

    let other = "another long password";
    let set = format!("{one}/password");
    browser
        .send(&set, &[("password", "short"), ("repeated", "short")])
        .expect(422);
    carol.get("/admin/clients").expect(200);
    browser.sent(&set, &[("password", other), ("repeated", other)]);
    carol.get("/admin/clients").expect(303);
    let carol = Browser::as_administrator(&server, "carol", other);

    browser.sent(&format!("{one}/remove"), &[("confirmation", "caro")]);
    carol.get("/admin/clients").expect(200);
    browser.sent(&format!("{one}/remove"), &[("confirmation", "carol")]);
    carol.get("/admin/clients").expect(303);
    browser.get(&format!("{one}/edit")).expect(404);
    browser.get(&format!("{PAGE}/%00/edit")).expect(404);
}

#[test]
fn the_last_owner_stays_and_changing_oneself_ends_the_session() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let own = format!("{PAGE}/{ADMIN_USER}");
    browser.sent(&format!("{own}/role"), &[("role", "auditor")]);
    assert!(browser.get(PAGE).body.contains("only owner"));
    browser.sent(&format!("{own}/role"), &[("role", "root")]);
    assert!(browser.get(PAGE).body.contains("no such role"));
    browser.sent(&format!("{own}/remove"), &[("confirmation", ADMIN_USER)]);
    assert!(browser.get(PAGE).body.contains("only owner"));
    // One's own password is changed where the one in force is asked for.
    let fields = [("password", PASSWORD), ("repeated", PASSWORD)];
    for form in ["password", "second_factors"] {
        let way = browser.sent(&format!("{own}/{form}"), &fields);
        assert_eq!(way, "/admin/account");
    }
    browser.get(PAGE).expect(200);
    Browser::signed_in(&server);
    let body = json!({"username": "carol", "password": PASSWORD, "role": "owner"});
    server
        .admin()
        .post_json("/admin/api/administrators", &body)
        .expect(201);
    browser.sent(&format!("{own}/role"), &[("role", "auditor")]);
    browser.get(PAGE).expect(303);
}

#[test]
fn settings_are_shown_as_the_command_line_shows_them() {
    let server = Server::with([("AMBIT_ACTION_CALLS_PER_MINUTE", "77")]).start();
    let browser = Browser::signed_in(&server);
    let page = browser.get("/admin/settings").expect(200).body;
    let shown: Vec<Value> = serde_json::from_str(&server.cli_stdout(["config", "--json"])).unwrap();
    for setting in &shown {
        assert!(page.contains(&format!(">{}</code>", setting["name"].as_str().unwrap())));
    }
    assert!(page.contains(">77</code>") && page.contains("AMBIT_ACTION_CALLS_PER_MINUTE"));
    assert!(!page.contains(server.admin_password()));
    assert!(page.contains("********"), "{page}");
    let body = json!({"username": "m", "password": PASSWORD, "role": "client_manager"});
    server
        .admin()
        .post_json("/admin/api/administrators", &body)
        .expect(201);
    let manager = Browser::as_administrator(&server, "m", PASSWORD);
    manager.get("/admin/settings").expect(403);
    assert!(
        !manager
            .get("/admin/clients")
            .body
            .contains("/admin/settings")
    );
}
