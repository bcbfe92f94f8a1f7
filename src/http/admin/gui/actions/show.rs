//! `GET /admin/actions/{router}/{name}`: one action, what it takes and what it answers.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde_json::Value;

use super::members::{Member, members};
use super::{effect, named};
use crate::app::App;
use crate::http::admin::api::{ReadScopes, WriteClients};
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;
use crate::scopes::Sensitivity;

#[derive(Template)]
#[template(path = "admin/actions/show.html")]
struct Page {
    shell: Shell,
    id: &'static str,
    name: &'static str,
    router: &'static str,
    summary: &'static str,
    description: &'static str,
    effect: &'static str,
    reads: bool,
    is_destructive: bool,
    is_idempotent: bool,
    served_at: String,
    scopes: Vec<ScopeShown>,
    schemas: [SchemaShown; 2],
    examples: Vec<ExampleShown>,
    may_try: bool,
}

struct ScopeShown {
    name: &'static str,
    description: String,
    is_sensitive: bool,
}

struct SchemaShown {
    title: &'static str,
    id: &'static str,
    members: Vec<Member>,
    json: String,
}

struct ExampleShown {
    summary: &'static str,
    input: String,
    output: String,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadScopes>,
    path: Path<(String, String)>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let action = named(&app, &path)?;
    let definition = action.definition;
    let known = app.catalogue.all();
    let scopes = action.scopes.iter().map(|name| {
        let entry = known.iter().find(|entry| entry.name == *name);
        ScopeShown {
            name,
            description: entry.map_or(String::new(), |entry| entry.description.clone()),
            is_sensitive: entry.is_some_and(|entry| entry.sensitivity == Sensitivity::Sensitive),
        }
    });
    let examples = definition.examples.iter().map(|example| ExampleShown {
        summary: example.summary,
        input: pretty(example.input),
        output: pretty(example.output),
    });
    let method = if action.is_get { "GET" } else { "POST" };
    let drawn = Page {
        id: &action.id,
        name: definition.name,
        router: action.router.title,
        summary: definition.summary,
        description: definition.description,
        effect: effect(definition.effect),
        reads: definition.reads(),
        is_destructive: definition.destructive,
        is_idempotent: definition.idempotent,
        served_at: format!("{method} {}", action.path()),
        scopes: scopes.collect(),
        schemas: [
            shown("Input", "input", &action.input_schema),
            shown("Output", "output", &action.output_schema),
        ],
        examples: examples.collect(),
        may_try: visitor.admitted.may::<WriteClients>(),
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

fn shown(title: &'static str, id: &'static str, schema: &Value) -> SchemaShown {
    SchemaShown {
        title,
        id,
        members: members(schema),
        json: serde_json::to_string_pretty(schema).unwrap_or_default(),
    }
}

fn pretty(json: &str) -> String {
    serde_json::from_str::<Value>(json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.to_owned())
}
