//! The clients' pages: what they show, and that they do what the admin API does.

use serde_json::{Value, json};

use super::Browser;
use crate::support::{Caller, RegisteredClient, Server};

/// Names that would be more than text, were they not inert.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "'; --{{7*7}}${7*7}",
    "</title><img src=x onerror=alert(1)>",
];

fn one(client_id: &str) -> String {
    format!("/admin/clients/{client_id}")
}

/// Follows the way of a new secret, and reads it off the page.
#[track_caller]
fn handed_over(browser: &Browser, way: &str) -> RegisteredClient {
    let page = browser.get(way).expect(200).body;
    let value = |id: &str| {
        let (_, rest) = page.split_once(&format!("<code id=\"{id}\">")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    RegisteredClient {
        client_id: value("client_id"),
        client_secret: value("client_secret"),
        metadata: Value::Null,
    }
}

#[test]
fn a_client_is_registered_and_its_secret_shown_once() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let fields = [
        ("client_name", "Release bot"),
        ("description", "Watches\r\nreleases"),
        ("scope", "protected"),
        ("scope", "releases:read"),
        ("contacts", "a@example.com\r\n\r\nb@example.com\r\n"),
        ("access_token_lifetime", "60"),
        ("client_secret_lifetime", "86400"),
    ];
    let way = browser.sent("/admin/clients/new", &fields);
    let client = handed_over(&browser, &way);
    assert_eq!(way, format!("{}/secret", one(&client.client_id)));
    let token = server.token(&client);
    assert_eq!(token.scope, "protected releases:read");
    assert_eq!(token.expires_in, 60);

    // Whoever comes again finds it gone, from the database too.
    let again = browser.get(&way).expect(200).body;
    assert!(again.contains("was shown already"), "{again}");
    assert!(!again.contains(&client.client_secret));
    let left = "UPDATE sessions SET sealed = NULL WHERE sealed IS NOT NULL";
    assert_eq!(server.database().execute(left), 0);

    let path = format!("/admin/api/clients/{}", client.client_id);
    let registered: Value = server.admin().get(&path).expect(200).json();
    assert_eq!(registered["description"], "Watches\nreleases");
    assert_eq!(
        registered["contacts"],
        json!(["a@example.com", "b@example.com"])
    );
    assert!(registered["secrets"][0]["expires_at"].is_i64());
}

#[test]
fn a_secret_is_for_the_session_that_made_it() {
    let server = Server::start();
    let (browser, other) = (Browser::signed_in(&server), Browser::signed_in(&server));
    let way = browser.sent("/admin/clients/new", &[("client_name", "agent")]);
    assert!(
        other
            .get(&way)
            .expect(200)
            .body
            .contains("was shown already")
    );
    // What is kept for the page cannot be read without the browser.
    let plain = "UPDATE sessions SET flash = NULL WHERE sealed LIKE '%client%'";
    assert_eq!(server.database().execute(plain), 0);
    server.token(&handed_over(&browser, &way));
}

#[test]
fn what_cannot_be_accepted_comes_back_beside_its_field() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let fields = [
        ("client_name", " "),
        ("description", "kept <b>as typed</b>"),
        ("scope", "protected"),
        ("scope", "no:such"),
        ("access_token_lifetime", "soon"),
    ];
    let answer = browser.send("/admin/clients/new", &fields).expect(422);
    assert!(
        answer.body.contains("id=\"access_token_lifetime_error\""),
        "{answer}"
    );
    let fields: Vec<_> = fields.into_iter().take(4).collect();
    let answer = browser.send("/admin/clients/new", &fields).expect(422);
    let page = &answer.body;
    assert!(
        page.contains("id=\"client_name_error\">Must be 1 to 200 characters."),
        "{page}"
    );
    assert!(page.contains("not in the catalogue of scopes"), "{page}");
    assert!(
        page.contains("kept &#60;b&#62;as typed&#60;/b&#62;"),
        "{page}"
    );
    assert!(page.contains("value=\"protected\" checked"), "{page}");
    let list: Value = server.admin().get("/admin/api/clients").expect(200).json();
    assert_eq!(list["clients"], json!([]));
}

