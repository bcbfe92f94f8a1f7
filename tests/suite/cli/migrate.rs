//! `ambit migrate`, and what reads no database that is not there.

use crate::support::{Refusal, Server};

#[test]
fn a_started_server_leaves_nothing_to_migrate() {
    let server = Server::start();
    assert!(
        server
            .cli_stdout(["migrate", "--check"])
            .contains("up to date")
    );
    assert!(server.cli_stdout(["migrate"]).contains("up to date"));
}

#[test]
fn an_empty_database_is_brought_up_to_date() {
    let check = instead_of_serving(["migrate", "--check"]);
    assert_eq!(check.status.code(), Some(1));
    assert_eq!(check.stderr.lines().count(), 1, "{check:?}");
    let run = instead_of_serving(["migrate"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert!(run.stdout.starts_with("Applied: "), "{run:?}");
}

#[test]
fn tables_of_a_later_version_are_not_touched() {
    let mut server = Server::start();
    server.stop();
    server.database().execute(
        "UPDATE __diesel_schema_migrations SET version = '20991231000000' \
         WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)",
    );
    let check = server.cli(["migrate", "--check"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
}

#[test]
fn reading_the_log_makes_no_database() {
    for command in [["audit", "tail"], ["audit", "verify"], ["audit", "export"]] {
        let run = instead_of_serving(command);
        assert_eq!(run.status.code(), Some(1), "{run:?}");
        assert_eq!(run.stdout, "");
        assert!(run.stderr.starts_with("ambit: "), "{run:?}");
    }
}

/// Runs a command where a server has never run.
fn instead_of_serving<const N: usize>(arguments: [&str; N]) -> Refusal {
    Server::with([])
        .arguments(arguments)
        .try_start()
        .err()
        .unwrap()
}
