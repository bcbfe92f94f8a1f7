//! What holds for every route: the document knows it, methods, headers, and nobody in who does not
//! belong.

use std::{collections::BTreeSet, fs, path::Path};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    openapi::{document, filled_in, operations},
    support::{Answer, Caller, Server},
};

#[test]
fn the_document_has_every_path_that_was_promised() {
    let document = document(&Server::start());
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/token",
        "/introspect",
        "/revoke",
        "/jwks",
        "/authorize",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource",
        "/public",
        "/protected",
        "/protected_post",
        "/highly_confidential",
        "/",
        "/docs",
        "/admin/api/clients",
        "/admin/api/clients/{client_id}",
        "/admin/api/clients/{client_id}/secrets",
        "/admin/api/clients/{client_id}/revoke_tokens",
        "/admin/api/clients/{client_id}/disable",
        "/admin/api/clients/{client_id}/enable",
        "/mcp",
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        assert!(paths.contains_key(path), "{path} is missing");
    }
}

#[test]
fn every_route_of_the_code_is_in_the_document_and_no_other() {
    let operations = operations(&document(&Server::start()));
    // Those of the actions come from their list, in the document as in the server.
    let of_no_action = operations
        .into_iter()
        .filter(|operation| !operation.path.starts_with("/actions/"));
    let documented: BTreeSet<_> = of_no_action
        .map(|operation| (operation.method, operation.path))
        .collect();
    let mut in_code = BTreeSet::new();
    let http = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    collect_routes(&http, &mut in_code);
    assert!(in_code.len() > 20);
    assert_eq!(in_code, documented);
}

#[test]
fn guarded_operations_refuse_whoever_has_no_credentials() {
    let server = Server::start();
    let operations = operations(&document(&server));
    let guarded: Vec<_> = operations
        .iter()
        .filter(|operation| operation.is_guarded())
        .collect();
    assert!(guarded.len() >= 24, "{}", guarded.len());
    for operation in guarded {
        let method: Method = operation.method.parse().unwrap();
        let bodies = [None, Some("{}"), Some("not JSON")];
        for body in bodies {
            let mut request = server
                .anonymous()
                .request(method.clone(), &operation.filled_in());
            if let Some(body) = body {
                request = request
                    .header("content-type", "application/json")
                    .body(body);
            }
            let answer = Answer::to(request);
            assert_eq!(answer.status, 401, "with {body:?}: {answer}");
            assert!(answer.header("www-authenticate").is_some(), "{answer}");
        }
    }
}

#[test]
fn endpoints_for_clients_refuse_whoever_is_none() {
    let server = Server::start();
    for path in ["/token", "/introspect", "/revoke"] {
        let form = [("grant_type", "client_credentials"), ("token", "x")];
        let answer = server.anonymous().post_form(path, &form);
        assert_eq!(answer.error(), "invalid_client", "{answer}");
        answer.expect(401);
    }
}

#[test]
fn another_method_is_told_which_ones_are_allowed() {
    let server = Server::start();
    let operations = operations(&document(&server));
    let paths: BTreeSet<_> = operations.iter().map(|operation| &operation.path).collect();
    for path in paths {
        let address = filled_in(path);
        let here = operations
            .iter()
            .filter(|operation| describes(&operation.path, &address));
        // A pattern may reach an address that is described itself; that it does is not told.
        let reached: BTreeSet<_> = here.map(|operation| operation.method.as_str()).collect();
        let own = operations
            .iter()
            .filter(|operation| operation.path == *path);
        let methods: BTreeSet<_> = own.map(|operation| operation.method.as_str()).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            if reached.contains(method) {
                continue;
            }
            let request = server.admin().request(method.parse().unwrap(), &address);
            let answer = Answer::to(request).expect(405);
            let allow = answer.header("allow").unwrap_or_else(|| panic!("{answer}"));
            let allowed: BTreeSet<_> = allow.split(", ").collect();
            let mut expected = methods.clone();
            if methods.contains("GET") {
                expected.insert("HEAD");
            }
            assert_eq!(allowed, expected, "{answer}");
        }
    }
}

