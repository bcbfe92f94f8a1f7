//! `/admin/account`: one's own password, second factors, recovery codes and sessions.
//!
//! Whatever changes how one signs in asks for the password again, so that a browser left alone for a
//! minute is not an account lost; and what takes a factor's place asks for a factor too, so that neither is
//! a password that somebody saw.

mod authenticator;
mod passkeys;
mod recovery_codes;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;
use secrecy::SecretString;

use super::ACCOUNT;
use super::form::{Form, Mistakes};
use super::gate::{Anybody, Submitted, Visitor};
use super::sessions;
use super::shell::{Moment, Shell, page};
use crate::administrators::AdministratorError;
use crate::administrators::second_factors::{FEW_RECOVERY_CODES, FactorError, RecoveryCodes};
use crate::app::App;
use crate::audit::{Decision, Entry};
use crate::clients::{AuthenticationError, FieldError};
use crate::http::error::{Problem, sentence};
use crate::model::{Administrator, Timestamp};

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/account").route(web::get().to(get)))
        .service(web::resource("/account/password").route(web::post().to(change_password)))
        .configure(authenticator::configure)
        .configure(passkeys::configure)
        .configure(recovery_codes::configure);
}

#[derive(Template)]
#[template(path = "admin/account/account.html")]
struct Page {
    shell: Shell,
    must_enrol: bool,
    has_factor: bool,
    totp: Option<Factor>,
    is_totp_locked: bool,
    passkeys: Vec<Factor>,
    why_no_passkeys: Option<&'static str>,
    recovery_codes: i64,
    few_recovery_codes: bool,
    password_set: Option<Moment>,
    sessions: Vec<sessions::Row>,
    mistakes: Mistakes,
}

/// A factor as the page shows it.
struct Factor {
    id: String,
    name: String,
    added: Moment,
    used: Option<Moment>,
    mistake: String,
}

impl Factor {
    fn new(
        (id, name): (String, String),
        (added, used): (Timestamp, Option<Timestamp>),
        mistakes: &Mistakes,
        now: Timestamp,
    ) -> Self {
        Self {
            mistake: mistakes.of(&format!("remove:{id}")),
            id,
            name,
            added: Moment::new(added, now),
            used: used.map(|used| Moment::new(used, now)),
        }
    }
}

async fn get(visitor: Visitor<Anybody>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    draw(StatusCode::OK, visitor, &app, Mistakes::default()).await
}

async fn draw(
    status: StatusCode,
    visitor: Visitor<Anybody>,
    app: &App,
    mistakes: Mistakes,
) -> Result<HttpResponse, Problem> {
    let username = &visitor.session.username;
    let enrolled = app.second_factors.of(username).await?;
    let all = app.administrators.list().await?;
    let own = all.iter().find(|one| one.username == *username);
    let now = app.clock.now();
    let has_factor = enrolled.any();
    let totp = enrolled.totp.map(|totp| {
        let name = ("totp".to_owned(), "Authenticator app".to_owned());
        Factor::new(name, (totp.created_at, totp.last_used_at), &mistakes, now)
    });
    let passkeys = enrolled.passkeys.into_iter().map(|passkey| {
        let times = (passkey.created_at, passkey.last_used_at);
        Factor::new((passkey.id, passkey.name), times, &mistakes, now)
    });
    let drawn = Page {
        must_enrol: app.settings.admin.require_second_factor && !has_factor,
        has_factor,
        totp,
        is_totp_locked: enrolled.is_totp_locked,
        passkeys: passkeys.collect(),
        why_no_passkeys: app.second_factors.why_no_passkeys(),
        recovery_codes: enrolled.recovery_codes,
        few_recovery_codes: enrolled.recovery_codes <= FEW_RECOVERY_CODES,
        password_set: own.map(|own| Moment::new(own.updated_at, now)),
        sessions: sessions::rows(&visitor, app).await?,
        shell: visitor.shell,
        mistakes,
    };
    page(status, &drawn)
}

/// Why somebody is not known to be who began the session.
pub(super) struct Unconfirmed {
    pub(super) wait: Option<u64>,
    pub(super) mistake: FieldError,
}

