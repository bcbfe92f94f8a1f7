//! `/admin/actions/{router}/{name}/try`: runs an action as a client, and shows how that was decided.
//!
//! The page that shows the answer is the answer to the form, since nothing of it is kept. A form that is
//! sent again by reloading has the same idempotency key, so what writes is done once.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::fields::{Control, Field, Typed, elsewhere, fields, input, typed, typed_as};
use super::{effect, named, requests};
use crate::actions::{Input, Registered};
use crate::app::App;
use crate::clients::FieldError;
use crate::http::admin::api::WriteClients;
use crate::http::admin::gui::attempt::{Attempt, State, Step, attempt, pretty};
use crate::http::admin::gui::form::Form;
use crate::http::admin::gui::gate::{Submitted, Visitor};
use crate::http::admin::gui::impersonated::{Chosen, Picker};
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::{Problem, sentence};
use crate::model::random_token;

/// Bytes of randomness in an idempotency key.
const KEY_BYTES: usize = 16;

/// What the address asks for. What makes no sense asks for nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    client_id: String,
    example: Option<usize>,
}

#[derive(Template)]
#[template(path = "admin/actions/try.html")]
struct Page {
    shell: Shell,
    id: &'static str,
    name: &'static str,
    summary: &'static str,
    effect: &'static str,
    reads: bool,
    examples: Vec<&'static str>,
    client: Picker,
    confirm_error: String,
    input_error: String,
    fields: Vec<Field>,
    key: String,
    outcome: Option<Outcome>,
}

struct Outcome {
    steps: Vec<Step>,
    was_answered: bool,
    answer: String,
    is_cut: bool,
    curl: String,
    mcp: String,
}

/// What stands in the form.
#[derive(Default)]
struct Draft {
    client: Chosen,
    typed: Typed,
    errors: Vec<FieldError>,
    confirm_error: String,
    outcome: Option<Outcome>,
}

/// The form.
pub async fn get(
    visitor: Visitor<WriteClients>,
    path: Path<(String, String)>,
    asked: Option<Query<Asked>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let action = named(&app, &path)?;
    let asked = asked.map(Query::into_inner).unwrap_or_default();
    let examples = action.definition.examples;
    let example = examples.get(asked.example.unwrap_or_default());
    let draft = Draft {
        client: Chosen::named(asked.client_id),
        typed: example.map_or_else(Typed::new, |example| typed_as(action, example.input)),
        ..Draft::default()
    };
    draw(StatusCode::OK, visitor, &app, action, draft).await
}

/// Runs it.
pub async fn post(
    request: HttpRequest,
    submitted: Submitted<WriteClients>,
    path: Path<(String, String)>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let action = named(&app, &path)?;
    let mut draft = Draft {
        client: Chosen::typed(&form),
        typed: typed(action, &form),
        ..Draft::default()
    };
    let client_id = draft.client.client_id();
    if !action.definition.reads() && form.text("confirm") != "yes" {
        "Tick this to have it done.".clone_into(&mut draft.confirm_error);
    }
    let given = match input(action, &draft.typed) {
        Ok(given) => given,
        Err(errors) => {
            draft.errors = errors;
            Value::Null
        }
    };
    let (Some(client_id), true) = (
        client_id,
        draft.confirm_error.is_empty() && draft.errors.is_empty(),
    ) else {
        return draw(
            StatusCode::UNPROCESSABLE_ENTITY,
            visitor,
            &app,
            action,
            draft,
        )
        .await;
    };
    let key = key(&form);
    let call = Input {
        value: given.clone(),
        idempotency_key: Some(key.clone()),
        reporter: None,
    };
    let tried = attempt(&request, &visitor, &app, action, &client_id, call).await;
    match tried {
        Ok(tried) => {
            draft.errors.clone_from(&tried.errors);
            draft.outcome = Some(outcome(&app, action, tried, &given, &key));
            draw(StatusCode::OK, visitor, &app, action, draft).await
        }
        Err(problem) if problem.status == 404 => {
            draft.client.is_gone();
            draw(
                StatusCode::UNPROCESSABLE_ENTITY,
                visitor,
                &app,
                action,
                draft,
            )
            .await
        }
        Err(problem) => Err(problem),
    }
}

fn key(form: &Form) -> String {
    let given = form.given("key");
    given.unwrap_or_else(random_token::<KEY_BYTES>)
}

fn outcome(app: &App, action: &Registered, tried: Attempt, given: &Value, key: &str) -> Outcome {
    let (answer, is_cut) = tried.answer.as_deref().map(pretty).unwrap_or_default();
    Outcome {
        steps: tried.steps,
        was_answered: tried.answer.is_some(),
        answer,
        is_cut,
        curl: requests::curl(action, &app.issuer, given, key),
        mcp: requests::mcp(action, given, key),
    }
}

async fn draw(
    status: StatusCode,
    visitor: Visitor<WriteClients>,
    app: &App,
    action: &'static Registered,
    draft: Draft,
) -> Result<HttpResponse, Problem> {
    let tenant_id = &visitor.cause().tenant_id;
    let definition = action.definition;
    let input_error = elsewhere(action, &draft.errors);
    let drawn = Page {
        id: &action.id,
        name: definition.name,
        summary: definition.summary,
        effect: effect(definition.effect),
        reads: definition.reads(),
        examples: definition
            .examples
            .iter()
            .map(|example| example.summary)
            .collect(),
        client: draft.client.field(app, tenant_id).await?,
        confirm_error: draft.confirm_error,
        input_error: match input_error.as_str() {
            "" => input_error,
            error => sentence(&error),
        },
        fields: fields(action, &draft.typed, &draft.errors),
        key: random_token::<KEY_BYTES>(),
        outcome: draft.outcome,
        shell: visitor.shell,
    };
    page(status, &drawn)
}
