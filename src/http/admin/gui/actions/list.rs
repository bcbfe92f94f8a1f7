//! `GET /admin/actions`: the catalogue, by router.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::effect;
use crate::actions::Registered;
use crate::app::App;
use crate::http::admin::api::{ReadScopes, WriteClients};
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;

#[derive(Template)]
#[template(path = "admin/actions/list.html")]
struct Page {
    shell: Shell,
    groups: Vec<Group>,
    may_try: bool,
}

struct Group {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    rows: Vec<Row>,
}

struct Row {
    id: &'static str,
    name: &'static str,
    summary: &'static str,
    scopes: &'static [&'static str],
    effect: &'static str,
    reads: bool,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadScopes>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let mut groups: Vec<Group> = Vec::new();
    for action in app.invoker.registry().all() {
        let router = action.router;
        if groups.last().is_none_or(|group| group.name != router.name) {
            groups.push(Group {
                name: router.name,
                title: router.title,
                description: router.description,
                rows: Vec::new(),
            });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(row(action));
        }
    }
    let drawn = Page {
        may_try: visitor.admitted.may::<WriteClients>(),
        shell: visitor.shell,
        groups,
    };
    page(StatusCode::OK, &drawn)
}

fn row(action: &'static Registered) -> Row {
    let definition = action.definition;
    Row {
        id: &action.id,
        name: definition.name,
        summary: definition.summary,
        scopes: &action.scopes,
        effect: effect(definition.effect),
        reads: definition.reads(),
    }
}
