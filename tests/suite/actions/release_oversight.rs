//! `/actions/release_oversight`: its figures beside those of pandas, what it refuses, and what it keeps.

mod figures;
mod gates;
mod recording;
mod refusals;

use serde_json::Value;

use super::figures::{call, load, path};
use crate::support::{Agent, RegisteredClient, Server};

const ROUTER: &str = "release_oversight";

/// A server whose warehouse holds all releases, and a client that may read and write.
#[track_caller]
fn server_with_releases() -> (Server, RegisteredClient) {
    let server = Server::start();
    for table in ["releases", "release_changes"] {
        load(&server, &path("data").join(format!("{table}.csv")), table);
    }
    let client = server.create_client("Releases", &["releases:read", "releases:write"]);
    (server, client)
}

/// Where an action is served.
fn at(action: &str) -> String {
    format!("/actions/{ROUTER}/{action}")
}

/// Calls an action that reads, and demands an answer.
#[track_caller]
fn read(agent: &Agent, action: &str, input: &Value) -> Value {
    call(agent, ROUTER, action, input)
}
