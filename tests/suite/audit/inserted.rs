//! A record that somebody else put where the next one goes: the server says that it cannot answer,
//! verification names it, and all is well once it is gone.

use serde_json::{Value, json};

use crate::support::{Caller, Server, eventually};

/// Puts a copy of the last record behind the end of the log.
const INSERT: &str = "INSERT INTO audit_records \
     (seq, tenant_id, at, client_id, event, decision, record, hash) \
     SELECT seq + 1, tenant_id, at, client_id, event, decision, record, hash \
     FROM audit_records WHERE seq = (SELECT seq FROM audit_head)";

/// Removes whatever stands behind the end of the log.
const REMOVE: &str = "DELETE FROM audit_records WHERE seq > (SELECT seq FROM audit_head)";

#[test]
fn a_record_in_the_way_is_an_outage_and_no_conflict() {
    let server = Server::start();
    let admin = server.admin();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    let path = format!("/admin/api/clients/{}", client.client_id);
    let change = json!({"description": "changed"});
    let ask_for_token = || {
        let form = [("grant_type", "client_credentials")];
        let caller = server.anonymous().with_basic(&client);
        caller.post_form("/token", &form)
    };

    assert_eq!(server.database().execute(INSERT), 1);
    ask_for_token().expect(503);
    agent.get("/protected").expect(503);
    admin.patch_json(&path, &change).expect(503);
    admin
        .post_json("/admin/api/clients", &json!({"client_name": "x"}))
        .expect(503);
    server.anonymous().get("/readyz").expect(503);
    let output = server.cli(["audit", "verify", "--json"]);
    assert!(!output.status.success(), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["intact"], false, "{found:#}");

    assert_eq!(server.database().execute(REMOVE), 1);
    ask_for_token().expect(200);
    agent.get("/protected").expect(200);
    let changed: Value = admin.patch_json(&path, &change).expect(200).json();
    assert_eq!(changed["description"], "changed");
    eventually("the server is ready", || {
        (server.anonymous().get("/readyz").status == 200).then_some(())
    });
    let found = server.cli_stdout(["audit", "verify", "--json"]);
    let found: Value = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found["intact"], true, "{found:#}");
}
