//! What each role may do, over the admin API, in the GUI and at the command line: one table for all.

use reqwest::Method;
use serde_json::{Value, json};

use super::gui::Browser;
use crate::{
    openapi::{document, operations},
    support::{Admin, Answer, Caller, Server},
};

const PATH: &str = "/admin/api/administrators";
const PASSWORD: &str = "correct horse battery";
const ACTION: &str = "/admin/actions/release_oversight/set_gate";
const ROLES: [&str; 3] = ["owner", "client_manager", "auditor"];

fn make(server: &Server, role: &str) -> Admin {
    let body = json!({"username": role, "password": PASSWORD, "role": role});
    let made: Value = server.admin().post_json(PATH, &body).expect(201).json();
    assert_eq!(made["role"], role);
    Admin::new(server.address(), role, PASSWORD)
}

/// Whether a role may do what an agent needs this scope for.
fn may(role: &str, scope: &str) -> bool {
    match role {
        "owner" => true,
        "client_manager" => {
            scope == "ambit:clients:write"
                || (scope.ends_with(":read") && scope != "ambit:administrators:read")
        }
        _ => scope.ends_with(":read"),
    }
}

#[test]
fn every_operation_of_the_admin_api_asks_for_the_role() {
    let server = Server::start();
    let operations = operations(&document(&server));
    for role in ROLES {
        let caller = make(&server, role);
        let mut seen = 0;
        for operation in &operations {
            if !operation.path.starts_with("/admin/api/") {
                continue;
            }
            let scope = operation.scope().expect("each names its scope");
            let method: Method = operation.method.parse().unwrap();
            if method != Method::GET && may(role, &scope) {
                continue;
            }
            seen += 1;
            let answer = Answer::to(caller.request(method, &operation.filled_in()));
            let refused = answer.status == 403;
            assert_eq!(refused, !may(role, &scope), "{role}: {answer}");
            if refused {
                let kind = "urn:ambit:problem:insufficient_role";
                assert_eq!(answer.json::<Value>()["type"], kind, "{answer}");
            }
        }
        assert!(seen >= 7, "{role} was asked for {seen} operations");
    }
    let log = server
        .admin()
        .get("/admin/api/audit?decision=denied")
        .expect(200);
    assert!(
        log.body.contains("\"reason\":\"insufficient_role\""),
        "{log}"
    );
}

#[test]
fn every_page_asks_for_the_role() {
    let server = Server::start();
    let client = server.create_client("there", &["protected"]);
    let one = format!("/admin/clients/{}", client.client_id);
    for role in ROLES {
        make(&server, role);
        let browser = Browser::as_administrator(&server, role, PASSWORD);
        let writes = may(role, "ambit:clients:write");
        browser.get("/admin/clients").expect(200);
        for path in ["", "/passkeys/new", "/recovery_codes"] {
            browser.get(&format!("/admin/account{path}")).expect(200);
        }
        browser.get("/admin/sessions").expect(200);
        let overview = browser.get("/admin").expect(200).body;
        let registers = overview.contains("href=\"/admin/clients/new\"");
        assert_eq!(registers, writes, "{role}");
        for path in ["", "/1", "/verification", "/export?format=csv"] {
            browser.get(&format!("/admin/audit{path}")).expect(200);
        }
        let page = browser.get(&one).expect(200).body;
        assert_eq!(page.contains("Danger zone"), writes, "{role}");
        browser.get("/admin/actions").expect(200);
        browser.get(ACTION).expect(200);
        for path in ["/admin/semantic", "/admin/scopes", "/admin/keys"] {
            browser.get(path).expect(200);
        }
        let (owns, audits) = (role == "owner", role != "client_manager");
        for (path, may) in [
            ("/admin/administrators", audits),
            ("/admin/administrators/new", owns),
            ("/admin/administrators/admin/edit", owns),
            ("/admin/settings", audits),
        ] {
            let answer = browser.get(path);
            assert_eq!(answer.status, if may { 200 } else { 403 }, "{role} {path}");
        }
        for form in [
            "/admin/scopes/remove",
            "/admin/keys/rotate",
            "/admin/keys/withdraw",
            "/admin/administrators/admin/remove",
            "/admin/administrators/none/role",
        ] {
            let answer = browser.send(form, &[("kid", "x")]);
            assert_eq!(answer.status, if owns { 303 } else { 403 }, "{role} {form}");
        }
        let form = "/admin/administrators/none/second_factors";
        let answer = browser.send(form, &[("current", "x")]);
        assert_eq!(answer.status, if owns { 404 } else { 403 }, "{role}");
        for form in [
            "/admin/scopes",
            "/admin/administrators/new",
            "/admin/administrators/admin/password",
        ] {
            let answer = browser.send(form, &[]);
            assert_eq!(answer.status, if owns { 422 } else { 403 }, "{role} {form}");
        }
        for path in [
            &format!("{ACTION}/try"),
            "/admin/clients/new",
            &format!("{one}/edit"),
            &format!("{one}/secret"),
        ] {
            let answer = browser.get(path);
            assert_eq!(
                answer.status,
                if writes { 200 } else { 403 },
                "{role}: {answer}"
            );
        }
        let answer = browser.send(&format!("{ACTION}/try"), &[]);
        assert_eq!(answer.status, if writes { 422 } else { 403 }, "{role}");
        for (form, fields) in [
            (
                "/admin/clients/new".to_owned(),
                &[("client_name", "made")][..],
            ),
            (format!("{one}/edit"), &[("client_name", "changed")]),
            (format!("{one}/secrets/add"), &[]),
            (format!("{one}/secrets/retire"), &[("secret_id", "x")]),
            (format!("{one}/disable"), &[]),
            (format!("{one}/enable"), &[]),
            (format!("{one}/revoke_tokens"), &[]),
            (format!("{one}/delete"), &[("confirmation", "none")]),
        ] {
            let answer = browser.send(&form, fields);
            assert_eq!(
                answer.status,
                if writes { 303 } else { 403 },
                "{role}: {answer}"
            );
            if !writes {
                assert!(
                    answer
                        .body
                        .contains("The role auditor does not permit this.")
                );
            }
        }
    }
}

