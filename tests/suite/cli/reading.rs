//! Commands that only read make no database and change none.

use super::failure;
use crate::support::{Backend, Server};

const READING: [&[&str]; 6] = [
    &["client", "list"],
    &["client", "show", "client_AAAAAAAAAAAAAAAAAAAAAA"],
    &["keys", "list"],
    &["admin", "list"],
    &["scope", "list"],
    &["audit", "tail"],
];

#[test]
fn without_a_database_they_say_so_and_make_none() {
    for arguments in READING {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ambit"))
            .args(arguments)
            .env_clear()
            .current_dir(folder.path())
            .output()
            .unwrap();
        let error = super::failed(&output, 1);
        assert_eq!(
            error, "ambit: there is no database at sqlite://data/ambit.db\n",
            "{arguments:?}"
        );
        assert_eq!(
            folder.path().read_dir().unwrap().count(),
            0,
            "{arguments:?}"
        );
    }
}

#[test]
fn tables_that_are_out_of_date_are_left_so() {
    let mut server = Server::with([]).backend(Backend::Sqlite).start();
    server.stop();
    server.database().execute(
        "DELETE FROM __diesel_schema_migrations WHERE version = \
         (SELECT MAX(version) FROM __diesel_schema_migrations)",
    );
    for arguments in READING {
        let output = server.command(arguments).output().unwrap();
        let error = super::failed(&output, 1);
        assert!(error.contains("ambit migrate"), "{arguments:?}: {error}");
    }
    failure(&server, 1, ["migrate", "--check"]);
}
