//! An administrator at work in a real browser. The script is in `tests/browser`.

use std::{path::PathBuf, process::Command};

use crate::{
    clients::prepared,
    support::{ADMIN_USER, Server},
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
    let output = Command::new(prepared("AMBIT_TEST_NODE"))
        .arg(PathBuf::from(prepared("AMBIT_TEST_BROWSER_SCRIPTS")).join("admin.mjs"))
        .env("AMBIT_ISSUER", server.issuer())
        .env("AMBIT_ADMIN_USER", ADMIN_USER)
        .env("AMBIT_ADMIN_PASSWORD", server.admin_password())
        .env("AMBIT_TEST_BROWSER", prepared("AMBIT_TEST_BROWSER"))
        .output()
        .expect("the script runs");
    assert!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
