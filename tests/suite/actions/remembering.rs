//! What actions remember of the warehouse, and what has them read it again.

use std::fs;

use serde_json::{Value, json};

use super::figures::{call, load, load_with_null, path};
use crate::support::{Caller, Server};

#[test]
fn a_writing_action_has_only_what_it_may_have_changed_read_again() {
    let server = Server::with([("AMBIT_WAREHOUSE_CACHE_SECONDS", "3600")]).start();
    load_with_null(&server, &path("data/audit_risk.csv"), "audit_risk", "?");
    load(&server, &path("data/releases.csv"), "releases");
    load(
        &server,
        &path("data/release_changes.csv"),
        "release_changes",
    );
    let scopes = ["audit:read", "releases:read", "releases:write"];
    let agent = server.agent(&server.create_client("Agent", &scopes));
    let one = json!({"limit": 1});
    let firms = || call(&agent, "audit", "firms_by_risk", &one)["total"].clone();
    let newest = || -> Value {
        let list = call(&agent, "release_oversight", "list_releases", &one);
        list["releases"][0]["version"].clone()
    };
    let before = (firms(), newest());

    for table in ["audit_risk", "releases"] {
        let text = fs::read_to_string(path(&format!("data/{table}.csv"))).unwrap();
        let lines: Vec<_> = text.lines().take(41).collect();
        let file = server.folder().join(format!("{table}.csv"));
        fs::write(&file, lines.join("\n")).unwrap();
        load_with_null(&server, &file, table, "?");
    }
    assert_eq!((firms(), newest()), before);
    let gate = json!({"version": "99.0.0", "name": "freeze", "reason": "Holidays."});
    agent
        .post_json("/actions/release_oversight/set_gate", &gate)
        .expect(200);
    assert_ne!(newest(), before.1);
    assert_eq!(firms(), before.0);
}