/// Checks the password that was asked for again, and records if it was wrong. `field` is what a mistake
/// is shown beside.
pub(super) async fn confirm<R>(
    visitor: &Visitor<R>,
    app: &App,
    form: &Form,
    event: &'static str,
    field: &str,
) -> Result<Result<Administrator, Unconfirmed>, Problem> {
    let username = &visitor.session.username;
    let password = SecretString::from(form.text("current"));
    let address = visitor.cause().remote_address;
    let checked = app
        .administrators
        .authenticate(username, &password, address)
        .await;
    let refused = |decision, reason| {
        Entry::new(event, decision, visitor.cause())
            .target(username)
            .reason(reason)
    };
    let (wait, detail) = match checked {
        Ok(administrator) => return Ok(Ok(administrator)),
        Err(AuthenticationError::Failed | AuthenticationError::Disabled) => {
            let entry = refused(Decision::Denied, "wrong_password");
            app.journal.record(entry).await?;
            (None, AdministratorError::WrongPassword.to_string())
        }
        Err(AuthenticationError::Limited(wait)) => {
            let entry = refused(Decision::Limited, "too_many_failures");
            app.journal.record_unknown(entry).await?;
            let wait_seconds = wait.as_secs().saturating_add(1);
            (Some(wait_seconds), FactorError::Limited(wait).to_string())
        }
        Err(error) => return Err(error.into()),
    };
    let mistake = FieldError {
        field: field.to_owned(),
        detail,
    };
    Ok(Err(Unconfirmed { wait, mistake }))
}

/// The same, and a second factor, where there is one.
async fn confirm_by_both(
    visitor: &Visitor<Anybody>,
    app: &App,
    form: &Form,
    event: &'static str,
    field: &str,
) -> Result<Result<(), Unconfirmed>, Problem> {
    if let Err(refusal) = confirm(visitor, app, form, event, field).await? {
        return Ok(Err(refusal));
    }
    let (cause, typed) = (visitor.cause(), form.text("factor"));
    let proved = app
        .second_factors
        .prove(cause, &visitor.session, typed, cause.remote_address)
        .await;
    let error = match proved {
        Ok(()) => return Ok(Ok(())),
        Err(error @ (FactorError::Storage(_) | FactorError::Key(_))) => return Err(error.into()),
        Err(error) => error,
    };
    let mistake = FieldError {
        field: field.to_owned(),
        detail: error.to_string(),
    };
    let wait = match error {
        FactorError::Limited(wait) => Some(wait.as_secs().saturating_add(1)),
        _ => None,
    };
    Ok(Err(Unconfirmed { wait, mistake }))
}

/// Shows the account again to somebody who could not confirm who they are.
async fn unconfirmed(
    visitor: Visitor<Anybody>,
    app: &App,
    refusal: Unconfirmed,
) -> Result<HttpResponse, Problem> {
    let status = match refusal.wait {
        Some(_) => StatusCode::TOO_MANY_REQUESTS,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mistakes = Mistakes::new(vec![refusal.mistake]);
    let mut response = draw(status, visitor, app, mistakes).await?;
    if let Some(seconds) = refusal.wait {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Goes on after a factor was added: to the recovery codes, if it was the first.
async fn added(
    visitor: &Visitor<Anybody>,
    app: &App,
    codes: Option<RecoveryCodes>,
    message: &str,
) -> Result<HttpResponse, Problem> {
    match codes {
        Some(codes) => recovery_codes::leave(visitor, app, &codes).await,
        None => visitor.done(ACCOUNT, message).await,
    }
}

/// Ends a form that took something away.
async fn removed(
    visitor: &Visitor<Anybody>,
    outcome: Result<(), FactorError>,
    message: &str,
) -> Result<HttpResponse, Problem> {
    match outcome {
        Ok(()) => visitor.done(ACCOUNT, message).await,
        Err(error @ FactorError::NotFound) => visitor.refused(ACCOUNT, &sentence(&error)).await,
        Err(error) => Err(error.into()),
    }
}

async fn change_password(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let event = "administrator.change_password";
    let own = match confirm(&visitor, &app, &form, event, "current").await? {
        Ok(own) => own,
        Err(refusal) => return unconfirmed(visitor, &app, refusal).await,
    };
    let changed = match form.text("password") {
        new if new != form.text("repeated") => Err(AdministratorError::Password),
        new if new == form.text("current") => Err(AdministratorError::SamePassword),
        new => {
            let (cause, session) = (visitor.cause(), &visitor.session);
            app.administrators
                .change_password(cause, session, &own, &new.into())
                .await
        }
    };
    let (field, detail) = match changed {
        Ok(()) => {
            let message = "Your password is changed, and your other sessions have ended.";
            return visitor.done(ACCOUNT, message).await;
        }
        Err(error @ AdministratorError::Password) => {
            ("password", format!("{error}, the same in both fields"))
        }
        Err(error @ AdministratorError::SamePassword) => ("password", error.to_string()),
        Err(error @ AdministratorError::WrongPassword) => ("current", error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let mistake = FieldError {
        field: field.to_owned(),
        detail,
    };
    let mistakes = Mistakes::new(vec![mistake]);
    draw(StatusCode::UNPROCESSABLE_ENTITY, visitor, &app, mistakes).await
}
