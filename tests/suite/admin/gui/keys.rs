//! The page of signing keys.

use serde_json::Value;

use super::Browser;
use crate::support::{Caller, Server};

const PAGE: &str = "/admin/keys";

fn keys(server: &Server) -> Vec<Value> {
    let list: Value = server.admin().get("/admin/api/keys").expect(200).json();
    list["keys"].as_array().unwrap().clone()
}

fn current(server: &Server) -> String {
    let keys = keys(server);
    let current = keys.iter().find(|key| key["state"] == "current").unwrap();
    current["kid"].as_str().unwrap().to_owned()
}

#[test]
fn keys_are_shown_rotated_and_withdrawn_with_a_confirmation() {
    let server = Server::with([]).own_keys().start();
    let browser = Browser::signed_in(&server);
    let kid = current(&server);
    let page = browser.get(PAGE).expect(200).body;
    assert!(
        page.contains(&kid) && page.contains("Current</span>"),
        "{page}"
    );

    browser.sent("/admin/keys/rotate", &[]);
    assert_eq!(keys(&server).len(), 1);
    assert!(browser.get(PAGE).body.contains("Nothing was done"));
    browser.sent("/admin/keys/rotate", &[("confirm", "yes")]);
    let page = browser.get(PAGE).expect(200).body;
    assert_eq!(keys(&server).len(), 2);
    assert!(
        page.contains("The next key is published.") && page.contains("Next</span>"),
        "{page}"
    );
    // One at a time, and the page no longer offers it.
    assert!(!page.contains("/admin/keys/rotate"));
    browser.sent("/admin/keys/rotate", &[("confirm", "yes")]);
    assert!(browser.get(PAGE).body.contains("is published already"));

    let agent = server.agent(&server.create_client("agent", &["protected"]));
    agent.get("/protected").expect(200);
    let withdraw = "/admin/keys/withdraw";
    browser.sent(withdraw, &[("kid", &kid), ("confirmation", "other")]);
    agent.get("/protected").expect(200);
    browser.sent(withdraw, &[("kid", "<b>"), ("confirmation", "<b>")]);
    assert!(browser.get(PAGE).body.contains("There is no such key."));
    browser.sent(withdraw, &[("kid", &kid), ("confirmation", &kid)]);
    agent.get("/protected").expect(401);
    assert_ne!(current(&server), kid);
    assert!(browser.get(PAGE).body.contains("Withdrawn</span>"));
}
