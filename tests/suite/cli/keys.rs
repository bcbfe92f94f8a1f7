//! `ambit keys`.

use serde_json::Value;

use super::{failure, json};
use crate::support::{Caller, Server, eventually};

#[test]
fn listed_is_what_the_admin_api_answers() {
    let server = Server::start();
    let over_http: Value = server.admin().get("/admin/api/keys").expect(200).json();
    let printed = json(&server, ["keys", "list", "--json"]);
    // The server puts the end of the current key off now and then.
    let mut expected = over_http["keys"].clone();
    expected[0]["verifies_until"] = printed[0]["verifies_until"].clone();
    assert_eq!(printed, expected);
    let kid = over_http["keys"][0]["kid"].as_str().unwrap();
    let table = server.cli_stdout(["keys", "list"]);
    assert!(table.contains(kid) && table.contains("current"), "{table}");
}

#[test]
fn a_key_made_beside_the_server_is_published_by_it() {
    let server = Server::start();
    let made = json(&server, ["keys", "rotate", "--json"]);
    assert_eq!(made[0]["state"], "next");
    eventually("the server publishes it", || {
        let set: Value = server.anonymous().get("/jwks").expect(200).json();
        set["keys"]
            .as_array()
            .unwrap()
            .iter()
            .any(|key| key["kid"] == made[0]["kid"])
            .then_some(())
    });
    let error = failure(&server, 1, ["keys", "rotate"]);
    assert!(error.contains("published already"), "{error}");
}

#[test]
fn a_key_withdrawn_beside_the_server_ends_its_tokens() {
    let server = Server::start();
    let client = server.create_client("Signed", &["protected"]);
    let agent = server.agent(&client);
    let header = agent.token.header();
    let kid = header["kid"].as_str().unwrap();
    server.cli_stdout(["keys", "withdraw", kid]);
    eventually("the server hears of it", || {
        (agent.get("/protected").status == 401).then_some(())
    });
    server.agent(&client).get("/protected").expect(200);
    let error = failure(&server, 1, ["keys", "withdraw", "unknown"]);
    assert!(error.contains("no such key"), "{error}");
}
