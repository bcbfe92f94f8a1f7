//! The sessions that the README prints, run as they stand.

use std::process::Command;

use serde_json::Value;

use crate::support::Server;

const README: &str = include_str!("../../README.md");

/// The address in the README.
const ADDRESS: &str = "http://127.0.0.1:8000";

/// A demo, and the two lines of what it prints from which the sessions go on.
fn scene() -> (Server, String) {
    let server = Server::with([]).without("AMBIT_ADMIN_PASSWORD");
    let server = server
        .arguments(["demo", "--listen", "127.0.0.1:0"])
        .start();
    let credentials: Vec<_> = server
        .stdout()
        .lines()
        .filter(|line| line.starts_with("CLIENT_"))
        .map(str::to_owned)
        .collect();
    assert_eq!(credentials.len(), 2, "{credentials:?}");
    (server, credentials.join("\n"))
}

/// The block of shell lines of the README in which this stands.
fn block(mark: &str) -> &'static str {
    let mut blocks = README.split("```sh\n").skip(1);
    let block = blocks.find_map(|rest| {
        rest.split_once("```")
            .filter(|(block, _)| block.contains(mark))
    });
    block.unwrap_or_else(|| panic!("no block with {mark}")).0
}

/// Runs a block, which says nothing on stderr, and hands out what it prints, an answer a line.
fn run(server: &Server, credentials: &str, block: &str) -> Vec<String> {
    assert!(block.contains(ADDRESS), "{block}");
    let lines = block.replace(ADDRESS, server.address());
    let run = Command::new("bash")
        .args(["-e", "-c", &format!("{credentials}\n{lines}")])
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
    let output = String::from_utf8(run.stdout).unwrap();
    output.lines().map(str::to_owned).collect()
}

#[test]
fn the_session_by_rest_answers_what_is_printed() {
    let (mut server, credentials) = scene();
    let block = block("ask() {");
    let answers = run(&server, &credentials, block);
    // A demo that is killed leaves its folder behind.
    assert!(server.stop().success());
    let mut answered = answers.iter();
    let mut said = 0;
    for line in block.lines() {
        if line.starts_with("ask ") {
            let answer = answered.next().unwrap_or_else(|| panic!("{answers:?}"));
            serde_json::from_str::<Value>(answer).unwrap();
            said += 1;
        } else if let Some(printed) = line.strip_prefix("# ") {
            let mut rest = answers[said - 1].as_str();
            for part in printed.split("...") {
                let place = rest.find(part);
                let place = place.unwrap_or_else(|| panic!("{part} is not in {rest}"));
                rest = &rest[place + part.len()..];
            }
        }
    }
    assert_eq!(said, 5);
    assert_eq!(answered.next(), None);
    let refused = answers
        .iter()
        .filter(|answer| answer.contains("urn:ambit:problem:"));
    assert_eq!(refused.count(), 1, "{answers:?}");
}

#[test]
fn the_session_over_mcp_is_answered() {
    let (mut server, credentials) = scene();
    let answers = run(&server, &credentials, block("mcp() {"));
    assert!(server.stop().success());
    let results: Vec<Value> = answers
        .iter()
        .map(|answer| serde_json::from_str::<Value>(answer).unwrap()["result"].take())
        .collect();
    assert_eq!(results.len(), 2, "{answers:?}");
    assert!(results[0]["tools"].as_array().unwrap().len() > 10);
    assert_eq!(results[1]["isError"], false, "{answers:?}");
    let releases = &results[1]["structuredContent"]["releases"];
    assert_eq!(releases.as_array().unwrap().len(), 1, "{answers:?}");
}
