//! The disk that holds the embedded database is full: 503 until there is space, and nothing is lost.
//!
//! The test runs itself once more in a mount namespace of its own, where a small file system lies
//! over the folder in which the harness makes its working folders. Nobody else sees it, and it goes
//! away with the namespace.

use std::{
    env,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::Path,
    process::{Command, Output},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{assert_audit_log_is_intact, assert_recorded, request_id, runs_on, within};
use crate::support::{Answer, Backend, Caller, RegisteredClient, Server};

/// Set in the namespace.
const INSIDE: &str = "AMBIT_TEST_SMALL_DISK";

/// Set by `tests/run` where it found out, and said, that the test cannot run.
const MAY_BE_SKIPPED: &str = "AMBIT_TEST_SKIP_DISK_FULL";

/// What the small file system holds: several times what the embedded database begins with.
const SIZE: &str = "size=24m";

/// Requests until the space that the database had taken already is used up.
const MOST_REQUESTS: usize = 5_000;

/// How long the server may take to be well again.
const HEALING: Duration = Duration::from_secs(30);

#[test]
fn full_and_free_again() {
    if !runs_on(Backend::Sqlite) {
        return;
    }
    if env::var_os(INSIDE).is_some() {
        return fill_and_free();
    }
    let Some(namespace) = namespace() else {
        let may_be_skipped = env::var_os(MAY_BE_SKIPPED).is_some();
        assert!(
            may_be_skipped,
            "this machine permits no mount namespace; {MAY_BE_SKIPPED}=yes skips the test"
        );
        return;
    };
    let test = thread::current()
        .name()
        .expect("a test has a name")
        .to_owned();
    let output = in_namespace(namespace)
        .arg(env::current_exe().expect("the test binary is known"))
        .args([&test, "--exact", "--nocapture"])
        .env(INSIDE, "yes")
        .output()
        .expect("the namespace can be made");
    let said = said(&output);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

/// The options of `unshare` that this machine permits: root's, or those of anybody.
fn namespace() -> Option<&'static [&'static str]> {
    let choices: [&[_]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let is_permitted = |options: &&[&str]| {
        let tried = in_namespace(options).arg("true").output();
        tried.is_ok_and(|output| output.status.success())
    };
    choices.into_iter().find(is_permitted)
}

/// A command to be completed, which runs with the small file system mounted.
fn in_namespace(options: &[&str]) -> Command {
    let script = format!("mount -t tmpfs -o {SIZE} ambit \"$0\" && exec \"$@\"");
    let mut command = Command::new("unshare");
    command
        .args(options)
        .args(["--", "sh", "-c", &script, env!("CARGO_TARGET_TMPDIR")]);
    command
}

fn said(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams
        .map(|stream| String::from_utf8_lossy(stream))
        .concat()
}

fn fill_and_free() {
    let mut server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    let filler = Path::new(env!("CARGO_TARGET_TMPDIR")).join("filler");
    let mut answered = Vec::new();
    let mut created = Vec::new();
    for _ in 0..2 {
        fill(&filler);
        answered.extend(requests_until_refused(&server, &client));
        let metadata = json!({ "client_name": "no space for it" });
        server
            .admin()
            .post_json("/admin/api/clients", &metadata)
            .expect(503);
        agent.get("/protected").expect(503);
        server.anonymous().get("/readyz").expect(503);
        server.anonymous().get("/healthz").expect(200);

        fs::remove_file(&filler).expect("the filler can be removed");
        within(HEALING, "the server is ready", || {
            server.anonymous().get("/readyz").status == 200
        });
        answered.push(request_id(&token(&server, &client).expect(200)));
        answered.push(request_id(&agent.get("/protected").expect(200)));
        created.push(server.create_client("made afterwards", &["protected"]));
    }
    for _ in 0..2 {
        assert_audit_log_is_intact(&server);
        assert_recorded(&server, &answered);
        assert_only_these_clients(&server, &client, &created);
        server.restart();
    }
}

fn token(server: &Server, client: &RegisteredClient) -> Answer {
    let caller = server.anonymous().with_basic(client);
    caller.post_form("/token", &[("grant_type", "client_credentials")])
}

/// Asks for tokens until there is no space for their records, and hands out the requests that
/// there was space for.
fn requests_until_refused(server: &Server, client: &RegisteredClient) -> Vec<String> {
    let mut answered = Vec::new();
    for _ in 0..MOST_REQUESTS {
        let answer = token(server, client);
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some(), "{answer}");
            assert_eq!(answer.error(), "temporarily_unavailable", "{answer}");
            return answered;
        }
        answered.push(request_id(&answer.expect(200)));
    }
    panic!("the disk is full, and {MOST_REQUESTS} tokens were issued");
}

fn assert_only_these_clients(
    server: &Server,
    client: &RegisteredClient,
    created: &[RegisteredClient],
) {
    let listed: Value = server.admin().get("/admin/api/clients").expect(200).json();
    let listed = listed["clients"].as_array().expect("clients");
    assert_eq!(listed.len(), 1 + created.len(), "{listed:#?}");
    for client in created.iter().chain([client]) {
        server.token(client);
    }
}

/// Takes all the space that is left.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("the filler can be made");
    for size in [64 * 1024, 1] {
        let piece = vec![0; size];
        let error = loop {
            if let Err(error) = file.write_all(&piece) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    }
}