#[test]
fn settings_are_changed_and_what_the_form_has_not_is_left() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = server.admin().register(&json!({
        "client_name": "before",
        "scope": "protected",
        "redirect_uris": ["https://app.example/callback"],
    }));
    let path = format!("{}/edit", one(&client.client_id));
    let form = browser.get(&path).expect(200).body;
    assert!(form.contains("value=\"before\"") && form.contains("value=\"protected\" checked"));
    let fields = [("client_name", "after"), ("scope", "releases:read")];
    let shown = browser.sent(&path, &fields);
    let page = browser.get(&shown).expect(200).body;
    assert!(page.contains("<h1>after</h1>") && page.contains("The settings are saved."));
    // The message is shown once.
    assert!(!browser.get(&shown).body.contains("The settings are saved."));
    let api = format!("/admin/api/clients/{}", client.client_id);
    let changed: Value = server.admin().get(&api).expect(200).json();
    assert_eq!(changed["scope"], "releases:read");
    assert_eq!(
        changed["redirect_uris"],
        json!(["https://app.example/callback"])
    );
    browser.send(&path, &[("client_name", "")]).expect(422);
}

#[test]
fn secrets_are_changed_over_without_a_pause() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let first = server.create_client("agent", &["protected"]);
    let here = one(&first.client_id);
    let way = browser.sent(
        &format!("{here}/secrets/add"),
        &[("client_secret_lifetime", "60")],
    );
    let second = handed_over(&browser, &way);
    server.token(&first);
    server.token(&second);
    // No third one.
    browser.sent(&format!("{here}/secrets/add"), &[]);
    assert!(browser.get(&here).body.contains("at most 2 secrets"));

    let api = format!("/admin/api{}", here.strip_prefix("/admin").unwrap());
    let shown: Value = server.admin().get(&api).expect(200).json();
    let old = shown["secrets"][0]["secret_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let retire = format!("{here}/secrets/retire");
    browser.sent(&retire, &[("secret_id", &old), ("after", "0")]);
    let form = [("grant_type", "client_credentials")];
    server
        .anonymous()
        .with_basic(&first)
        .post_form("/token", &form)
        .expect(401);
    server.token(&second);
    // The last one stays, and what is none is told so.
    let left = shown["secrets"][1]["secret_id"].as_str().unwrap();
    browser.sent(&retire, &[("secret_id", left)]);
    assert!(browser.get(&here).body.contains("only secret"));
    browser.sent(&retire, &[("secret_id", "\0")]);
    server.token(&second);
}

#[test]
fn a_client_is_stopped_let_in_and_deleted() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = server.create_client("Release bot", &["protected"]);
    let here = one(&client.client_id);
    let agent = server.agent(&client);
    browser.sent(&format!("{here}/disable"), &[]);
    agent.get("/protected").expect(401);
    assert!(browser.get(&here).body.contains("Disabled</span>"));
    browser.sent(&format!("{here}/enable"), &[]);
    let agent = server.agent(&client);
    agent.get("/protected").expect(200);
    browser.sent(&format!("{here}/revoke_tokens"), &[]);
    agent.get("/protected").expect(401);

    for wrong in ["", "release bot", "Release"] {
        let way = browser.sent(&format!("{here}/delete"), &[("confirmation", wrong)]);
        assert_eq!(way, here);
    }
    assert!(
        browser
            .get(&here)
            .expect(200)
            .body
            .contains("Nothing was deleted")
    );
    let way = browser.sent(
        &format!("{here}/delete"),
        &[("confirmation", "Release bot")],
    );
    assert_eq!(way, "/admin/clients");
    assert!(browser.get(&way).body.contains("Release bot is deleted."));
    browser.get(&here).expect(404);
}

#[test]
fn recent_activity_is_what_the_audit_log_says() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = server.create_client("agent", &["protected"]);
    let agent = server.agent(&client);
    agent.get("/highly_confidential").expect(403);
    let page = browser.get(&one(&client.client_id)).expect(200).body;
    let activity = page.split_once("Recent activity").unwrap().1;
    for part in [
        "token.issue",
        "client.create",
        "insufficient scope",
        "GET /highly_confidential",
    ] {
        assert!(activity.contains(part), "no {part} in {activity}");
    }
}

