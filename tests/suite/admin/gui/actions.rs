//! The pages of actions: the catalogue, and actions tried as a client.

use serde_json::{Value, json};

use super::Browser;
use crate::support::{Caller, RegisteredClient, Server};

const SET_GATE: &str = "/admin/actions/release_oversight/set_gate/try";
const LIST: &str = "/admin/actions/release_oversight/list_gates/try";
const QUERY: &str = "/admin/actions/common_actions/query/try";

fn gater(server: &Server) -> RegisteredClient {
    server.create_client("Gater", &["releases:read", "releases:write"])
}

/// The state of each step of the decision.
fn states(page: &str) -> Vec<(String, String)> {
    let list = page
        .split("<ol class=\"steps\">")
        .nth(1)
        .unwrap_or_default();
    let steps = list.split("<strong>").skip(1);
    let read = |step: &str| {
        let (name, rest) = step.split_once("</strong>")?;
        let (_, rest) = rest.split_once("<span class=\"badge ")?;
        let (_, rest) = rest.split_once('>')?;
        let state = rest.split('<').next()?;
        Some((name.to_owned(), state.to_owned()))
    };
    steps.filter_map(read).collect()
}

fn refused(page: &str) -> Vec<String> {
    let refused = states(page)
        .into_iter()
        .filter(|(_, state)| state == "Refused");
    refused.map(|(name, _)| name).collect()
}

fn records(server: &Server, query: &str) -> Vec<Value> {
    let log: Value = server
        .admin()
        .get(&format!("/admin/api/audit?{query}"))
        .expect(200)
        .json();
    let records = log["records"].as_array().unwrap().iter();
    records.map(|stored| stored["record"].clone()).collect()
}

#[test]
fn the_catalogue_leads_to_a_page_for_each_action() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let list = browser.get("/admin/actions").expect(200).body;
    let catalogue: Vec<Value> =
        serde_json::from_str(&server.cli_stdout(["actions", "list", "--json"])).unwrap();
    assert_eq!(list.matches("class=\"name\"").count(), catalogue.len());
    for action in &catalogue {
        let name = action["name"].as_str().unwrap();
        let path = format!(
            "/admin/actions/{}/{name}",
            action["router"].as_str().unwrap()
        );
        assert!(list.contains(&format!("href=\"{path}\"")), "{path}");
        let page = browser.get(&path).expect(200).body;
        assert!(page.contains(&format!("<h1>{name}</h1>")), "{path}");
        let members = action["input_schema"]["properties"].as_object();
        for (member, _) in members.into_iter().flatten() {
            assert!(
                page.contains(&format!(">{member}</code>")),
                "{path} {member}"
            );
        }
        // Without a client there is nobody to act as, and the page says what to do.
        assert!(
            browser
                .get(&format!("{path}/try"))
                .expect(200)
                .body
                .contains("Register a client")
        );
    }
    browser
        .get("/admin/actions/release_oversight/none")
        .expect(404);
    browser
        .get("/admin/actions/%00/%3Cscript%3E/try")
        .expect(404);
}

#[test]
fn every_form_of_an_example_is_taken_as_it_stands() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    server.create_client("Agent", &["protected"]);
    let catalogue: Vec<Value> =
        serde_json::from_str(&server.cli_stdout(["actions", "list", "--json"])).unwrap();
    for action in &catalogue {
        let path = format!(
            "/admin/actions/{}/{}/try",
            action["router"].as_str().unwrap(),
            action["name"].as_str().unwrap()
        );
        for example in 0..action["examples"].as_array().unwrap().len() {
            let page = browser
                .get(&format!("{path}?example={example}"))
                .expect(200)
                .body;
            assert!(page.contains("Run as this client"), "{path}");
        }
    }
    browser
        .get(&format!("{QUERY}?example=99&client_id=%3C"))
        .expect(200);
    browser.get(&format!("{QUERY}?example=x")).expect(200);
}

