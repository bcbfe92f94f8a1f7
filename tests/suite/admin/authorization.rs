//! What each `ambit:*` scope opens: every operation of the admin API, taken from the OpenAPI
//! document so that no new one is forgotten, with every scope.

use serde_json::Value;

use crate::{
    openapi::{Operation, document, operations},
    support::{Agent, Answer, Caller, Server},
};

#[test]
fn an_operation_opens_to_its_own_scope_and_to_no_other() {
    let server = Server::start();
    let document = document(&server);
    let admin_operations: Vec<_> = operations(&document)
        .into_iter()
        .filter(|operation| operation.path.starts_with("/admin/api/"))
        .collect();
    assert!(admin_operations.len() >= 20, "{}", admin_operations.len());
    let scopes = catalogue(&server);
    assert!(scopes.iter().any(|scope| scope == "protected"));
    for scope in &scopes {
        let agent = server.agent(&server.create_client(scope, &[scope]));
        for operation in &admin_operations {
            let answer = call(&agent, operation);
            let needed = operation.scope().unwrap();
            if needed == *scope {
                assert!(![401, 403].contains(&answer.status), "{scope}: {answer}");
            } else {
                assert_eq!(answer.status, 403, "{scope}: {answer}");
                let challenge = answer.header("www-authenticate").unwrap();
                assert!(
                    challenge.contains("error=\"insufficient_scope\""),
                    "{challenge}"
                );
                assert!(
                    challenge.contains(&format!("scope=\"{needed}\"")),
                    "{challenge}"
                );
                let problem: Value = answer.json();
                assert_eq!(problem["type"], "urn:ambit:problem:insufficient_scope");
            }
        }
    }
}

#[test]
fn every_scope_of_the_admin_api_opens_something() {
    let server = Server::start();
    let operations = operations(&document(&server));
    let opened: Vec<_> = operations.iter().filter_map(Operation::scope).collect();
    for scope in catalogue(&server)
        .iter()
        .filter(|scope| scope.starts_with("ambit:"))
    {
        assert!(opened.contains(scope), "{scope} opens nothing");
    }
}

#[test]
fn an_agent_without_any_scope_comes_in_nowhere() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("Nothing", &[]));
    for operation in operations(&document(&server)) {
        if operation.scope().is_some() {
            let answer = call(&agent, &operation);
            assert_eq!(answer.status, 403, "{answer}");
        }
    }
}

#[test]
fn what_an_agent_does_is_recorded_as_its_own() {
    let server = Server::start();
    let client = server.create_client("Clerk", &["ambit:clients:write"]);
    let body = serde_json::json!({"client_name": "Made by the clerk"});
    let request_id = {
        let answer = server
            .agent(&client)
            .post_json("/admin/api/clients", &body)
            .expect(201);
        answer.header("x-request-id").unwrap().to_owned()
    };
    let query = [
        ("event", "client.create"),
        ("request_id", request_id.as_str()),
    ];
    let page: Value = server
        .admin()
        .get_query("/admin/api/audit", &query)
        .expect(200)
        .json();
    let actors = &page["records"][0]["record"]["actors"];
    assert_eq!(
        actors,
        &serde_json::json!([{"id": client.client_id, "kind": "client"}])
    );
}

/// Every scope, built in as they all are here.
fn catalogue(server: &Server) -> Vec<String> {
    let catalogue: Value = server.admin().get("/admin/api/scopes").expect(200).json();
    let scopes = catalogue["scopes"].as_array().unwrap().iter();
    scopes
        .map(|scope| scope["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Calls an operation about things that do not exist, and without a body.
fn call(agent: &Agent, operation: &Operation) -> Answer {
    let method = operation.method.parse().unwrap();
    Answer::to(agent.request(method, &operation.filled_in()))
}
