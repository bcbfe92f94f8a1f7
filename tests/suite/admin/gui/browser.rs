//! An administrator at work in a real browser. The scripts are in `tests/browser`.

use std::{path::PathBuf, process::Command};

use serde_json::json;

use crate::{
    clients::prepared,
    support::{ADMIN_USER, Caller, Server},
};

/// A server with tables to read.
fn server() -> Server {
    let server = Server::start();
    for table in ["releases", "release_changes"] {
        let file = format!("{}/tests/data/{table}.csv", env!("CARGO_MANIFEST_DIR"));
        server.cli_stdout(["warehouse", "load", &file, "--table", table]);
    }
    server
}

/// Runs a script as the first administrator of a server.
#[track_caller]
fn run(name: &str, server: &Server) {
    let mut command = script(server, name);
    command
        .env("AMBIT_ADMIN_USER", ADMIN_USER)
        .env("AMBIT_ADMIN_PASSWORD", server.admin_password());
    succeeds(command);
}

fn script(server: &Server, name: &str) -> Command {
    let scripts = PathBuf::from(prepared("AMBIT_TEST_BROWSER_SCRIPTS"));
    let mut command = Command::new(prepared("AMBIT_TEST_NODE"));
    command
        .arg(scripts.join(name))
        .env("AMBIT_ISSUER", server.issuer())
        .env("AMBIT_TEST_BROWSER", prepared("AMBIT_TEST_BROWSER"));
    command
}

#[track_caller]
fn succeeds(mut command: Command) {
    let output = command.output().expect("the script runs");
    assert!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_whole_story_from_signing_in_to_stopping_a_client() {
    run("story.mjs", &server());
}

#[test]
fn every_page_is_readable_at_three_widths_in_both_themes() {
    let server = server();
    for name in ["Release bot", "<b>Bold</b>", &"unbroken".repeat(25)] {
        let scopes = ["protected", "tickets:read", "ambit:audit:read"];
        server.create_client(name, &scopes);
    }
    run("look.mjs", &server);
}

#[test]
fn each_role_sees_what_it_may_do_and_no_more() {
    let server = Server::start();
    server.create_client("There", &["protected"]);
    run("roles.mjs", &server);
}

#[test]
fn hostile_names_and_values_are_inert_and_burst_no_page() {
    run("hostile.mjs", &server());
}

#[test]
fn a_browser_is_not_talked_into_what_its_administrator_did_not_ask_for() {
    run("safety.mjs", &Server::start());
}

#[test]
fn a_client_is_made_and_stopped_by_keys_alone() {
    run("keyboard.mjs", &Server::start());
}

#[test]
fn second_factors_work_in_a_browser() {
    const PASSWORD: &str = "correct horse battery";
    // Browsers make passkeys for a host's name alone.
    let server = Server::with([("AMBIT_ISSUER", "http://localhost:8000")]).start();
    let looks = ["1280", "768", "360"].into_iter().flat_map(|width| {
        let named = |scheme: &str| format!("look{width}{scheme}");
        [named("light"), named("dark")]
    });
    let names = ["app", "plain", "passkey"].map(str::to_owned);
    for username in names.into_iter().chain(looks) {
        let body = json!({"username": username, "password": PASSWORD, "role": "owner"});
        let admin = server.admin();
        admin
            .post_json("/admin/api/administrators", &body)
            .expect(201);
    }
    let mut command = script(&server, "second_factors.mjs");
    command
        .env("AMBIT_TEST_PASSWORD", PASSWORD)
        .env("AMBIT_TEST_ADDRESS", server.address());
    succeeds(command);
}
