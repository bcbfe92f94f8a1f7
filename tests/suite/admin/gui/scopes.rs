//! The page of scopes.

use super::Browser;
use crate::support::{Caller, Server};

const PAGE: &str = "/admin/scopes";

#[test]
fn scopes_are_shown_with_who_holds_them() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    server.create_client("one", &["protected", "releases:read"]);
    server.create_client("two", &["protected"]);
    let page = browser.get(PAGE).expect(200).body;
    let held = |scope: &str| {
        let (_, rest) = page.split_once(&format!(">{scope}</code>")).unwrap();
        let row = rest.split_once("</tr>").unwrap().0;
        let (_, cell) = row.split_once("Held by\">").unwrap();
        let text = cell.split_once('>').unwrap().1;
        text.split_once('<').unwrap().0.to_owned()
    };
    assert_eq!(held("protected"), "2 clients");
    assert_eq!(held("releases:read"), "1 client");
    assert_eq!(held("ambit:keys:write"), "Nobody");
    assert!(page.contains("href=\"/admin/clients?scope=releases%3Aread\""));
    assert!(page.contains("None yet"));
}

#[test]
fn scopes_are_added_and_removed() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    for (name, description, field) in [
        ("two words", "x", "name"),
        ("ambit:own", "x", "name"),
        ("protected", "x", "name"),
        ("inventory:read", "a\u{1}b", "description"),
    ] {
        let fields = [("name", name), ("description", description)];
        let page = browser.send(PAGE, &fields).expect(422).body;
        assert!(
            page.contains(&format!("id=\"{field}_error\"")),
            "{name}: {page}"
        );
        assert!(
            page.contains(&format!("value=\"{name}\"")),
            "{name}: {page}"
        );
    }
    let description = "<img src=x onerror=alert(1)>";
    let fields = [
        ("name", "inventory:read"),
        ("description", description),
        ("sensitive", "yes"),
    ];
    browser.sent(PAGE, &fields);
    let page = browser.get(PAGE).expect(200).body;
    assert!(page.contains("inventory:read is in the catalogue.") && !page.contains("<img"));
    let again = browser.send(PAGE, &fields).expect(422).body;
    assert!(
        again.contains("There is a scope of this name already."),
        "{again}"
    );

    let client = server.create_client("agent", &["inventory:read"]);
    assert_eq!(server.token(&client).scope, "inventory:read");
    let remove = "/admin/scopes/remove";
    browser.sent(remove, &[("name", "inventory:read")]);
    assert!(browser.get(PAGE).body.contains("Nothing was removed"));
    for name in ["protected", "none", "\0"] {
        browser.sent(remove, &[("name", name), ("confirm", "yes")]);
    }
    browser.sent(remove, &[("name", "inventory:read"), ("confirm", "yes")]);
    let page = browser.get(PAGE).expect(200).body;
    assert!(
        page.contains("inventory:read is gone.") && page.contains("None yet"),
        "{page}"
    );
    assert_eq!(server.token(&client).scope, "");
}