#[test]
fn nobody_hands_out_power_that_their_role_lacks() {
    let server = Server::start();
    let manager = make(&server, "client_manager");
    let browser = Browser::as_administrator(&server, "client_manager", PASSWORD);
    let strong = server.create_client("strong", &["ambit:administrators:write"]);
    let api = format!("/admin/api/clients/{}", strong.client_id);
    let one = format!("/admin/clients/{}", strong.client_id);
    let scope = "protected ambit:administrators:write";
    let body = json!({"client_name": "made", "scope": scope});
    manager.post_json("/admin/api/clients", &body).expect(403);
    manager.post_empty(&format!("{api}/secrets")).expect(403);
    let fields = [
        ("client_name", "made"),
        ("scope", "ambit:administrators:write"),
    ];
    browser.send("/admin/clients/new", &fields).expect(403);
    browser
        .send(&format!("{one}/edit"), &[("client_name", "x")])
        .expect(403);
    browser.send(&format!("{one}/secrets/add"), &[]).expect(403);
    browser.send(&format!("{one}/enable"), &[]).expect(403);
    // Stopping it is another matter.
    browser.sent(&format!("{one}/disable"), &[]);
    let body = json!({"client_name": "made", "scope": "protected ambit:clients:write"});
    manager.post_json("/admin/api/clients", &body).expect(201);
    let form = browser.get("/admin/clients/new").expect(200).body;
    let disabled = "value=\"ambit:administrators:write\" disabled";
    assert!(form.contains(disabled), "{form}");
}

#[test]
fn the_last_owner_stays() {
    let server = Server::start();
    let admin = server.admin();
    let role = |name: &str, role: &str| {
        let body = json!({ "role": role });
        admin.put_json(&format!("{PATH}/{name}/role"), &body).status
    };
    assert_eq!(role("admin", "auditor"), 409);
    assert_eq!(admin.delete(&format!("{PATH}/admin")).status, 409);
    assert_eq!(role("admin", "owner"), 204);
    make(&server, "auditor");
    assert_eq!(role("admin", "client_manager"), 409);
    assert_eq!(role("auditor", "owner"), 204);
    assert_eq!(role("auditor", "root"), 422);
    assert_eq!(role("nobody", "auditor"), 404);
    assert_eq!(role("%00", "auditor"), 404);
    assert_eq!(admin.delete(&format!("{PATH}/nobody")).status, 404);
    assert_eq!(role("admin", "auditor"), 204);
    // From here on it reads alone.
    assert_eq!(role("admin", "owner"), 403);
    let other = Admin::new(server.address(), "auditor", PASSWORD);
    other.delete(&format!("{PATH}/admin")).expect(204);
    admin.get("/admin/api/clients").expect(401);
    other.delete(&format!("{PATH}/auditor")).expect(409);
}

#[test]
fn the_command_line_shows_and_sets_them() {
    let server = Server::start();
    server.cli_stdout([
        "admin",
        "create",
        "carol",
        "--generate",
        "--role",
        "auditor",
    ]);
    assert!(server.cli_stdout(["admin", "list"]).contains("auditor"));
    server.cli_stdout(["admin", "set-role", "carol", "client_manager"]);
    let list: Value =
        serde_json::from_str(&server.cli_stdout(["admin", "list", "--json"])).unwrap();
    assert_eq!(list[1]["role"], "client_manager");
    assert_eq!(list[0]["role"], "owner");
    let output = server.cli(["admin", "set-role", "admin", "auditor"]);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("the only owner"),
        "{output:?}"
    );
    assert!(
        !server
            .cli(["admin", "set-role", "carol", "root"])
            .status
            .success()
    );
    server.cli_stdout(["admin", "remove", "carol"]);
    assert!(!server.cli(["admin", "remove", "admin"]).status.success());
}
