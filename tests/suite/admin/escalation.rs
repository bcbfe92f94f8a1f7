//! An agent that registers and changes clients cannot give itself, by way of a client, what its own
//! token does not hold.

use serde_json::{Value, json};

use crate::support::{Admin, Agent, Answer, Caller, RegisteredClient, Server};

const PATH: &str = "/admin/api/clients";

/// What the agent holds, and nothing besides.
const OWN: &str = "ambit:clients:write";

/// What it would like to have.
const MORE: &str = "ambit:keys:write";

fn path(client: &RegisteredClient) -> String {
    format!("{PATH}/{}", client.client_id)
}

/// Demands a refusal that names the scope that is missing (RFC 6750, section 3.1).
#[track_caller]
fn assert_missing(answer: &Answer, scope: &str) {
    assert_eq!(answer.status, 403, "{answer}");
    let problem: Value = answer.json();
    assert_eq!(
        problem["type"], "urn:ambit:problem:insufficient_scope",
        "{answer}"
    );
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains(scope), "{answer}");
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(
        challenge.starts_with("Bearer ") && challenge.contains("error=\"insufficient_scope\""),
        "{challenge}"
    );
    let named = challenge.split_once("scope=\"").expect("a scope").1;
    let (named, _) = named.split_once('"').expect("a scope");
    assert!(named.split(' ').any(|name| name == scope), "{challenge}");
}

/// Everything that the admin API tells about clients.
fn everything(admin: &Admin) -> Value {
    admin.get(PATH).expect(200).json()
}

/// What an agent may not do to a client that holds more than it does itself.
fn attempts(agent: &Agent, client: &RegisteredClient) -> Vec<Answer> {
    let path = path(client);
    vec![
        agent.patch_json(&path, &json!({"description": "mine now"})),
        agent.patch_json(&path, &json!({"scope": format!("{OWN} {MORE}")})),
        agent.patch_json(&path, &json!({"scope": "protected"})),
        agent.post_empty(&format!("{path}/secrets")),
        agent.post_json(
            &format!("{path}/secrets"),
            &json!({"client_secret_lifetime": 60}),
        ),
        agent.post_empty(&format!("{path}/enable")),
    ]
}

#[test]
fn no_client_is_registered_with_more_than_the_caller_holds() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("clerk", &[OWN]));
    let before = everything(&server.admin());
    for scope in [
        MORE,
        "protected ambit:keys:write",
        "ambit:keys:write ambit:clients:write",
    ] {
        let answer = agent.post_json(PATH, &json!({"client_name": "puppet", "scope": scope}));
        assert_missing(&answer, MORE);
    }
    // However it is written.
    let written = [
        " {}",
        "{} ",
        "protected  {}",
        "{}\tprotected",
        "{},",
        "{}\u{a0}",
    ];
    for scope in written.map(|form| form.replace("{}", MORE)) {
        let answer = agent.post_json(PATH, &json!({"client_name": "puppet", "scope": scope}));
        assert!([403, 422].contains(&answer.status), "{scope:?}: {answer}");
    }
    assert_eq!(everything(&server.admin()), before);
    for scope in ["", "protected highly_sensitive", OWN] {
        let metadata = json!({"client_name": "honest", "scope": scope});
        agent.post_json(PATH, &metadata).expect(201);
    }
}

#[test]
fn no_client_is_given_more_than_the_caller_holds() {
    let server = Server::start();
    let clerk = server.create_client("clerk", &[OWN]);
    let plain = server.create_client("plain", &["protected"]);
    let agent = server.agent(&clerk);
    let before = everything(&server.admin());
    for client in [&clerk, &plain] {
        let patch = json!({"scope": format!("protected {OWN} {MORE}")});
        assert_missing(&agent.patch_json(&path(client), &patch), MORE);
    }
    assert_eq!(everything(&server.admin()), before);
    let patch = json!({"scope": format!("protected {OWN}")});
    agent.patch_json(&path(&plain), &patch).expect(200);
    let secrets = format!("{}/secrets", path(&plain));
    agent.post_empty(&secrets).expect(201);
}

#[test]
fn a_client_that_holds_more_is_left_alone() {
    let server = Server::start();
    let admin = server.admin();
    let agent = server.agent(&server.create_client("clerk", &[OWN]));
    let strong = server.create_client("strong", &["protected", MORE]);
    admin
        .post_empty(&format!("{}/disable", path(&strong)))
        .expect(200);
    let before = everything(&admin);
    for answer in attempts(&agent, &strong) {
        assert_missing(&answer, MORE);
    }
    assert_eq!(everything(&admin), before);
    let query = [("client_id", strong.client_id.as_str())];
    let page: Value = admin
        .get_query("/admin/api/audit", &query)
        .expect(200)
        .json();
    let records = page["records"].as_array().expect("records");
    let events: Vec<_> = records
        .iter()
        .map(|entry| &entry["record"])
        .filter(|record| record["decision"] == "allowed")
        .map(|record| record["event"].as_str().expect("an event"))
        .collect();
    assert_eq!(events, ["client.disable", "client.create"]);
}

#[test]
fn what_counts_is_the_token_and_not_the_client_behind_it() {
    let server = Server::start();
    let clerk = server.create_client("clerk", &[OWN, MORE]);
    let narrow = server.token_for(&clerk, &[("scope", OWN)]);
    let narrow = Agent::new(server.address(), narrow);
    let puppet = json!({"client_name": "puppet", "scope": MORE});
    assert_missing(&narrow.post_json(PATH, &puppet), MORE);
    for answer in attempts(&narrow, &clerk) {
        assert_missing(&answer, MORE);
    }
    let broad = server.agent(&clerk);
    broad.post_json(PATH, &puppet).expect(201);
    let patch = json!({"description": "by itself"});
    broad.patch_json(&path(&clerk), &patch).expect(200);
}

#[test]
fn whoever_holds_more_can_still_be_stopped() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("clerk", &[OWN]));
    let strong = server.create_client("strong", &["protected", MORE]);
    let rogue = server.agent(&strong);
    rogue.get("/protected").expect(200);
    agent
        .post_empty(&format!("{}/revoke_tokens", path(&strong)))
        .expect(200);
    rogue.get("/protected").expect(401);
    let rogue = server.agent(&strong);
    agent
        .post_empty(&format!("{}/disable", path(&strong)))
        .expect(200);
    rogue.get("/protected").expect(401);
    agent.delete(&path(&strong)).expect(204);
}

#[test]
fn an_administrator_may_do_all_of_it() {
    let server = Server::start();
    let admin = server.admin();
    let strong = server.create_client("strong", &[MORE]);
    let path = path(&strong);
    let patch = json!({"scope": format!("protected {OWN} {MORE}")});
    admin.patch_json(&path, &patch).expect(200);
    admin.post_empty(&format!("{path}/secrets")).expect(201);
    admin.post_empty(&format!("{path}/disable")).expect(200);
    admin.post_empty(&format!("{path}/enable")).expect(200);
}
