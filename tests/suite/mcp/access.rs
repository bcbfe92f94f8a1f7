//! Who is let in, and to what.

use serde_json::{Value, json};

use super::{FIXTURES, McpAgent, records, scene, token};
use crate::{
    actions::examples::{all_but, by_scope, catalogue, enough_for, examples, load_samples},
    support::{Answer, Caller, Server},
};

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

#[test]
fn whoever_has_no_token_is_led_to_one() {
    let server = Server::start();
    let request = server.anonymous().request(reqwest::Method::POST, "/mcp");
    let answer = Answer::to(request.body("not even JSON")).expect(401);
    let challenge = answer.header("www-authenticate").unwrap();
    let metadata = format!(
        "{}/.well-known/oauth-protected-resource/mcp",
        server.issuer()
    );
    assert!(
        challenge.contains(&format!("resource_metadata=\"{metadata}\"")),
        "{challenge}"
    );
    let path = metadata.strip_prefix(server.issuer()).unwrap();
    let described: Value = server.anonymous().get(path).expect(200).json();
    assert_eq!(described["resource"], format!("{}/mcp", server.issuer()));
}

#[test]
fn a_token_for_something_else_is_refused() {
    let server = Server::start();
    let client = server.create_client("elsewhere", &["protected"]);
    let actions = format!("{}/actions", server.issuer());
    let parameters: [&[(&str, &str)]; 2] = [&[], &[("resource", &actions)]];
    for parameters in parameters {
        let token = server.token_for(&client, parameters).access_token;
        let answer = McpAgent::with_token(&server, &token).send(LIST).expect(401);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    let agent = McpAgent::new(&server, &client);
    agent.send(LIST).expect(200);
    let elsewhere = server
        .anonymous()
        .with_token(&token(&server, &client))
        .get("/protected");
    elsewhere.expect(401);
}

#[test]
fn a_revoked_token_opens_nothing() {
    let server = Server::start();
    let client = server.create_client("revoked", &["protected"]);
    let resource = format!("{}/mcp", server.issuer());
    let token = server.token_for(&client, &[("resource", &resource)]);
    let agent = McpAgent::with_token(&server, &token.access_token);
    agent.send(LIST).expect(200);
    server.revoke(&client, &token);
    agent.send(LIST).expect(401);
}

#[test]
fn a_tool_beyond_the_scope_is_refused_with_the_scope_that_it_needs() {
    let server = Server::with([]).with_fixtures().start();
    let client = server.create_client("narrow", &["protected", FIXTURES]);
    let resource = format!("{}/mcp", server.issuer());
    let parameters = [("resource", resource.as_str()), ("scope", "protected")];
    let token = server.token_for(&client, &parameters);
    let agent = McpAgent::with_token(&server, &token.access_token);
    assert_eq!(agent.tool_names(), [""; 0]);

    let params = json!({ "name": "echo", "arguments": { "text": "hello" } });
    for answer in [
        agent.ask("tools/call", &params),
        agent.ask_modern("tools/call", &params),
    ] {
        let answer = answer.expect(403);
        let challenge = answer.header("www-authenticate").unwrap();
        let metadata = "/.well-known/oauth-protected-resource/mcp\"";
        for part in [
            "error=\"insufficient_scope\"",
            "scope=\"fixtures:call\"",
            metadata,
        ] {
            assert!(challenge.contains(part), "{challenge}");
        }
    }
    let records = records(&server, "fixtures/echo");
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record["decision"], "denied", "{record}");
        assert_eq!(record["reason"], "insufficient_scope", "{record}");
        assert_eq!(record["details"]["door"], "mcp", "{record}");
    }
}

#[test]
fn every_tool_is_refused_without_its_scope_and_let_in_with_it() {
    let server = Server::start();
    load_samples(&server);
    let actions = catalogue(&server);
    assert!(actions.len() > 30, "{}", actions.len());
    let agent = |scopes: &[&str]| McpAgent::new(&server, &server.create_client("walk", scopes));
    for (scope, group) in by_scope(&actions) {
        let (stranger, friend) = (agent(&all_but(&actions, scope)), agent(&enough_for(scope)));
        let (hidden, shown) = (stranger.tool_names(), friend.tool_names());
        for action in group {
            let name = action["name"].as_str().unwrap();
            assert!(!hidden.iter().any(|other| other == name), "{name}");
            assert!(shown.iter().any(|other| other == name), "{name}");
            for (input, _) in examples(action) {
                let params = json!({ "name": name, "arguments": input });
                let answer = stranger.ask("tools/call", &params).expect(403);
                let challenge = answer.header("www-authenticate").unwrap();
                for part in [
                    "error=\"insufficient_scope\"",
                    &format!("scope=\"{scope}\""),
                    "/.well-known/oauth-protected-resource/mcp\"",
                ] {
                    assert!(challenge.contains(part), "{name}: {challenge}");
                }
                let result = friend.call(name, input);
                assert_eq!(result["isError"], false, "{name}: {result}");
            }
        }
    }
}

