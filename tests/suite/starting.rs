//! `ambit serve` from its first start: what it makes, what it says, what it refuses.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use serde_json::Value;

use crate::support::{Admin, Backend, Caller, Server};

#[test]
fn the_first_start_makes_keys_that_only_this_user_can_read() {
    let server = Server::with([]).own_keys().start();
    let folder = server.folder().join("keys");
    assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
    let files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].metadata().unwrap().mode() & 0o777, 0o600);
    let said = server.stdout();
    let name = files[0].file_name().unwrap().to_str().unwrap();
    assert!(
        said.lines()
            .any(|line| line.starts_with("signing key made: ") && line.ends_with(name))
    );
    let pem = fs::read_to_string(&files[0]).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"), "{name}");
}

#[test]
fn the_first_start_makes_an_administrator_and_shows_the_password_once() {
    let mut server = Server::with([]).without("AMBIT_ADMIN_PASSWORD").start();
    let said = server.stdout();
    let line = said
        .lines()
        .find(|line| line.starts_with("administrator made: admin, "))
        .unwrap();
    let password = line
        .split("password ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert!(password.len() >= 20);
    let sign_in = |server: &Server| {
        Admin::new(server.address(), "admin", &password)
            .get("/admin/api/clients")
            .expect(200)
    };
    sign_in(&server);
    assert!(!server.stderr().contains(&password));
    server.restart();
    sign_in(&server);
    assert!(
        !server.stdout().contains("administrator made"),
        "{}",
        server.stdout()
    );
    assert!(!server.stdout().contains(&password));
}

#[test]
fn a_first_start_logs_nothing_of_the_runtime() {
    let server = Server::start();
    let log = server.stderr();
    assert!(log.contains("listening"), "{log}");
    assert!(!log.contains("actix"), "{log}");
}

#[test]
fn a_password_from_the_settings_is_not_shown_and_later_changes_nothing() {
    let mut server = Server::start();
    let said = server.stdout();
    assert!(
        said.contains("administrator made: admin, with the password from the settings"),
        "{said}"
    );
    assert!(!said.contains(server.admin_password()));
    let change = serde_json::json!({"password": "changed in the meantime"});
    server
        .admin()
        .put_json("/admin/api/administrators/admin/password", &change)
        .expect(204);
    server.restart();
    server.admin().get("/admin/api/clients").expect(401);
    let admin = Admin::new(server.address(), "admin", "changed in the meantime");
    admin.get("/admin/api/clients").expect(200);
}

#[test]
fn what_was_there_is_there_after_a_restart() {
    let mut server = Server::start();
    let client = server.create_client("Kept", &["protected"]);
    let agent = server.agent(&client);
    let revoked = server.agent(&client);
    server.revoke(&client, &revoked.token);
    let keys: Value = server.admin().get("/admin/api/keys").json();
    server.restart();
    agent.get("/protected").expect(200);
    revoked.get("/protected").expect(401);
    server.agent(&client).get("/protected").expect(200);
    let after: Value = server.admin().get("/admin/api/keys").json();
    assert_eq!(after["keys"][0]["kid"], keys["keys"][0]["kid"]);
    assert!(!server.stdout().contains("made"), "{}", server.stdout());
}

#[test]
fn a_second_server_on_one_embedded_database_is_refused() {
    let server = Server::with([]).backend(Backend::Sqlite).start();
    let output = server.cli(["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("another ambit serves"), "{error}");
    assert!(error.contains("AMBIT_DATABASE_URL=postgres://"), "{error}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    server.admin().get("/admin/api/clients").expect(200);
}

#[test]
fn a_server_that_was_killed_leaves_no_lock_behind() {
    let mut server = Server::with([]).backend(Backend::Sqlite).start();
    server.kill();
    server.start_again();
    server.admin().get("/admin/api/clients").expect(200);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refusal = Server::with([("AMBIT_LISTEN", &address)])
        .try_start()
        .err()
        .unwrap();
    assert_eq!(refusal.status.code(), Some(1));
    assert!(refusal.stderr.contains(&address), "{refusal:?}");
    assert_eq!(refusal.stderr.lines().count(), 1, "{refusal:?}");
}

#[test]
fn a_database_that_cannot_be_opened_is_named() {
    let refusal = Server::with([("AMBIT_DATABASE_URL", "sqlite:///proc/nowhere/ambit.db")])
        .try_start()
        .err()
        .unwrap();
    assert_eq!(refusal.status.code(), Some(1));
    assert!(refusal.stderr.contains("/proc/nowhere"), "{refusal:?}");
    let refusal = Server::with([(
        "AMBIT_DATABASE_URL",
        "postgres://user:hidden-word@127.0.0.1:1/x",
    )])
    .try_start()
    .err()
    .unwrap();
    assert_eq!(refusal.status.code(), Some(1));
    assert!(!refusal.stderr.contains("hidden-word"), "{refusal:?}");
}

#[test]
fn without_arguments_it_serves() {
    let server = Server::with([]).arguments([]).start();
    server.anonymous().get("/public").expect(200);
}

#[test]
fn a_key_from_outside_is_used_and_nothing_is_written() {
    let pem = made_by_openssl();
    let on_one_line = pem.replace('\n', "\\n");
    let server = Server::with([("JWT_PRIVATE_KEY", &on_one_line)])
        .own_keys()
        .start();
    let client = server.create_client("Brought", &["protected"]);
    server.agent(&client).get("/protected").expect(200);
    let keys = fs::read_dir(server.folder().join("keys"));
    assert_eq!(keys.map_or(0, Iterator::count), 0);
    assert!(
        !server.stdout().contains("signing key made"),
        "{}",
        server.stdout()
    );
}

#[test]
fn a_public_key_that_belongs_to_another_one_is_refused() {
    let [one, other] = [made_by_openssl(), made_by_openssl()];
    let public = public_half(&other);
    let settings = [
        ("JWT_PRIVATE_KEY", one.as_str()),
        ("JWT_PUBLIC_KEY", public.as_str()),
    ];
    let refusal = Server::with(settings).own_keys().try_start().err().unwrap();
    assert!(refusal.stderr.contains("JWT_PUBLIC_KEY"), "{refusal:?}");
    let public = public_half(&one);
    let settings = [
        ("JWT_PRIVATE_KEY", one.as_str()),
        ("JWT_PUBLIC_KEY", public.as_str()),
    ];
    Server::with(settings)
        .own_keys()
        .start()
        .anonymous()
        .get("/readyz")
        .expect(200);
}

#[test]
fn a_key_file_that_is_damaged_is_named() {
    let mut server = Server::start();
    server.stop();
    let file = fs::read_dir(server.folder().join("keys"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(&file, "nonsense").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let output = server.cli(["serve"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains(file.file_name().unwrap().to_str().unwrap()),
        "{error}"
    );
    assert!(!error.contains("nonsense"), "{error}");
}

fn made_by_openssl() -> String {
    openssl(
        &[
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ],
        "",
    )
}

fn public_half(private: &str) -> String {
    openssl(&["pkey", "-pubout"], private)
}

/// Runs openssl, and hands out what it printed.
fn openssl(arguments: &[&str], input: &str) -> String {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };
    let mut command = Command::new("openssl");
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("openssl runs");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
