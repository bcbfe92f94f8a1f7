//! `ambit admin`.

use serde_json::Value;

use super::{failed, failure, json, with_stdin};
use crate::support::{Admin, Caller, Server};

const PATH: &str = "/admin/api/administrators";

#[test]
fn an_account_is_made_with_a_password_of_its_own() {
    let server = Server::start();
    let made = json(
        &server,
        ["admin", "create", "alice", "--generate", "--json"],
    );
    let password = made["password"].as_str().unwrap();
    assert!(password.len() >= 20, "{password}");
    signed_in(&server, "alice", password).get(PATH).expect(200);
    let text = server.cli_stdout(["admin", "create", "bob", "--generate"]);
    let (_, password) = text.trim_end().rsplit_once(' ').unwrap();
    signed_in(&server, "bob", password).get(PATH).expect(200);
    assert!(failure(&server, 1, ["admin", "create", "bob", "--generate"]).contains("already"));
}

#[test]
fn a_password_from_stdin_is_taken_as_it_is() {
    let server = Server::start();
    let password = " twelve or more ";
    let create = ["admin", "create", "carol", "--password-stdin"];
    let output = with_stdin(&mut server.command(&create), &format!("{password}\n"));
    assert!(output.status.success(), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains(password.trim()));
    signed_in(&server, "carol", password).get(PATH).expect(200);

    let reset = ["admin", "reset-password", "carol", "--password-stdin"];
    let output = with_stdin(&mut server.command(&reset), "another password");
    assert!(output.status.success(), "{output:?}");
    signed_in(&server, "carol", "another password")
        .get(PATH)
        .expect(200);
    signed_in(&server, "carol", password).get(PATH).expect(401);
}

#[test]
fn a_password_that_cannot_be_is_refused() {
    let server = Server::start();
    for (name, password) in [
        ("dan", "too short"),
        ("dan", ""),
        ("dan", "two lines\nof password"),
        ("a b", "long enough to do"),
    ] {
        let create = ["admin", "create", name, "--password-stdin"];
        let error = failed(&with_stdin(&mut server.command(&create), password), 1);
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(password.is_empty() || !error.contains(password), "{error}");
    }
    let reset = ["admin", "reset-password", "nobody", "--generate"];
    assert!(failure(&server, 1, reset).contains("no administrator"));
    // Without a terminal there is nobody to ask.
    assert!(failure(&server, 2, ["admin", "create", "dan"]).contains("--password-stdin"));
    assert_eq!(
        json(&server, ["admin", "list", "--json"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn listed_is_what_the_admin_api_answers() {
    let server = Server::start();
    server.cli_stdout(["admin", "create", "alice", "--generate"]);
    let over_http: Value = server.admin().get(PATH).expect(200).json();
    assert_eq!(
        json(&server, ["admin", "list", "--json"]),
        over_http["administrators"]
    );
    let table = server.cli_stdout(["admin", "list"]);
    assert!(table.contains("alice"), "{table}");
}

fn signed_in(server: &Server, username: &str, password: &str) -> Admin {
    Admin::new(server.address(), username, password)
}
