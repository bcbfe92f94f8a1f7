//! Backup and restore as the README has them: a copy is taken while the server is under load, and a server
//! that starts on it elsewhere knows all that was answered before.

use std::{fs, path::Path, process::Command};

use super::{
    assert_audit_log_is_intact, assert_recorded,
    load::{Answered, Load},
    runs_on,
};
use crate::support::{Backend, Caller, RegisteredClient, Server, TestDatabase};

/// Answers before the copy is begun, and between its end and that of the load.
const ANSWERS: usize = 100;

#[test]
fn a_copy_that_was_taken_under_load_is_whole_elsewhere() {
    let server = Server::start();
    let client = server.create_client("there before", &["protected"]);
    let token = server.token(&client);
    let before = run(&server, &client, |_| {});
    let away = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let copy = away.path().join("ambit.copy");
    let during = run(&server, &client, |server| back_up(server, &copy));
    let keys = away.path().join("keys");
    copy_folder(&server.folder().join("keys"), &keys);

    let database = restore(&copy, away.path());
    let restored = Server::with([
        ("AMBIT_DATABASE_URL", database.url().as_str()),
        ("AMBIT_KEYS_DIR", keys.to_str().unwrap()),
        ("AMBIT_ISSUER", server.issuer()),
    ])
    .start();
    assert_audit_log_is_intact(&restored);
    assert_recorded(&restored, &before.requests);
    assert!(!during.requests.is_empty());
    // Tokens from before hold, and what was revoked stays so.
    let caller = restored.anonymous().with_token(&token.access_token);
    caller.get("/protected").expect(200);
    assert_eq!(restored.introspect(&client, &token)["active"], true);
    for token in &before.revoked {
        let caller = restored.anonymous().with_token(&token.access_token);
        caller.get("/protected").expect(401);
    }
    for client in &before.clients {
        restored.token(client);
    }
    // The server that the copy was taken from goes on.
    server.token(&client);
    assert_audit_log_is_intact(&server);
}

#[test]
fn a_copy_takes_no_files_place_and_is_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    if !runs_on(Backend::Sqlite) {
        return;
    }
    let server = Server::start();
    let file = server.folder().join("copy.db");
    back_up(&server, &file);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = fs::read(&file).unwrap();
    let again = server.cli(["backup", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"));
    assert_eq!(fs::read(&file).unwrap(), first);
    let nowhere = server.cli(["backup", "/nowhere/at/all.db"]);
    assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
    let left = fs::read_dir(server.folder()).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.contains("unfinished")));
}

#[test]
fn a_database_server_is_copied_by_its_own_programs() {
    if !runs_on(Backend::Postgres) {
        return;
    }
    let server = Server::start();
    let refused = server.cli(["backup", "copy.db"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("pg_dump"));
}

/// The tables of the version before, with what is in them, are brought up to date by starting.
#[test]
fn tables_of_an_earlier_version_are_brought_up_to_date() {
    let mut server = Server::start();
    let client = server.create_client("there before", &["protected"]);
    let token = server.token(&client);
    server.stop();
    let backend = match Backend::of_this_run() {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgres",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut versions: Vec<_> = fs::read_dir(folder.join(backend))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    versions.sort();
    // Everything since the tables that came with sessions is taken back.
    for version in versions
        .iter()
        .rev()
        .take_while(|path| !is_before_sessions(path))
    {
        let down = fs::read_to_string(version.join("down.sql")).unwrap();
        for statement in down.split(';').filter(|text| !text.trim().is_empty()) {
            server.database().execute(statement);
        }
    }
    let applied = "DELETE FROM __diesel_schema_migrations WHERE version > '20261122000003'";
    assert!(server.database().execute(applied) > 0);
    let check = server.cli(["migrate", "--check"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");

    server.start_again();
    let caller = server.anonymous().with_token(&token.access_token);
    caller.get("/protected").expect(200);
    server.token(&client);
    assert_audit_log_is_intact(&server);
    server.cli_stdout(["migrate", "--check"]);
}

fn is_before_sessions(version: &Path) -> bool {
    version.file_name().unwrap().to_str().unwrap() < "2026-11-22-230000"
}

/// Load on a server, with something done in the middle of it.
fn run(server: &Server, client: &RegisteredClient, meanwhile: impl FnOnce(&Server)) -> Answered {
    let admin = server.admin();
    let load = Load {
        address: server.address(),
        admin: &admin,
        client,
    };
    load.run(|watch| {
        watch.wait_for_answers(ANSWERS);
        meanwhile(server);
        watch.wait_for_answers(watch.answers() + ANSWERS);
    })
}

/// The command of the README for this database.
fn back_up(server: &Server, copy: &Path) {
    match Backend::of_this_run() {
        Backend::Sqlite => {
            let said = server.cli_stdout(["backup", copy.to_str().unwrap()]);
            let length = fs::metadata(copy).unwrap().len();
            assert!(said.starts_with(&format!("{length} bytes")), "{said}");
        }
        Backend::Postgres => succeeds(
            Command::new("pg_dump")
                .args(["--format=custom", "--no-owner", "--dbname"])
                .arg(server.database().url())
                .arg("--file")
                .arg(copy),
        ),
    }
}

/// A database elsewhere, with what the copy holds.
fn restore(copy: &Path, folder: &Path) -> TestDatabase {
    let database = TestDatabase::create(Backend::of_this_run(), folder);
    match &database {
        TestDatabase::Sqlite { file } => {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::copy(copy, file).unwrap();
        }
        TestDatabase::Postgres { .. } => succeeds(
            Command::new("pg_restore")
                .args(["--no-owner", "--exit-on-error", "--dbname"])
                .arg(database.url())
                .arg(copy),
        ),
    }
    database
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
}

fn copy_folder(from: &Path, to: &Path) {
    succeeds(Command::new("cp").arg("-a").args([from, to]));
}
