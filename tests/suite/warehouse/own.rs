//! A warehouse that is Ambit's own database is refused.

use crate::support::{Backend, Server};

#[test]
fn ambits_own_database_is_no_warehouse() {
    let server = Server::start();
    let mut command = server.command(&["warehouse", "tables"]);
    command.env("AMBIT_WAREHOUSE_URL", server.database().url());
    command.env("AMBIT_WAREHOUSE_SCHEMA", "public");
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let expected = match Backend::of_this_run() {
        Backend::Sqlite => "must not be Ambit's own database",
        Backend::Postgres => "holds Ambit's own tables",
    };
    assert!(stderr.contains(expected), "{stderr}");
}
