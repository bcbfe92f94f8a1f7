//! An administrator at work in a real browser. The scripts are in `tests/browser`.

use std::{path::PathBuf, process::Command};

use serde_json::json;

use crate::{
    clients::prepared,
    support::{ADMIN_USER, Caller, Server},
};

#[test]
fn an_administrator_works_in_a_browser() {
    let server = Server::start();
    for name in [
        "Release bot",
        "<script>alert(1)</script>\" onload=alert(1) '",
        &"unbroken".repeat(25),
    ] {
        server.create_client(
            name,
            &[
                "protected",
                "releases:read",
                "tickets:read",
                "ambit:audit:read",
            ],
        );
    }
    let mut command = script(&server, "admin.mjs");
    command
        .env("AMBIT_ADMIN_USER", ADMIN_USER)
        .env("AMBIT_ADMIN_PASSWORD", server.admin_password());
    succeeds(command);
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

fn script(server: &Server, name: &str) -> Command {
    let scripts = PathBuf::from(prepared("AMBIT_TEST_BROWSER_SCRIPTS"));
    let mut command = Command::new(prepared("AMBIT_TEST_NODE"));
    command
        .arg(scripts.join(name))
        .env("AMBIT_ISSUER", server.issuer())
        .env("AMBIT_TEST_BROWSER", prepared("AMBIT_TEST_BROWSER"));
    command
}

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