#[test]
fn a_writing_action_is_done_once_for_the_client_and_recorded_under_both_names() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = gater(&server);
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("key", "one-key"),
        ("input.version", "9.0.0"),
        ("input.name", "review"),
        ("input.reason", "<b>Wait</b>"),
    ];
    // Not without the tick.
    let page = browser.send(SET_GATE, &fields).expect(422).body;
    assert!(
        page.contains("Tick this") && page.contains("&#60;b&#62;Wait"),
        "{page}"
    );
    assert!(records(&server, "event=action").is_empty());

    let mut ticked = fields.to_vec();
    ticked.push(("confirm", "yes"));
    let page = browser.send(SET_GATE, &ticked).expect(200).body;
    let states = states(&page);
    let names: Vec<_> = states.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Token", "Limits", "Scope", "Policy", "Input", "Run", "Audit"
        ]
    );
    assert!(states.iter().all(|(_, state)| state == "Passed"), "{page}");
    assert!(page.contains("Idempotency-Key: one-key") && page.contains("tools/call"));
    assert!(!page.contains("eyJ"), "no token is shown");
    assert!(!page.contains("<b>Wait"));

    let [record] = records(&server, "event=action").try_into().unwrap();
    assert_eq!(
        record["actors"],
        json!([
            {"kind": "administrator", "id": "admin"},
            {"kind": "client", "id": client.client_id},
        ])
    );
    assert_eq!(record["client_id"], client.client_id.as_str());
    assert_eq!(record["details"]["door"], "gui");
    assert!(
        page.contains(&format!("Record {}", record["seq"])),
        "{page}"
    );
    let issued = records(&server, "event=token.issue");
    assert_eq!(issued[0]["actors"], record["actors"]);
    assert_eq!(issued[0]["request_id"], record["request_id"]);

    // Reloading sends the same again, and nothing more is done.
    let again = browser.send(SET_GATE, &ticked).expect(200).body;
    assert!(refused(&again).is_empty(), "{again}");
    ticked[1] = ("key", "another-key");
    let other = browser.send(SET_GATE, &ticked).expect(200).body;
    assert_eq!(refused(&other), ["Run"]);
}

#[test]
fn the_step_that_refused_is_marked() {
    let server = Server::with([("AMBIT_ACTION_CALLS_PER_MINUTE", "2")]).start();
    let browser = Browser::signed_in(&server);
    let client = gater(&server);
    let weak = server.create_client("Weak", &["protected"]);
    let run = |client: &RegisteredClient, path: &str, fields: &[(&str, &str)]| {
        let mut all = vec![("client_id", client.client_id.as_str())];
        all.extend_from_slice(fields);
        browser.send(path, &all).expect(200).body
    };
    let page = run(&weak, LIST, &[]);
    assert_eq!(refused(&page), ["Scope"], "{page}");
    assert!(page.contains("The token does not hold that."));
    let denied = records(&server, "event=action&decision=denied");
    assert_eq!(denied[0]["reason"], "insufficient_scope");

    let page = run(&client, LIST, &[("input.limit", "many")]);
    assert_eq!(refused(&page), ["Input"], "{page}");
    assert!(page.contains("id=\"input.limit_error\""), "{page}");
    assert!(page.contains("value=\"many\""));
    let page = run(&client, LIST, &[("input.limit", "1")]);
    assert!(refused(&page).is_empty(), "{page}");
    assert!(page.contains("0 of 2 calls a minute are left"), "{page}");
    let page = run(&client, LIST, &[]);
    assert_eq!(refused(&page), ["Limits"], "{page}");

    server
        .admin()
        .post_empty(&format!("/admin/api/clients/{}/disable", client.client_id))
        .expect(200);
    let page = run(&client, LIST, &[]);
    assert_eq!(refused(&page), ["Token"], "{page}");
    let denied = records(&server, "event=token.issue&decision=denied");
    assert_eq!(denied[0]["reason"], "client_disabled");
}

#[test]
fn what_cannot_be_run_comes_back_as_typed() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = server.create_client("Analyst", &["warehouse:read"]);
    let nobody = "client_2dXyq0cVSYGmR4mCkZzPQA";
    for (client_id, parameters, mistake) in [
        ("", "[]", "Choose the client"),
        ("\0", "[]", "Choose the client"),
        (nobody, "[]", "no such client"),
        (&client.client_id, "[1,", "Is no JSON"),
    ] {
        let fields = [
            ("client_id", client_id),
            ("input.sql", "SELECT '</textarea>'"),
            ("input.parameters", parameters),
        ];
        let page = browser.send(QUERY, &fields).expect(422).body;
        assert!(page.contains(mistake), "{mistake}: {page}");
        assert!(
            page.contains("SELECT &#39;&#60;/textarea&#62;&#39;"),
            "{page}"
        );
    }
    let deep = "[".repeat(20_000);
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("input.parameters", &deep),
    ];
    browser.send(QUERY, &fields).expect(422);
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("input.sql", "DROP TABLE x"),
    ];
    let page = browser.send(QUERY, &fields).expect(200).body;
    assert_eq!(refused(&page), ["Run"], "{page}");
}

#[test]
fn nobody_acts_as_a_client_with_more_power() {
    let server = Server::start();
    let (name, password) = ("manager", "correct horse battery");
    let body = json!({"username": name, "password": password, "role": "client_manager"});
    server
        .admin()
        .post_json("/admin/api/administrators", &body)
        .expect(201);
    let browser = Browser::as_administrator(&server, name, password);
    let strong = server.create_client("strong", &["releases:read", "ambit:keys:write"]);
    let fields = [("client_id", strong.client_id.as_str())];
    browser.send(LIST, &fields).expect(403);
    let weak = gater(&server);
    browser
        .send(LIST, &[("client_id", weak.client_id.as_str())])
        .expect(200);
}
