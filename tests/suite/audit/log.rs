//! The log as a whole: complete records, a chain that holds, no secret.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::records;
use crate::support::{Basic, Caller, Server};

/// A name with what JSON must escape, and what it must not.
const AWKWARD_NAME: &str = "żółw \"quoted\" \\ / 🐢";

/// The same for a name that nobody has checked: with control characters.
const AWKWARD_CLAIM: &str = "żółw\t\u{1}\u{7f}\u{2028}";

/// Fills a log with all sorts of records, and hands out every secret that had a part in it.
fn all_sorts(server: &Server) -> Vec<String> {
    let client = server.create_client(AWKWARD_NAME, &["protected"]);
    let agent = server.agent(&client);
    agent.get("/protected").expect(200);
    agent.get("/highly_confidential").expect(403);
    let guess = "a-guess-that-is-wrong";
    let stranger = Basic::new(server.address(), AWKWARD_CLAIM, guess);
    stranger
        .post_form("/token", &[("grant_type", "client_credentials")])
        .expect(401);
    stranger.get("/admin/api/clients").expect(401);
    let forged = format!("{}x", agent.token.access_token);
    server
        .anonymous()
        .with_token(&forged)
        .get("/protected")
        .expect(401);
    let secrets = format!("/admin/api/clients/{}/secrets", client.client_id);
    let second: Value = server.admin().post_empty(&secrets).expect(201).json();
    let second = second["client_secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let password = "a password of the second";
    let account = json!({ "username": "second", "password": password });
    server
        .admin()
        .post_json("/admin/api/administrators", &account)
        .expect(201);
    server.revoke(&client, &agent.token);

    let basic = |user: &str, secret: &str| BASE64_STANDARD.encode(format!("{user}:{secret}"));
    vec![
        basic(&client.client_id, &client.client_secret),
        basic("admin", server.admin_password()),
        server.admin_password().to_owned(),
        password.to_owned(),
        guess.to_owned(),
        second,
        client.client_secret,
        agent.token.access_token,
    ]
}

#[test]
fn no_secret_is_in_any_record() {
    let server = Server::start();
    let secrets = all_sorts(&server);
    let export = server.cli_stdout(["audit", "export"]);
    assert!(export.lines().count() > 10, "{export}");
    for secret in secrets {
        assert!(!export.contains(&secret), "{secret} is in the log");
        // What a token says is no secret, but its signature makes it one.
        if let Some((_, signature)) = secret.rsplit_once('.') {
            assert!(!export.contains(signature), "{signature} is in the log");
        }
    }
}

#[test]
fn every_record_says_when_who_what_and_how_it_was_decided() {
    let server = Server::start();
    all_sorts(&server);
    for record in records(&server) {
        let text = |member: &str| record[member].as_str().unwrap_or_default();
        for member in [
            "at",
            "tenant_id",
            "event",
            "decision",
            "request_id",
            "previous",
        ] {
            assert!(!text(member).is_empty(), "no {member} in {record:#}");
        }
        assert!(text("at").ends_with('Z'), "{record:#}");
        assert_eq!(text("tenant_id"), "default", "{record:#}");
        assert!(record["duration_us"].is_u64(), "{record:#}");
        let actors = record["actors"].as_array().expect("a chain of actors");
        assert!(!actors.is_empty(), "{record:#}");
        assert!(
            actors.iter().all(|actor| actor["kind"].is_string()),
            "{record:#}"
        );
        let decision = text("decision");
        assert!(
            ["allowed", "denied", "limited", "failed"].contains(&decision),
            "{record:#}"
        );
        assert_eq!(
            decision == "allowed",
            text("reason").is_empty(),
            "{record:#}"
        );
    }
}

#[test]
fn chain_can_be_recomputed_by_another_program() {
    let server = Server::start();
    all_sorts(&server);
    let export = server.cli_stdout(["audit", "export"]);
    assert!(export.contains("żółw"), "{export}");
    assert_eq!(recompute(&export), Ok(export.lines().count()));

    let changed = export.replacen("\"decision\":\"denied\"", "\"decision\":\"allowed\"", 1);
    assert!(recompute(&changed).is_err(), "a changed record is found");
    let lines: Vec<_> = export.lines().collect();
    let removed = [&lines[..3], &lines[4..]].concat().join("\n");
    assert!(recompute(&removed).is_err(), "a removed record is found");
}

/// How many records the program has read, or where it says that the chain does not hold.
fn recompute(export: &str) -> Result<usize, String> {
    let python = std::env::var("AMBIT_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut program = Command::new(python)
        .args(["-X", "utf8", "-c", include_str!("recompute.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut stdin = program.stdin.take().expect("stdin is piped");
    // The program may end before it has read everything.
    let _ = stdin.write_all(export.as_bytes());
    drop(stdin);
    let output = program.wait_with_output().expect("Python ends");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let count = String::from_utf8_lossy(&output.stdout);
    Ok(count.trim().parse().expect("a count"))
}
