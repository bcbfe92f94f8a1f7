//! `GET /openapi.json`: the description of everything that this server serves.

mod tools;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Caller, Server};

/// The methods that an OpenAPI path item may hold.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One operation of the document.
pub struct Operation {
    /// In capitals.
    pub method: String,
    /// With its parameters in braces.
    pub path: String,
    /// What the document says of it.
    pub description: Value,
}

impl Operation {
    /// The path with something in place of each parameter that names nothing.
    pub fn filled_in(&self) -> String {
        filled_in(&self.path)
    }

    /// The scope that an agent needs for it; none where it needs no token.
    pub fn scope(&self) -> Option<String> {
        let ways = self.description["security"].as_array()?;
        ways.iter().find_map(|way| {
            Some(
                way["client_credentials"]
                    .as_array()?
                    .first()?
                    .as_str()?
                    .to_owned(),
            )
        })
    }

    /// Whether the document says that nobody may call it without credentials.
    pub fn is_guarded(&self) -> bool {
        let ways = self.description["security"].as_array();
        ways.is_some_and(|ways| {
            let asks = |way: &Value| way.as_object().is_some_and(|way| !way.is_empty());
            !ways.is_empty() && ways.iter().all(asks)
        })
    }
}

/// A path with something in place of each parameter that names nothing.
pub fn filled_in(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "none" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The document.
pub fn document(server: &Server) -> Value {
    server.anonymous().get("/openapi.json").expect(200).json()
}

/// Every operation of the document.
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, description) in item.as_object().unwrap() {
            if METHODS.contains(&method.as_str()) {
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    description: description.clone(),
                });
            }
        }
    }
    operations
}

#[test]
fn the_document_names_itself() {
    let document = document(&Server::start());
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Ambit");
    assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document(&Server::start());
    let mut references = BTreeSet::new();
    walk(&document, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            references.insert(reference.to_owned());
        }
    });
    assert!(references.len() > 10, "{references:?}");
    for reference in &references {
        let pointer = reference.strip_prefix('#').expect(reference);
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
}

#[test]
fn every_schema_is_used() {
    let document = document(&Server::start());
    let text = document.to_string();
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        let reference = format!("\"#/components/schemas/{name}\"");
        assert!(text.contains(&reference), "nothing refers to {name}");
    }
}

#[test]
fn every_operation_is_described() {
    let document = document(&Server::start());
    let mut seen = BTreeMap::new();
    for operation in operations(&document) {
        let Operation {
            method,
            path,
            description,
        } = &operation;
        let what = format!("{method} {path}");
        let text = |name: &str| description[name].as_str().unwrap_or_default();
        assert!(!text("summary").is_empty(), "{what} has no summary");
        assert!(!text("operationId").is_empty(), "{what} has no operationId");
        assert!(
            description["security"].is_array(),
            "{what} does not say who may call it"
        );
        assert_eq!(
            description["tags"].as_array().map(Vec::len),
            Some(1),
            "{what} has one tag"
        );
        let other = seen.insert(text("operationId").to_owned(), what.clone());
        assert_eq!(other, None, "{what} has the operationId of another one");
        let responses = description["responses"].as_object().unwrap();
        assert!(
            responses
                .keys()
                .any(|status| status.starts_with('2') || status == "400"),
            "{what}"
        );
        for (status, response) in responses {
            let described = response["description"].is_string();
            assert!(described, "{what} does not describe its {status}");
        }
    }
}

#[test]
fn the_example_of_a_problem_is_of_its_own_status() {
    let document = document(&Server::start());
    let mut seen = 0;
    for operation in operations(&document) {
        let what = format!("{} {}", operation.method, operation.path);
        for (status, response) in operation.description["responses"].as_object().unwrap() {
            let content = &response["content"]["application/problem+json"];
            if content.is_null() {
                continue;
            }
            let examples = content["examples"].as_object();
            let examples = examples.unwrap_or_else(|| panic!("{what}: {status} has no example"));
            for example in examples.values() {
                let reference = example["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
                let problem = &document.pointer(reference).unwrap()["value"];
                let code: u16 = status.parse().unwrap();
                let title = reqwest::StatusCode::from_u16(code).unwrap();
                assert_eq!(problem["status"], code, "{what}");
                assert_eq!(
                    problem["title"],
                    title.canonical_reason().unwrap(),
                    "{what}"
                );
                let kind = problem["type"].as_str().unwrap();
                assert!(
                    kind == "about:blank" || kind.starts_with("urn:ambit:problem:"),
                    "{kind}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn every_body_has_an_example_and_every_operation_a_tag_that_is_described() {
    let document = document(&Server::start());
    let tags: BTreeMap<_, _> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| (tag["name"].as_str().unwrap(), &tag["description"]))
        .collect();
    for (name, description) in &tags {
        assert!(name.starts_with(char::is_uppercase), "{name}");
        assert!(
            description.as_str().is_some_and(|text| text.ends_with('.')),
            "{name}"
        );
    }
    for operation in operations(&document) {
        let what = format!("{} {}", operation.method, operation.path);
        let description = &operation.description;
        let tag = description["tags"][0].as_str().unwrap();
        assert!(tags.contains_key(tag), "{what}: {tag}");
        assert!(description["description"].is_string(), "{what}");
        let bodies = description["requestBody"]["content"].as_object();
        for body in bodies.into_iter().flat_map(|bodies| bodies.values()) {
            let has_example = body.get("example").or(body.get("examples")).is_some();
            assert!(has_example, "{what}");
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    let document = document(&Server::start());
    for operation in operations(&document) {
        let in_path: BTreeSet<_> = operation
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let parameters = operation.description["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let described = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            in_path, described,
            "{} {}",
            operation.method, operation.path
        );
    }
}

#[test]
fn what_guards_an_operation_is_declared() {
    let document = document(&Server::start());
    let schemes = document["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    let flow = &document["components"]["securitySchemes"]["client_credentials"]["flows"];
    let scopes = flow["clientCredentials"]["scopes"].as_object().unwrap();
    for operation in operations(&document) {
        let what = format!("{} {}", operation.method, operation.path);
        for way in operation.description["security"]
            .as_array()
            .into_iter()
            .flatten()
        {
            for (scheme, needed) in way.as_object().unwrap() {
                assert!(schemes.contains_key(scheme), "{what}: {scheme}");
                for scope in needed.as_array().unwrap() {
                    assert!(
                        scopes.contains_key(scope.as_str().unwrap()),
                        "{what}: {scope}"
                    );
                }
            }
        }
        if operation.path.starts_with("/admin/") {
            assert!(
                operation.is_guarded() && operation.scope().is_some(),
                "{what}"
            );
        }
    }
}

#[test]
fn the_command_line_prints_the_same_document() {
    let server = Server::start();
    let printed: Value = serde_json::from_str(&server.cli_stdout(["openapi"])).unwrap();
    assert_eq!(printed, document(&server));
}

fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(members) => members.values().for_each(|member| walk(member, visit)),
        _ => {}
    }
}
