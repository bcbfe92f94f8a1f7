//! Actions by REST: `GET` with a query where an action only reads and its input is flat, else `POST`
//! with JSON.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::{self, Json};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde_json::Value;
use url::form_urlencoded;
use utoipa::openapi::OpenApi;

use super::super::challenge::Challenge;
use super::super::context::RequestContext;
use super::super::deferred;
use super::super::error::Problem;
use super::super::routes;
use crate::actions::{ActionError, Call, Door, Input, Registered, Registry};
use crate::app::App;

/// The header of a key under which a writing action is done once.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The routes, one for each action: an address without variables is found without a search.
pub fn configure(config: &mut web::ServiceConfig, registry: &Registry) {
    for action in registry.all() {
        config.service(web::resource(action.path()).to(handle));
    }
}

/// Answers a call of any action.
async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<Arc<App>>,
    document: web::Data<OpenApi>,
) -> Result<HttpResponse, Problem> {
    let id = request.path().strip_prefix("/actions/").unwrap_or_default();
    let fits = |action: &&Registered| {
        *request.method()
            == if action.is_get {
                Method::GET
            } else {
                Method::POST
            }
    };
    let Some(action) = app.invoker.registry().by_id(id).filter(fits) else {
        return Ok(routes::unmatched(request, document).await);
    };
    let challenge = Challenge::of(&app.issuer, "/actions");
    let own = format!("{}/actions", app.issuer);
    let call = Call {
        door: Door {
            name: "rest",
            audiences: &[&own, &app.issuer],
        },
        authorization: &super::authorization(&request),
        cause: RequestContext::of(&request).cause(""),
    };
    let refused = |refusal| super::problem(refusal, challenge);
    let admission = app.invoker.admit(action, call).await.map_err(refused)?;
    let input = match read(action, &request, payload).await {
        Ok(input) => input,
        Err(problem) => {
            app.invoker.dismiss(admission, "unreadable_input").await?;
            return Err(problem);
        }
    };
    let answer = app
        .invoker
        .perform(admission, input)
        .await
        .map_err(refused)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(answer.json))
}

async fn read(
    action: &Registered,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Input, Problem> {
    let value = if action.is_get {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
        action.read_query(pairs).map_err(invalid)?
    } else {
        let body = Json::<Value>::from_request(request, &mut payload.into_inner()).await;
        body.map_err(|error| deferred::problem(&error))?
            .into_inner()
    };
    Ok(Input {
        value,
        idempotency_key: idempotency_key(request)?,
        reporter: None,
    })
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => Ok(Some(String::from_utf8_lossy(key.as_bytes()).into_owned())),
        (Some(_), Some(_)) => {
            let error = ActionError::invalid("Idempotency-Key", "is there more than once");
            Err(invalid(error))
        }
    }
}

fn invalid(error: ActionError) -> Problem {
    super::failed(error)
}
