//! The description of the actions in the OpenAPI document.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::tag::TagBuilder;

use super::rest::IDEMPOTENCY_KEY;
use crate::actions::{Registered, Registry, components};

/// Adds every action to a document.
///
/// # Errors
/// An action that cannot be described.
pub fn describe(document: &mut OpenApi, registry: &Registry) -> Result<(), serde_json::Error> {
    for action in registry.all() {
        let schemas = document.components.get_or_insert_default();
        // The members of an input that comes as a query are described where they are used.
        let input = (action.definition.input)().name;
        for (name, schema) in components(action.definition) {
            if !action.is_get || name != input {
                schemas.schemas.insert(name, schema);
            }
        }
        let method = if action.is_get { "get" } else { "post" };
        let item: PathItem = serde_json::from_value(json!({ method: operation(action) }))?;
        document.paths.paths.insert(action.path(), item);
        let tags = document.tags.get_or_insert_default();
        if !tags.iter().any(|tag| tag.name == action.router.title) {
            let tag = TagBuilder::new()
                .name(action.router.title)
                .description(Some(action.router.description));
            tags.push(tag.build());
        }
    }
    Ok(())
}

fn operation(action: &Registered) -> Value {
    let definition = action.definition;
    let mut parameters = Vec::new();
    let mut body = Value::Null;
    if action.is_get {
        parameters = query(action);
    } else {
        let input = (definition.input)().name;
        body = json!({
            "required": true,
            "content": { "application/json": {
                "schema": reference(&input),
                "examples": examples(action, |example| example.input),
            } },
        });
    }
    if !definition.reads() {
        parameters.push(json!({
            "name": IDEMPOTENCY_KEY,
            "in": "header",
            "required": false,
            "description": "A call that is made again with the same key and input within a day is \
                            done once, and answered alike.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$" },
        }));
    }
    let mut operation = json!({
        "tags": [action.router.title],
        "summary": definition.summary,
        "description": definition.description,
        "operationId": definition.name,
        "security": [{ "client_credentials": action.scopes }],
        "x-ambit-effect": definition.effect.name(),
        "parameters": parameters,
        "requestBody": body,
        "responses": responses(action),
    });
    if let Value::Object(members) = &mut operation {
        members.retain(|_, member| !member.is_null());
    }
    operation
}

/// The members of the input as parameters of a query, each with the value that an example gives it.
fn query(action: &Registered) -> Vec<Value> {
    let input = serde_json::to_value((action.definition.input)().schema).unwrap_or_default();
    let empty = Map::new();
    let properties = input
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let required = input.get("required").and_then(Value::as_array);
    let example = action.definition.examples.first();
    let example: Value = example
        .and_then(|example| serde_json::from_str(example.input).ok())
        .unwrap_or_default();
    let mut parameters = Vec::new();
    for (name, property) in properties {
        let mut schema = property.clone();
        let mut description = None;
        if let Some(schema) = schema.as_object_mut() {
            description = schema.remove("description");
            // Each member has its own; put together, they need not make sense.
            schema.remove("example");
        }
        let parameter = json!({
            "name": name,
            "in": "query",
            "required": required.is_some_and(|required| required.contains(&json!(name))),
            "description": description.unwrap_or_default(),
            "schema": schema,
            "example": example.get(name),
        });
        parameters.push(parameter);
    }
    parameters
}

fn responses(action: &Registered) -> Value {
    let output = (action.definition.output)().name;
    let answer = json!({
        "description": "The answer.",
        "content": { "application/json": {
            "schema": reference(&output),
            "examples": examples(action, |example| example.output),
        } },
    });
    let mut responses = Map::from_iter([("200".to_owned(), answer)]);
    let problems: &[(&str, &str)] = &[
        ("401", "There is no valid access token."),
        (
            "403",
            "The access token does not cover this, or a policy forbids it.",
        ),
        ("404", "Something that the input names is not there."),
        ("409", "It does not fit what is there already."),
        (
            "422",
            "The input cannot be accepted, or asks for what is not allowed.",
        ),
        ("429", "The client asks for too much at a time."),
        ("503", "The server cannot answer now."),
        ("504", "It took longer than it may."),
    ];
    let body: &[(&str, &str)] = &[
        ("400", "The body is no JSON."),
        ("413", "The body is too large."),
        ("415", "The body is not application/json."),
    ];
    let of_body = body.iter().filter(|_| !action.is_get);
    for (status, description) in problems.iter().chain(of_body) {
        let problem = json!({
            "description": description,
            "content": { "application/problem+json": { "schema": reference("Problem") } },
        });
        responses.insert((*status).to_owned(), problem);
    }
    Value::Object(responses)
}

fn examples(action: &Registered, side: impl Fn(&crate::actions::Example) -> &'static str) -> Value {
    let mut named = Map::new();
    for (position, example) in action.definition.examples.iter().enumerate() {
        let value: Value = serde_json::from_str(side(example)).unwrap_or_default();
        let number = position.saturating_add(1);
        let entry = json!({ "summary": example.summary, "value": value });
        named.insert(format!("example{number}"), entry);
    }
    Value::Object(named)
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