#[test]
fn a_tool_of_two_scopes_is_for_who_holds_both() {
    let server = Server::with([]).with_fixtures().start();
    let held = ["protected", FIXTURES, "fixtures:greet"];
    let client = server.create_client("half", &held);
    let resource = format!("{}/mcp", server.issuer());
    let agent = |scope: &str| {
        let parameters = [("resource", resource.as_str()), ("scope", scope)];
        let token = server.token_for(&client, &parameters);
        McpAgent::with_token(&server, &token.access_token)
    };
    let params = json!({ "name": "greet", "arguments": { "name": "world" } });
    let is_listed = |agent: &McpAgent| agent.tool_names().contains(&"greet".to_owned());
    for scope in held {
        let agent = agent(scope);
        assert!(!is_listed(&agent), "{scope}");
        let answer = agent.ask("tools/call", &params).expect(403);
        let challenge = answer.header("www-authenticate").unwrap();
        for part in [
            "error=\"insufficient_scope\"",
            "scope=\"fixtures:call fixtures:greet\"",
        ] {
            assert!(challenge.contains(part), "{scope}: {challenge}");
        }
    }
    let both = agent("fixtures:greet fixtures:call");
    assert!(is_listed(&both));
    let result = both.call("greet", &params["arguments"]);
    assert_eq!(
        result["structuredContent"]["greetings"],
        json!(["Hello, world"])
    );
}

#[test]
fn a_message_for_another_server_is_misdirected() {
    let server = Server::start();
    let client = server.create_client("misled", &["protected"]);
    let agent = McpAgent::new(&server, &client);
    let at = |host: &str| {
        let request = agent.request().header("host", host);
        Answer::to(request.body(LIST)).status
    };
    let port = server.authority().rsplit_once(':').unwrap().1;
    for own in [server.authority(), &format!("localhost:{port}")] {
        assert_eq!(at(own), 200, "{own}");
    }
    for foreign in [
        "attacker.example",
        &format!("attacker.example:{port}"),
        &format!("{}.attacker.example", server.authority()),
        "127.0.0.1:1",
        "localhost",
    ] {
        assert_eq!(at(foreign), 421, "{foreign}");
    }
}

#[test]
fn the_list_shows_what_the_token_covers() {
    let (_server, agent) = scene();
    let names = agent.tool_names();
    assert!(names.contains(&"echo".to_owned()), "{names:?}");
    assert_eq!(names, agent.tool_names());
    let result = agent.result("tools/list", &json!({}));
    for tool in result["tools"].as_array().unwrap() {
        assert_eq!(tool["_meta"]["ambit/scope"], FIXTURES, "{tool}");
    }
}

#[test]
fn only_pages_of_this_server_may_call() {
    let server = Server::start();
    let client = server.create_client("page", &["protected"]);
    let agent = McpAgent::new(&server, &client);
    let from = |origin: &str| {
        let request = agent.request().header("origin", origin);
        Answer::to(request.body(LIST)).status
    };
    let port = server.authority().rsplit_once(':').unwrap().1;
    for own in [server.address(), &format!("http://localhost:{port}")] {
        assert_eq!(from(own), 200, "{own}");
    }
    for foreign in [
        "https://attacker.example",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        "null",
        "file://",
        "",
        "127.0.0.1",
    ] {
        assert_eq!(from(foreign), 403, "{foreign}");
    }
}

#[test]
fn other_methods_are_not_allowed() {
    let server = Server::start();
    let client = server.create_client("get", &["protected"]);
    let agent = server.agent(&client);
    for answer in [agent.get("/mcp"), agent.delete("/mcp")] {
        let answer = answer.expect(405);
        assert_eq!(answer.header("allow"), Some("POST"), "{answer}");
    }
}

#[test]
fn a_client_that_asks_too_much_is_told_to_wait() {
    let server = Server::with([("AMBIT_ACTION_CALLS_PER_MINUTE", "1")])
        .with_fixtures()
        .start();
    let client = server.create_client("busy", &[FIXTURES]);
    let agent = McpAgent::new(&server, &client);
    agent.call("echo", &json!({ "text": "once" }));
    let params = json!({ "name": "echo", "arguments": { "text": "twice" } });
    let answer = agent.ask("tools/call", &params).expect(429);
    assert!(answer.header("retry-after").is_some(), "{answer}");
}

/// Nothing that a client sends goes past the count, whatever it is.
#[test]
fn what_is_no_call_counts_too() {
    let server = Server::with([("AMBIT_ACTION_CALLS_PER_MINUTE", "1")]).start();
    let agent = || McpAgent::new(&server, &server.create_client("busy", &["warehouse:read"]));
    for sent in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such_tool"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        "[]",
        "nonsense",
        "",
    ] {
        let agent = agent();
        assert_ne!(agent.send(sent).status, 429, "{sent}");
        let answer = agent.send(sent).expect(429);
        assert!(answer.header("retry-after").is_some(), "{answer}");
    }
    let agent = agent();
    let plain = || {
        let request = agent.bearer.request(reqwest::Method::POST, "/mcp");
        Answer::to(request.header("content-type", "text/plain").body("hello"))
    };
    plain().expect(415);
    plain().expect(429);
}
