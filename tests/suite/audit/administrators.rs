//! What administrators change, over HTTP and at the command line, and those who are none.

use serde_json::json;

use super::{assert_decisions, decisions, records, records_of};
use crate::support::{Answer, Basic, Caller, Server};

/// Whatever an administrator changes: the sign-in, and the change.
#[test]
fn changes_by_administrators() {
    let server = Server::start();
    let admin = server.admin();
    let expect = |answer: Answer, status: u16, event: &str| {
        let signed_in = ["request", "allowed", "administrator", ""];
        let changed = [event, "allowed", "administrator", ""];
        let answer = answer.expect(status);
        assert_decisions(&server, &answer, &[signed_in, changed]);
    };
    let metadata = json!({ "client_name": "reporter", "scope": "protected" });
    let client = admin.register(&metadata);
    let path = format!("/admin/api/clients/{}", client.client_id);
    let secrets = format!("{path}/secrets");
    let first = client.metadata["secrets"][0]["secret_id"]
        .as_str()
        .expect("an id");

    let another = json!({ "client_name": "another" });
    expect(
        admin.post_json("/admin/api/clients", &another),
        201,
        "client.create",
    );
    let patch = json!({ "description": "changed" });
    expect(admin.patch_json(&path, &patch), 200, "client.update");
    expect(
        admin.post_empty(&format!("{path}/disable")),
        200,
        "client.disable",
    );
    expect(
        admin.post_empty(&format!("{path}/enable")),
        200,
        "client.enable",
    );
    expect(
        admin.post_empty(&format!("{path}/revoke_tokens")),
        200,
        "client.revoke_tokens",
    );
    expect(admin.post_empty(&secrets), 201, "client.secret.create");
    expect(
        admin.delete(&format!("{secrets}/{first}")),
        200,
        "client.secret.retire",
    );
    expect(admin.delete(&path), 204, "client.delete");

    let scope =
        json!({ "name": "reports", "description": "Read reports.", "sensitivity": "normal" });
    expect(
        admin.post_json("/admin/api/scopes", &scope),
        201,
        "scope.create",
    );
    expect(
        admin.delete("/admin/api/scopes/reports"),
        204,
        "scope.delete",
    );
    expect(
        admin.post_empty("/admin/api/keys/rotate"),
        201,
        "key.rotate",
    );

    let account = json!({ "username": "second", "password": "a long enough password" });
    expect(
        admin.post_json("/admin/api/administrators", &account),
        201,
        "administrator.create",
    );
}

#[test]
fn withdrawn_key() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let header = server.token(&client).header();
    let kid = header["kid"].as_str().expect("a kid");
    let answer = server
        .admin()
        .delete(&format!("/admin/api/keys/{kid}"))
        .expect(204);
    let events = decisions(&server, &answer);
    let events: Vec<_> = events.iter().map(|[event, ..]| event).collect();
    assert_eq!(events, ["request", "key.withdraw", "key.create"]);
    assert_eq!(records_of(&server, &answer)[1]["target"], kid);
}

#[test]
fn administrators_who_are_refused() {
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "1")]).start();
    let client = server.create_client("no administrator", &["protected"]);
    let stranger = Basic::new(server.address(), "admin", "not the password");
    let wrong = stranger.get("/admin/api/clients").expect(401);
    assert_decisions(
        &server,
        &wrong,
        &[["request", "denied", "unknown", "wrong_password"]],
    );
    assert_eq!(records_of(&server, &wrong)[0]["actors"][0]["id"], "admin");
    let limited = stranger.get("/admin/api/clients").expect(429);
    assert_decisions(
        &server,
        &limited,
        &[["request", "limited", "unknown", "too_many_failures"]],
    );
    let beyond = server.agent(&client).get("/admin/api/clients").expect(403);
    assert_decisions(
        &server,
        &beyond,
        &[["request", "denied", "client", "insufficient_scope"]],
    );
}

/// A request that was refused for what it asks changes nothing, and its record does not say that it
/// did.
#[test]
fn changes_that_did_not_happen_are_not_recorded_as_done() {
    let server = Server::start();
    let admin = server.admin();
    let signed_in = [["request", "allowed", "administrator", ""]];
    let unknown_scope = json!({ "client_name": "greedy", "scope": "no_such_scope" });
    let refused = admin
        .post_json("/admin/api/clients", &unknown_scope)
        .expect(422);
    assert_decisions(&server, &refused, &signed_in);
    let missing = admin.delete("/admin/api/clients/client_nobody").expect(404);
    assert_decisions(&server, &missing, &signed_in);
}

#[test]
fn changes_at_the_command_line() {
    let server = Server::start();
    server.cli_stdout([
        "client",
        "create",
        "--name",
        "by hand",
        "--scope",
        "protected",
    ]);
    let records = records(&server);
    let record = records.last().expect("a record");
    assert_eq!(record["event"], "client.create", "{record:#}");
    assert_eq!(record["actors"][0]["kind"], "operator", "{record:#}");
}
