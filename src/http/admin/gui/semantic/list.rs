//! `GET /admin/semantic`: every model.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::{query_path, table_path};
use crate::app::App;
use crate::http::admin::api::ReadScopes;
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;
use crate::model::ScopeSet;
use crate::semantic::SemanticModel;

#[derive(Template)]
#[template(path = "admin/semantic/list.html")]
struct Page {
    shell: Shell,
    models: Vec<Model>,
    folder: String,
}

struct Model {
    name: String,
    description: String,
    tables: Vec<Table>,
    metrics: Vec<Metric>,
    queries: Vec<Query>,
}

struct Table {
    name: String,
    link: String,
    description: String,
    fields: usize,
    /// The scopes that a reader needs; without any, nobody may read it.
    scopes: Vec<String>,
    has_filter: bool,
    masked: usize,
}

struct Metric {
    name: String,
    description: String,
    expression: String,
}

struct Query {
    question: String,
    link: String,
    tables: Vec<String>,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadScopes>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let models = app.invoker.dependencies().semantics.models();
    let drawn = Page {
        shell: visitor.shell,
        models: models.iter().map(|model| shown(&app, model)).collect(),
        folder: app.settings.warehouse.semantic_dir.display().to_string(),
    };
    page(StatusCode::OK, &drawn)
}

fn shown(app: &App, model: &SemanticModel) -> Model {
    let dialect = app.invoker.dependencies().semantics.dialect();
    let tables = model.datasets.iter().map(|dataset| Table {
        name: dataset.name.clone(),
        link: table_path(&dataset.name),
        description: dataset.description.clone().unwrap_or_default(),
        fields: dataset.fields.len(),
        scopes: scopes(dataset.access.scope.as_ref()),
        has_filter: dataset.access.row_filter.is_some(),
        masked: dataset.access.masks.len(),
    });
    let metrics = model.metrics.iter().map(|metric| Metric {
        name: metric.name.clone(),
        description: metric.description.clone().unwrap_or_default(),
        expression: metric
            .expression
            .for_dialect(dialect)
            .unwrap_or_default()
            .to_owned(),
    });
    let queries = model.verified_queries.iter().map(|query| Query {
        question: query.question.clone(),
        link: query_path(&model.name, &query.name),
        tables: query.datasets.iter().cloned().collect(),
    });
    Model {
        name: model.name.clone(),
        description: model.description.clone().unwrap_or_default(),
        tables: tables.collect(),
        metrics: metrics.collect(),
        queries: queries.collect(),
    }
}

/// The scopes that a table asks for.
pub fn scopes(scope: Option<&ScopeSet>) -> Vec<String> {
    let tokens = scope.into_iter().flat_map(ScopeSet::iter);
    tokens.map(|token| token.as_str().to_owned()).collect()
}
