//! The sessions that the README prints, run as they stand.

use std::process::Command;

use serde_json::Value;

use crate::support::Server;

const README: &str = include_str!("../../README.md");

/// The address in the README.
const ADDRESS: &str = "http://127.0.0.1:8000";

/// The places in what is printed between which there is more.
const LEFT_OUT: &str = "...";

/// The blocks of shell lines under the heading of this name.
fn blocks(heading: &str) -> Vec<&'static str> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0)
        .collect()
}

/// What the demo prints that the README's lines go on from.
fn given(server: &Server) -> String {
    let mut lines = Vec::new();
    for line in server.stdout().lines() {
        if line.starts_with("CLIENT_") {
            lines.push(line.to_owned());
        } else if let Some(password) = line.strip_prefix("password ") {
            lines.push(format!("PASSWORD='{}'", password.trim()));
        }
    }
    assert_eq!(lines.len(), 3, "{lines:?}");
    lines.join("\n")
}

#[test]
fn the_tour_answers_what_is_printed() {
    let server = Server::with([]).without("AMBIT_ADMIN_PASSWORD");
    let mut server = server
        .arguments(["demo", "--listen", "127.0.0.1:0"])
        .start();
    let tour = blocks("Five minutes").join("\n");
    assert!(tour.contains(ADDRESS), "{tour}");
    let lines = tour.replace(ADDRESS, server.address());
    let run = Command::new("bash")
        .args(["-e", "-c", &format!("{}\n{lines}", given(&server))])
        .output()
        .unwrap();
    // A demo that is killed leaves its folder behind.
    assert!(server.stop().success());
    assert!(run.status.success(), "{run:?}");
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");

    let output = String::from_utf8(run.stdout).unwrap();
    let printed: Vec<_> = tour
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .collect();
    assert_eq!(output.lines().count(), printed.len(), "{output}");
    for (answer, printed) in output.lines().zip(printed) {
        serde_json::from_str::<Value>(answer).unwrap();
        let mut rest = answer;
        for part in printed.split(LEFT_OUT) {
            let place = rest.find(part);
            let place = place.unwrap_or_else(|| panic!("{part} is not in {rest}"));
            rest = &rest[place + part.len()..];
        }
    }
}

#[test]
fn the_agents_sessions_are_short() {
    let sessions = blocks("Five minutes");
    let lines: usize = sessions[..2]
        .iter()
        .map(|block| block.lines().count())
        .sum();
    assert!(lines < 40, "{lines}");
}
