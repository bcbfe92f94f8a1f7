//! `ambit scope`.

use serde_json::Value;

use super::{failure, json};
use crate::support::{Caller, Server};

#[test]
fn the_catalogue_is_that_of_the_admin_api() {
    let server = Server::start();
    let over_http: Value = server.admin().get("/admin/api/scopes").expect(200).json();
    assert_eq!(
        json(&server, ["scope", "list", "--json"]),
        over_http["scopes"]
    );
}

#[test]
fn a_scope_is_added_used_and_removed() {
    let server = Server::start();
    let create = [
        "client",
        "create",
        "--name",
        "Reader",
        "--scope",
        "reports:read",
        "--json",
    ];
    failure(&server, 1, create);
    let added = json(
        &server,
        [
            "scope",
            "add",
            "reports:read",
            "--description",
            "Read",
            "--sensitivity",
            "sensitive",
            "--json",
        ],
    );
    assert_eq!(added["sensitivity"], "sensitive");
    assert_eq!(json(&server, create)["scope"], "reports:read");
    assert!(failure(&server, 1, ["scope", "add", "reports:read"]).contains("already"));
    server.cli_stdout(["scope", "remove", "reports:read"]);
    assert!(failure(&server, 1, ["scope", "remove", "reports:read"]).contains("no scope"));
    assert!(failure(&server, 1, ["scope", "remove", "protected"]).contains("built in"));
    assert!(failure(&server, 1, ["scope", "add", "ambit:mine"]).contains("belong to Ambit"));
}
