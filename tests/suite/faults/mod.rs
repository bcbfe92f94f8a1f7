//! What happens when something breaks: the process is killed, the database goes away, hangs or
//! fills up, another replica changes something, strangers flood the server.

mod backup;
mod clean_up;
mod cluster;
mod database_outage;
mod disk_full;
mod kill;
mod load;
mod overload;
mod replicas;
mod suspended;
mod warehouse_file;

use std::{
    collections::HashSet,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{Answer, Backend, Server};

/// How often something is looked at until it holds.
const POLL: Duration = Duration::from_millis(10);

/// Waits until something holds, and demands that it does within the limit.
#[track_caller]
fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "{what}: not within {limit:?}");
        thread::sleep(POLL);
    }
}

/// Whether the tests run on this database; those of the other one have nothing to test.
fn runs_on(backend: Backend) -> bool {
    Backend::of_this_run() == backend
}

/// The identifier that the server gave a request.
#[track_caller]
fn request_id(answer: &Answer) -> String {
    let id = answer.header("x-request-id");
    id.unwrap_or_else(|| panic!("no x-request-id in {answer}"))
        .to_owned()
}

/// Demands a chain that holds, as `ambit audit verify` reads it.
#[track_caller]
fn assert_audit_log_is_intact(server: &Server) {
    let found: Value = serde_json::from_str(&server.cli_stdout(["audit", "verify", "--json"]))
        .expect("what was found is JSON");
    assert_eq!(found["intact"], true, "{found:#}");
}

/// The audit log, oldest record first, as `ambit audit export` writes it.
#[track_caller]
fn audit_log(server: &Server) -> Vec<Value> {
    server
        .cli_stdout(["audit", "export"])
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

/// The identifiers of all requests that the audit log knows of.
#[track_caller]
fn recorded_requests(server: &Server) -> HashSet<String> {
    let id = |line: &Value| line["record"]["request_id"].as_str().map(str::to_owned);
    audit_log(server).iter().filter_map(id).collect()
}

/// Demands that each of these requests is in the audit log.
#[track_caller]
fn assert_recorded<'a>(server: &Server, answered: impl IntoIterator<Item = &'a String>) {
    let recorded = recorded_requests(server);
    let missing: Vec<_> = answered
        .into_iter()
        .filter(|id| !recorded.contains(*id))
        .collect();
    assert!(missing.is_empty(), "not in the audit log: {missing:?}");
}
