//! The file of an embedded warehouse is away: an outage, and no missing table.

use std::fs;

use serde_json::{Value, json};

use super::runs_on;
use crate::support::{Backend, Caller, Server};

#[test]
fn a_warehouse_file_that_is_away_is_an_outage() {
    if !runs_on(Backend::Sqlite) {
        return;
    }
    let server = Server::start();
    let agent =
        server.agent(&server.create_client("Analyst", &["releases:read", "warehouse:read"]));
    let list = || agent.get("/actions/release_oversight/list_releases");
    let query = || {
        let input = json!({"sql": "SELECT version FROM releases"});
        agent.post_json("/actions/common_actions/query", &input)
    };
    // There, but without the table.
    list().expect(404);
    query().expect(422);

    let file = server.folder().join("warehouse.db");
    let put_nothing = || fs::remove_file(&file).expect("the file can be removed");
    let put_folder = || fs::create_dir(&file).expect("a folder can be made");
    for away in [&put_nothing as &dyn Fn(), &put_folder] {
        away();
        for answer in [list(), query()] {
            let problem: Value = answer.expect(503).json();
            assert!(!problem.to_string().contains("warehouse.db"), "{problem}");
        }
    }
    assert!(
        server.stderr().contains("warehouse.db"),
        "{}",
        server.stderr()
    );

    fs::remove_dir(&file).expect("the folder can be removed");
    fs::write(&file, "").expect("a file can be written");
    list().expect(404);
}
