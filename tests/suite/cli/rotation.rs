//! `ambit client rotate-secret` and `retire-secret`.

use serde_json::Value;

use super::{failure, json};
use crate::support::{Caller, RegisteredClient, Server, eventually};

#[test]
fn the_new_secret_works_beside_the_old_one_for_a_day() {
    let server = Server::start();
    let old = server.create_client("Rotated", &[]);
    let made = json(
        &server,
        ["client", "rotate-secret", &old.client_id, "--json"],
    );
    let new = with(&old, &made);
    eventually("the server hears of the new secret", || {
        works(&server, &new)
    });
    assert!(works(&server, &old).is_some());
    let shown = json(&server, ["client", "show", &old.client_id, "--json"]);
    let secrets = shown["secrets"].as_array().unwrap();
    let ends = secrets[0]["expires_at"].as_i64().unwrap();
    let made_at = secrets[1]["created_at"].as_i64().unwrap();
    assert!((86_399..=86_402).contains(&(ends - made_at)), "{shown}");
    assert_eq!(secrets[1]["expires_at"], Value::Null);
}

#[test]
fn a_leaked_secret_is_replaced_at_once() {
    let server = Server::start();
    let old = server.create_client("Leaked", &[]);
    assert!(works(&server, &old).is_some());
    let made = json(
        &server,
        [
            "client",
            "rotate-secret",
            &old.client_id,
            "--retire-now",
            "--json",
        ],
    );
    eventually("the server hears of the new secret", || {
        works(&server, &with(&old, &made))
    });
    assert!(works(&server, &old).is_none());
    let shown = json(&server, ["client", "show", &old.client_id, "--json"]);
    assert_eq!(shown["secrets"].as_array().unwrap().len(), 1);
}

#[test]
fn both_are_kept_until_one_is_retired() {
    let server = Server::start();
    let old = server.create_client("Kept", &[]);
    let id = old.client_id.as_str();
    let made = json(
        &server,
        [
            "client",
            "rotate-secret",
            id,
            "--keep",
            "--secret-lifetime",
            "900",
            "--json",
        ],
    );
    assert_eq!(
        made["expires_at"].as_i64().unwrap() - made["created_at"].as_i64().unwrap(),
        900
    );
    let error = failure(&server, 1, ["client", "rotate-secret", id]);
    assert!(error.contains("at most 2"), "{error}");
    let shown = json(&server, ["client", "show", id, "--json"]);
    assert_eq!(shown["secrets"][0]["expires_at"], Value::Null);
    let old_id = shown["secrets"][0]["secret_id"].as_str().unwrap();
    let after = json(&server, ["client", "retire-secret", id, old_id, "--json"]);
    assert_eq!(after["secrets"].as_array().unwrap().len(), 1);
    let new_id = made["secret_id"].as_str().unwrap();
    let error = failure(&server, 1, ["client", "retire-secret", id, new_id]);
    assert!(error.contains("only secret"), "{error}");
}

#[test]
fn it_is_printed_for_people_too() {
    let server = Server::start();
    let old = server.create_client("Printed", &[]);
    let text = server.cli_stdout([
        "client",
        "rotate-secret",
        &old.client_id,
        "--retire-after",
        "60",
    ]);
    assert!(text.contains("ambit_cs_"), "{text}");
    assert!(text.contains("shown this once"), "{text}");
    let shown = server.cli_stdout(["client", "show", &old.client_id]);
    assert!(!shown.contains("ambit_cs_"), "{shown}");
}

fn with(client: &RegisteredClient, secret: &Value) -> RegisteredClient {
    let client_secret = secret["client_secret"].as_str().unwrap().to_owned();
    RegisteredClient {
        client_secret,
        ..client.clone()
    }
}

fn works(server: &Server, client: &RegisteredClient) -> Option<()> {
    let form = [("grant_type", "client_credentials")];
    let answer = server
        .anonymous()
        .with_basic(client)
        .post_form("/token", &form);
    (answer.status == 200).then_some(())
}
