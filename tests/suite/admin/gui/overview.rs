//! The overview: what it shows is what the database and the audit log say.

use super::Browser;
use crate::support::{Caller, Server};

const DAY: i64 = 86_400_000_000;

#[test]
fn an_empty_server_says_what_to_do() {
    let server = Server::start();
    let page = Browser::signed_in(&server).get("/admin").expect(200).body;
    for part in [
        "Register the first client",
        "Nobody got a token or ran an action.",
        "No client got a token or ran an action.",
        "Nothing: no secret ends soon",
        ">Works</span>",
        ">Ready</span>",
        ">Holds</span>",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
}

#[test]
fn it_counts_tokens_actions_and_refusals() {
    let server = Server::start();
    let client = server.create_client("<b>Busy</b>", &["protected"]);
    let agent = server.agent(&client);
    server.token(&client);
    for _ in 0..10 {
        agent.get("/highly_confidential").expect(403);
    }
    // An action that is refused is none that was run.
    agent.get("/actions/audit/denials").expect(403);
    let page = Browser::signed_in(&server).get("/admin").expect(200).body;
    for part in [
        ">2 tokens</a>, ",
        ">0 actions</a>",
        "/admin/audit?period=1h&#38;event=token.issue&#38;decision=allowed\"",
        "Last hour: 2 tokens and 0 actions, at most",
        "insufficient scope<small>request</small></a>",
        "decision=denied&#38;reason=insufficient_scope\" aria-label=\"10 records: insufficient scope\">10</a>",
        "aria-label=\"2 records of &#60;b&#62;Busy&#60;/b&#62;\">2</a>",
        "Refused or failed 11 times in the last 24 hours",
        &format!("client={}&#38;decision=refused", client.client_id),
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(!page.contains("<b>Busy"), "{page}");
}

#[test]
fn it_names_what_wants_attention() {
    let server = Server::start();
    for name in ["Ending", "Unused", "Idle", "Fine", "Stopped"] {
        server.create_client(name, &["protected"]);
    }
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = i64::try_from(now.as_micros()).unwrap();
    let change = |statement: String| {
        assert_eq!(server.database().execute(&statement), 1, "{statement}");
    };
    let of = |name: &str| {
        format!("client_id IN (SELECT client_id FROM clients WHERE client_name = '{name}')")
    };
    change(format!(
        "UPDATE client_secrets SET expires_at = {} WHERE {}",
        now + 3 * DAY,
        of("Ending")
    ));
    for name in ["Unused", "Stopped"] {
        change(format!(
            "UPDATE client_secrets SET created_at = {} WHERE {}",
            now - 10 * DAY,
            of(name)
        ));
    }
    change(format!(
        "UPDATE clients SET last_used_at = {} WHERE client_name = 'Idle'",
        now - 40 * DAY
    ));
    change("UPDATE clients SET enabled = false WHERE client_name = 'Stopped'".to_owned());
    let page = Browser::signed_in(&server).get("/admin").expect(200).body;
    let (_, rest) = page.split_once("Wants attention").unwrap();
    let notices = rest.split_once("</section>").unwrap().0;
    let lines: Vec<_> = notices.split("<li>").skip(1).collect();
    assert_eq!(lines.len(), 3, "{notices}");
    for (line, parts) in lines.iter().zip([
        ["Ending</a>", "The last secret ends", "in 3 days"],
        ["Unused</a>", "A secret was never used", "10 days ago"],
        ["Idle</a>", "Last used", "40 days ago"],
    ]) {
        for part in parts {
            assert!(line.contains(part), "no {part} in {line}");
        }
    }
}

#[test]
fn a_broken_chain_shows() {
    let server = Server::start();
    server.create_client("agent", &[]);
    let change = "UPDATE audit_records SET record = '{}' WHERE event = 'client.create'";
    assert_eq!(server.database().execute(change), 1);
    let page = Browser::signed_in(&server).get("/admin").expect(200).body;
    assert!(page.contains(">Does not hold</span>"), "{page}");
}