#[test]
fn head_answers_where_get_does_and_without_a_body() {
    let server = Server::start();
    for operation in operations(&document(&server)) {
        if operation.method != "GET" {
            continue;
        }
        let path = operation.filled_in();
        let get = server.admin().get(&path);
        let head = Answer::to(server.admin().request(Method::HEAD, &path));
        assert_eq!(head.status, get.status, "{head}");
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{head}"
        );
        assert_eq!(head.body, "");
    }
    let raw = server.raw(format!(
        "HEAD /healthz HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.authority()
    ));
    assert!(raw.ends_with("\r\n\r\n"), "{raw}");
}

#[test]
fn every_answer_is_guarded_and_can_be_found_in_the_log() {
    let server = Server::start();
    let mut ids = BTreeSet::new();
    let operations = operations(&document(&server));
    let known = operations
        .iter()
        .map(|operation| (operation.method.clone(), operation.filled_in()));
    let unknown = [
        ("GET", "/nothing"),
        ("BREW", "/token"),
        ("GET", "/..%2f"),
        ("OPTIONS", "/token"),
    ];
    let unknown = unknown.map(|(method, path)| (method.to_owned(), path.to_owned()));
    for (method, path) in known.chain(unknown) {
        let request = server.anonymous().request(method.parse().unwrap(), &path);
        let answer = Answer::to(request);
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{answer}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{answer}"
        );
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'none'"), "{answer}");
        assert!(answer.header("cache-control").is_some(), "{answer}");
        assert!(answer.header("server").is_none(), "{answer}");
        let id = answer
            .header("x-request-id")
            .unwrap_or_else(|| panic!("{answer}"));
        assert!(
            ids.insert(id.to_owned()),
            "two requests have the identifier {id}"
        );
        if answer.header("content-type") == Some("application/problem+json") {
            assert_eq!(answer.json::<Value>()["request_id"], *id, "{answer}");
        }
    }
}

#[test]
fn what_is_nowhere_is_a_problem_document() {
    let server = Server::start();
    for path in [
        "/nothing",
        "/admin/api/clients/",
        "/admin/api//clients",
        "/token/",
        "/TOKEN",
    ] {
        let answer = server.admin().get(path).expect(404);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let mut problem: Value = answer.json();
        problem["request_id"].take();
        let expected = json!({
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing at this address.",
            "request_id": null,
        });
        assert_eq!(problem, expected);
    }
}

#[test]
fn the_root_says_where_things_are_in_the_form_that_is_asked_for() {
    let server = Server::start();
    let ask = |accept: &str| {
        let request = server.anonymous().request(Method::GET, "/");
        Answer::to(request.header("accept", accept)).expect(200)
    };
    let index: Value = ask("*/*").json();
    assert_eq!(index["version"], env!("CARGO_PKG_VERSION"));
    let page = ask("text/html,application/xhtml+xml,*/*;q=0.8");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("vary"), Some("Accept"));
    let links = index["links"].as_array().unwrap();
    assert!(links.len() > 5);
    for link in links {
        let href = link["href"].as_str().unwrap();
        server.anonymous().get(href).expect(200);
        assert!(page.body.contains(&format!("href=\"{href}\"")), "{href}");
    }
    for accept in [
        "text/html;q=0",
        "text/html;q=0.5, application/json",
        "image/png",
    ] {
        let answer = ask(accept);
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{accept}"
        );
    }
}

#[test]
fn the_page_of_the_document_is_found_with_a_slash_behind_it() {
    let server = Server::start();
    let host = server.authority();
    let answer = server.raw(format!("GET /docs/ HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(
        answer.to_lowercase().contains("\r\nlocation: /docs\r\n"),
        "{answer}"
    );
}

/// Whether a path with parameters in braces stands for this address, among others.
fn describes(path: &str, address: &str) -> bool {
    let fits = |(part, given): (&str, &str)| part == given || part.starts_with('{');
    path.split('/').count() == address.split('/').count()
        && path.split('/').zip(address.split('/')).all(fits)
}

/// Finds `#[get("/path")]` and its like.
fn collect_routes(folder: &Path, routes: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_routes(&path, routes);
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let Some((method, rest)) = line
                .trim()
                .strip_prefix("#[")
                .and_then(|l| l.split_once("(\""))
            else {
                continue;
            };
            let is_method = ["get", "post", "put", "patch", "delete", "head"].contains(&method);
            if let (true, Some(path)) = (is_method, rest.strip_suffix("\")]")) {
                routes.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
}
