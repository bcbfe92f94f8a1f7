//! `/admin/second_factor`: where somebody whose password was right is asked for the second factor.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{self, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::json;

use super::gate::{Waiting, WaitingForm, see_other};
use super::shell::{Shell, page};
use super::sign_in::{give_session, local, signed_out, wanted, with_next};
use crate::administrators::SessionKey;
use crate::administrators::second_factors::{FactorError, FactorKeyError};
use crate::app::App;
use crate::http::error::{Problem, sentence};
use crate::storage::StorageError;

/// Where it is asked for.
pub const SECOND_FACTOR: &str = "/admin/second_factor";

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/second_factor{path}"));
    config
        .service(at("").route(web::get().to(get)))
        .service(at("/code").route(web::post().to(code)))
        .service(at("/recovery_code").route(web::post().to(recovery_code)))
        .service(at("/passkey/options").route(web::post().to(options)))
        .service(at("/passkey").route(web::post().to(passkey)))
        .service(at("/leave").route(web::post().to(leave)));
}

/// Where a factor is asked for, to go on to `next`.
pub fn way_to(next: &str) -> String {
    with_next(SECOND_FACTOR, next)
}

/// Where a factor is asked for, to come back to the page that was asked for.
pub fn way_back_to(request: &HttpRequest) -> String {
    way_to(wanted(request))
}

#[derive(Template)]
#[template(path = "admin/second_factor.html")]
struct Page {
    shell: Shell,
    username: String,
    next: String,
    has_totp: bool,
    has_passkey: bool,
    code_mistake: String,
    recovery_mistake: String,
    passkey_mistake: String,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The forms that there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Code,
    RecoveryCode,
    Passkey,
}

async fn get(
    waiting: Waiting,
    next: Option<Query<Next>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let next = next.map(|query| query.into_inner().next);
    let next = next.unwrap_or_default();
    draw(waiting, &app, &next, None).await
}

async fn draw(
    waiting: Waiting,
    app: &App,
    next: &str,
    mistake: Option<(Asked, FactorError)>,
) -> Result<HttpResponse, Problem> {
    let enrolled = app.second_factors.of(&waiting.session.username).await?;
    let of = |asked| match &mistake {
        Some((Asked::RecoveryCode, FactorError::Wrong)) if asked == Asked::RecoveryCode => {
            "You have no such recovery code, or used it already.".to_owned()
        }
        Some((about, error)) if *about == asked => sentence(error),
        _ => String::new(),
    };
    let drawn = Page {
        has_totp: enrolled.totp.is_some(),
        has_passkey: !enrolled.passkeys.is_empty()
            && app.second_factors.why_no_passkeys().is_none(),
        username: waiting.session.username,
        next: local(next).to_owned(),
        code_mistake: of(Asked::Code),
        recovery_mistake: of(Asked::RecoveryCode),
        passkey_mistake: of(Asked::Passkey),
        shell: waiting.shell,
    };
    let Some((_, error)) = mistake else {
        return page(StatusCode::OK, &drawn);
    };
    if let FactorError::Limited(wait) = error {
        let mut response = page(StatusCode::TOO_MANY_REQUESTS, &drawn)?;
        let seconds = wait.as_secs().saturating_add(1);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
        return Ok(response);
    }
    page(StatusCode::FORBIDDEN, &drawn)
}

async fn code(submitted: WaitingForm, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let WaitingForm { waiting, form } = submitted;
    let address = waiting.cause.remote_address;
    let verified = app
        .second_factors
        .verify_totp(&waiting.cause, &waiting.session, form.text("code"), address)
        .await;
    finish(waiting, &app, form.text("next"), Asked::Code, verified).await
}

async fn recovery_code(
    submitted: WaitingForm,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let WaitingForm { waiting, form } = submitted;
    let address = waiting.cause.remote_address;
    let typed = form.text("recovery_code");
    let verified = app
        .second_factors
        .verify_recovery_code(&waiting.cause, &waiting.session, typed, address)
        .await;
    let next = form.text("next");
    finish(waiting, &app, next, Asked::RecoveryCode, verified).await
}

/// What the browser is to sign. A script asks, so the answer is JSON.
async fn options(submitted: WaitingForm, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let session = &submitted.waiting.session;
    match app.second_factors.ask_for_passkey(session).await {
        Ok(options) => Ok(HttpResponse::Ok().json(options)),
        Err(error @ (FactorError::Storage(_) | FactorError::Key(_))) => Err(error.into()),
        Err(error) => {
            let mistake = json!({"mistake": sentence(&error)});
            Ok(HttpResponse::UnprocessableEntity().json(mistake))
        }
    }
}

async fn passkey(submitted: WaitingForm, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let WaitingForm { waiting, form } = submitted;
    let address = waiting.cause.remote_address;
    let signed = form.text("credential");
    let verified = app
        .second_factors
        .verify_passkey(&waiting.cause, &waiting.session, signed, address)
        .await;
    finish(waiting, &app, form.text("next"), Asked::Passkey, verified).await
}

/// Lets the session in, or shows the forms again.
async fn finish(
    waiting: Waiting,
    app: &App,
    next: &str,
    asked: Asked,
    verified: Result<SessionKey, FactorError>,
) -> Result<HttpResponse, Problem> {
    match verified {
        Ok(key) => {
            let mut response = see_other(local(next));
            give_session(&mut response, app, &key);
            Ok(response)
        }
        Err(error @ FactorError::Storage(_)) => Err(error.into()),
        Err(error @ FactorError::Key(FactorKeyError::AnotherKey)) => {
            draw(waiting, app, next, Some((asked, error))).await
        }
        Err(FactorError::Key(error)) => Err(FactorError::Key(error).into()),
        Err(error) => draw(waiting, app, next, Some((asked, error))).await,
    }
}

/// Gives the sign-in up.
async fn leave(submitted: WaitingForm, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let waiting = submitted.waiting;
    let ended = app
        .sessions
        .sign_out(&waiting.cause, &waiting.session)
        .await;
    match ended {
        Ok(()) | Err(StorageError::NotFound) => Ok(signed_out(&app)),
        Err(error) => Err(error.into()),
    }
}
