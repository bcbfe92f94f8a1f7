//! `/admin/semantic/queries/{model}/{name}`: a verified query, and what it answers to a client: it runs
//! as the action `query` does, under the same guard.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{query_path, table_path};
use crate::actions::{Input, as_text};
use crate::app::App;
use crate::http::admin::api::{ReadScopes, WriteClients};
use crate::http::admin::gui::attempt::{State, Step, attempt};
use crate::http::admin::gui::gate::{Submitted, Visitor};
use crate::http::admin::gui::impersonated::{Chosen, Picker};
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;
use crate::model::TenantId;
use crate::semantic::{SemanticModel, VerifiedQuery};

/// The action that runs SQL.
const ACTION: &str = "query";
/// How many rows may be asked for.
const ROWS: [u32; 4] = [20, 50, 100, 500];

#[derive(Template)]
#[template(path = "admin/semantic/query.html")]
struct Page {
    shell: Shell,
    name: String,
    model: String,
    question: String,
    sql: String,
    path: String,
    tables: Vec<TableLink>,
    may_run: bool,
    client: Picker,
    rows: [u32; 4],
    most: u32,
    outcome: Option<Outcome>,
}

struct TableLink {
    name: String,
    link: String,
}

struct Outcome {
    steps: Vec<Step>,
    answer: Option<Table>,
}

struct Table {
    columns: Vec<AnswerColumn>,
    /// Each row's values with the column that they stand in.
    rows: Vec<Vec<Cell>>,
    is_cut: bool,
}

struct Cell {
    column: String,
    text: String,
    is_null: bool,
    is_number: bool,
}

/// What the action answers.
#[derive(Deserialize)]
struct Answer {
    columns: Vec<AnswerColumn>,
    rows: Vec<Vec<Value>>,
    truncated: Option<String>,
}

#[derive(Deserialize)]
struct AnswerColumn {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

/// What stands in the form.
struct Draft {
    client: Chosen,
    most: u32,
    outcome: Option<Outcome>,
}

impl Default for Draft {
    fn default() -> Self {
        let [_, usual, ..] = ROWS;
        Self {
            client: Chosen::default(),
            most: usual,
            outcome: None,
        }
    }
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadScopes>,
    path: Path<(String, String)>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let may_run = visitor.admitted.may::<WriteClients>();
    let tenant_id = visitor.cause().tenant_id.clone();
    let found = named(&app, &path)?;
    let (status, draft) = (StatusCode::OK, Draft::default());
    draw(
        status,
        visitor.shell,
        &app,
        &tenant_id,
        found,
        may_run,
        draft,
    )
    .await
}

/// Runs it.
pub async fn post(
    request: HttpRequest,
    submitted: Submitted<WriteClients>,
    path: Path<(String, String)>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let found = named(&app, &path)?;
    let asked = form.number("rows").ok().flatten();
    let asked = asked.filter(|rows| ROWS.contains(rows));
    let mut draft = Draft {
        client: Chosen::typed(&form),
        most: asked.unwrap_or(Draft::default().most),
        ..Draft::default()
    };
    let action = app.invoker.registry().by_name(ACTION);
    let action = action.ok_or_else(|| Problem::unavailable(&"there is no action for SQL"))?;
    if let Some(client_id) = draft.client.client_id() {
        let input = Input {
            value: json!({"sql": found.1.sql, "max_rows": draft.most}),
            ..Input::default()
        };
        match attempt(&request, &visitor, &app, action, &client_id, input).await {
            Ok(tried) => {
                draft.outcome = Some(Outcome {
                    answer: tried.answer.as_deref().and_then(table),
                    steps: tried.steps,
                });
            }
            Err(problem) if problem.status == 404 => draft.client.is_gone(),
            Err(problem) => return Err(problem),
        }
    }
    let status = match draft.outcome {
        Some(_) => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let tenant_id = visitor.cause().tenant_id.clone();
    draw(status, visitor.shell, &app, &tenant_id, found, true, draft).await
}

type Found<'a> = (&'a SemanticModel, &'a VerifiedQuery);

/// The query that an address names.
fn named<'a>(app: &'a App, path: &Path<(String, String)>) -> Result<Found<'a>, Problem> {
    let (model, name) = &**path;
    let models = app.invoker.dependencies().semantics.models();
    let found = models.iter().find(|known| known.name == *model);
    let found = found.and_then(|model| {
        let mut queries = model.verified_queries.iter();
        Some((model, queries.find(|query| query.name == *name)?))
    });
    let detail = "There is no such query in the semantic layer.";
    found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, detail))
}

fn table(json: &str) -> Option<Table> {
    let answer: Answer = serde_json::from_str(json).ok()?;
    let columns = &answer.columns;
    let row = |values: &Vec<Value>| {
        let cell = |(value, column): (&Value, &AnswerColumn)| Cell {
            column: column.name.clone(),
            is_null: value.is_null(),
            is_number: value.is_number(),
            text: as_text(value),
        };
        values.iter().zip(columns).map(cell).collect()
    };
    Some(Table {
        rows: answer.rows.iter().map(row).collect(),
        is_cut: answer.truncated.is_some(),
        columns: answer.columns,
    })
}

async fn draw(
    status: StatusCode,
    shell: Shell,
    app: &App,
    tenant_id: &TenantId,
    (model, query): Found<'_>,
    may_run: bool,
    draft: Draft,
) -> Result<HttpResponse, Problem> {
    let tables = query.datasets.iter().map(|name| TableLink {
        name: name.clone(),
        link: table_path(name),
    });
    let drawn = Page {
        shell,
        name: query.name.clone(),
        model: model.name.clone(),
        question: query.question.clone(),
        sql: query.sql.trim().to_owned(),
        path: query_path(&model.name, &query.name),
        tables: tables.collect(),
        may_run,
        client: draft.client.field(app, tenant_id).await?,
        rows: ROWS,
        most: draft.most,
        outcome: draft.outcome,
    };
    page(status, &drawn)
}