#[test]
fn the_list_is_searched_filtered_sorted_and_paged() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    assert!(
        browser
            .get("/admin/clients")
            .expect(200)
            .body
            .contains("No clients yet")
    );
    for (name, scopes) in [
        ("Alpha", &["protected"][..]),
        ("Beta", &["releases:read"]),
        ("Gamma", &["protected", "releases:read"]),
    ] {
        server.create_client(name, scopes);
    }
    let beta: Value = server
        .admin()
        .get("/admin/api/clients?search=beta")
        .expect(200)
        .json();
    let beta = beta["clients"][0]["client_id"].as_str().unwrap().to_owned();
    server
        .admin()
        .post_empty(&format!("/admin/api/clients/{beta}/disable"))
        .expect(200);
    let names = |query: &str| {
        let page = browser
            .get(&format!("/admin/clients?{query}"))
            .expect(200)
            .body;
        let rows = page.split("class=\"name\"").skip(1);
        let name = |row: &str| {
            let (_, rest) = row.split_once('>').unwrap();
            rest.split_once('<').unwrap().0.to_owned()
        };
        rows.map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["Gamma", "Beta", "Alpha"]);
    assert_eq!(names("sort=client_name"), ["Alpha", "Beta", "Gamma"]);
    assert_eq!(names("sort=-client_name"), ["Gamma", "Beta", "Alpha"]);
    assert_eq!(names("search=ALPH"), ["Alpha"]);
    assert_eq!(names("state=disabled"), ["Beta"]);
    assert_eq!(
        names("scope=protected&sort=client_name"),
        ["Alpha", "Gamma"]
    );
    assert_eq!(names("scope=releases"), [""; 0]);
    let by_api = server
        .admin()
        .get("/admin/api/clients?scope=releases:read")
        .expect(200);
    assert_eq!(
        by_api.json::<Value>()["clients"].as_array().unwrap().len(),
        2
    );
    server
        .admin()
        .get("/admin/api/clients?scope=a%20b")
        .expect(400);
    // What makes no sense asks for nothing.
    let nonsense = "search=%00&state=x&scope=%22&sort=x&cursor=x";
    assert_eq!(names(nonsense).len(), 3);
    browser.get("/admin/clients?search=%ff&&&=").expect(200);

    for number in 0..50 {
        server.create_client(&format!("More {number:02}"), &[]);
    }
    let first = browser
        .get("/admin/clients?sort=client_name")
        .expect(200)
        .body;
    let (before, _) = first.split_once("rel=\"next\"").unwrap();
    let (_, link) = before.rsplit_once("href=\"").unwrap();
    let link = link.split_once('"').unwrap().0.replace("&#38;", "&");
    let second = browser.get(&link).expect(200).body;
    assert_eq!(second.matches("class=\"name\"").count(), 3, "{second}");
    assert!(second.contains("First page") && !second.contains("rel=\"next\""));
}

#[test]
fn hostile_names_are_text_wherever_they_show() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    for name in HOSTILE {
        let client = server.admin().register(&json!({
            "client_name": name,
            "description": name,
            "contacts": [name],
            "software_id": name,
            "scope": "protected",
        }));
        let here = one(&client.client_id);
        let search = [
            ("search", name),
            ("state", name),
            ("sort", name),
            ("cursor", name),
        ];
        let pages = [
            browser.get("/admin/clients"),
            browser.get_query("/admin/clients", &search),
            browser.get(&here),
            browser.get(&format!("{here}/edit")),
            browser.get(&format!("{here}/secret")),
            browser.send(
                &format!("{here}/edit"),
                &[("client_name", name), ("scope", name)],
            ),
        ];
        for page in pages {
            for live in [
                "<script>alert",
                "<img src=x",
                "\" onmouseover=",
                "${49}",
                ">49<",
            ] {
                assert!(!page.body.contains(live), "{name}: {page}");
            }
        }
        browser.sent(&format!("{here}/delete"), &[("confirmation", name)]);
        assert!(!browser.get("/admin/clients").body.contains("<script>alert"));
    }
}
