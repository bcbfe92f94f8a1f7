//! `/admin/sign_in` and `/admin/sign_out`: where sessions begin and end.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, SET_COOKIE, USER_AGENT};
use actix_web::http::{Method, header};
use actix_web::web::{self, Bytes, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;
use url::form_urlencoded;

use super::gate::{Anybody, Arrival, Submitted, read, see_other};
use super::shell::{Shell, page};
use super::{HOME, cookies, second_factor};
use crate::administrators::{Opening, SessionKey, State};
use crate::app::App;
use crate::audit::{Actor, ActorKind, Decision, Entry};
use crate::clients::AuthenticationError;
use crate::http::error::Problem;
use crate::storage::StorageError;

const SIGN_IN: &str = "/admin/sign_in";
/// Longest address that is come back to, in bytes.
const LONGEST: usize = 2_000;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/sign_in")
                .route(web::get().to(get))
                .route(web::post().to(post)),
        )
        .service(web::resource("/sign_out").route(web::post().to(sign_out)));
}

#[derive(Template)]
#[template(path = "admin/sign_in.html")]
struct Page {
    shell: Shell,
    username: String,
    next: String,
    mistake: String,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn get(
    request: HttpRequest,
    next: Option<Query<Next>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let next = next.map(|query| query.into_inner().next);
    let next = local(&next.unwrap_or_default()).to_owned();
    if let Some(key) = cookies::session(&request, &app) {
        let found = app.sessions.find(&key).await?;
        if found.is_some_and(|(session, _)| session.state == State::SignedIn) {
            return Ok(see_other(&next));
        }
    }
    draw(StatusCode::OK, &request, &app, "", &next, "")
}

async fn post(
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let arrival = Arrival::of(&request)?;
    arrival.refuse_another_site(&request).await?;
    let form = read(&request, std::future::ready(body)).await?;
    let (username, next) = (form.text("username").trim(), local(form.text("next")));
    let password = SecretString::from(form.text("password"));
    let context = &arrival.context;
    let checked = app
        .administrators
        .authenticate(username, &password, context.address)
        .await;
    let administrator = match checked {
        Ok(administrator) => administrator,
        Err(error) => return refuse(&request, &arrival, error, username, next).await,
    };
    let actor = Actor::new(ActorKind::Administrator, &administrator.username);
    let mut cause = context.cause("").by(actor);
    cause.tenant_id = administrator.tenant_id.clone();
    let before = cookies::session(&request, &app);
    let user_agent = request.headers().get(USER_AGENT);
    let has_factor = app.second_factors.has_any(&administrator.username).await?;
    let opening = Opening {
        administrator: &administrator,
        state: if has_factor {
            State::SecondFactorPending
        } else {
            State::SignedIn
        },
        remote_address: context.address,
        user_agent: user_agent.map_or("", |value| value.to_str().unwrap_or_default()),
        before: before.as_ref(),
    };
    let key = match app.sessions.open(&cause, opening).await {
        // The password was changed while it was checked, or a second factor added.
        Err(StorageError::NotFound) => {
            let error = AuthenticationError::Failed;
            return refuse(&request, &arrival, error, username, next).await;
        }
        opened => opened?,
    };
    let mut response = if has_factor {
        see_other(&second_factor::way_to(next))
    } else {
        see_other(next)
    };
    give_session(&mut response, &app, &key);
    Ok(response)
}

/// Has the browser keep a session.
pub fn give_session(response: &mut HttpResponse, app: &App, key: &SessionKey) {
    give_cookie(response, &cookies::give_session(app, key));
}

/// Records that somebody was not let in, and shows the form again.
async fn refuse(
    request: &HttpRequest,
    arrival: &Arrival,
    error: AuthenticationError,
    username: &str,
    next: &str,
) -> Result<HttpResponse, Problem> {
    let (status, decision, reason) = match &error {
        AuthenticationError::Failed | AuthenticationError::Disabled => {
            (StatusCode::FORBIDDEN, Decision::Denied, "wrong_password")
        }
        AuthenticationError::Limited(_) => (
            StatusCode::TOO_MANY_REQUESTS,
            Decision::Limited,
            "too_many_failures",
        ),
        AuthenticationError::Busy | AuthenticationError::Storage(_) => return Err(error.into()),
    };
    // A name that nobody has may be a password in the wrong place.
    let known = arrival.app.administrators.exists(username).await?;
    let claimed = if known { username } else { "" };
    let entry = Entry::new(
        "administrator.sign_in",
        decision,
        &arrival.context.cause(claimed),
    );
    let entry = entry.target(claimed).reason(reason);
    arrival.app.journal.record_unknown(entry).await?;
    let wait = match &error {
        AuthenticationError::Limited(wait) => Some(wait.as_secs().saturating_add(1)),
        _ => None,
    };
    let mistake = match wait {
        Some(seconds) => format!("Too many attempts. Try again in {seconds} seconds."),
        None => Problem::from(error).detail,
    };
    let mut response = draw(status, request, &arrival.app, username, next, &mistake)?;
    if let Some(seconds) = wait {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    Ok(response)
}

fn draw(
    status: StatusCode,
    request: &HttpRequest,
    app: &App,
    username: &str,
    next: &str,
    mistake: &str,
) -> Result<HttpResponse, Problem> {
    let drawn = Page {
        shell: Shell::of_stranger(request, app),
        username: username.chars().take(64).collect(),
        next: next.to_owned(),
        mistake: mistake.to_owned(),
    };
    page(status, &drawn)
}

async fn sign_out(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let visitor = submitted.visitor;
    let ended = app
        .sessions
        .sign_out(visitor.cause(), &visitor.session)
        .await;
    match ended {
        // Somebody else ended it in the same moment.
        Ok(()) | Err(StorageError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(signed_out(&app))
}

/// The answer to somebody whose session is over.
pub fn signed_out(app: &App) -> HttpResponse {
    let mut response = see_other(SIGN_IN);
    give_cookie(&mut response, &cookies::take_session(app));
    let forget = header::HeaderValue::from_static("\"cache\"");
    let clear = header::HeaderName::from_static("clear-site-data");
    response.headers_mut().insert(clear, forget);
    response
}

fn give_cookie(response: &mut HttpResponse, cookie: &str) {
    if let Ok(value) = header::HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
}

/// Where somebody without a session signs in, to come back to the page that was asked for.
pub fn way_back_to(request: &HttpRequest) -> String {
    with_next(SIGN_IN, wanted(request))
}

/// The page that a request was for; the beginning if it cannot be come back to.
pub fn wanted(request: &HttpRequest) -> &str {
    let here = request
        .uri()
        .path_and_query()
        .map_or("", |path| path.as_str());
    if *request.method() == Method::GET {
        local(here)
    } else {
        HOME
    }
}

/// A page from which one goes on to `next`.
pub fn with_next(path: &str, next: &str) -> String {
    if next == HOME {
        return path.to_owned();
    }
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{path}?next={next}")
}

/// An address of this GUI, whatever was asked for: nobody is led elsewhere from here.
pub fn local(next: &str) -> &str {
    let rest = next.strip_prefix(HOME);
    let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let plain = next.len() <= LONGEST && next.bytes().all(|byte| byte.is_ascii_graphic());
    let path = next.split('?').next().unwrap_or_default();
    let straight = !["//", "..", "\\"].iter().any(|turn| path.contains(turn));
    let is_gate = path.starts_with(SIGN_IN) || path.starts_with(second_factor::SECOND_FACTOR);
    if below && plain && straight && !is_gate {
        next
    } else {
        HOME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for good in ["/admin", "/admin/clients?search=a%20b", "/admin/clients/x"] {
            assert_eq!(local(good), good);
        }
        for bad in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/admin.evil.example",
            "/admin@evil.example",
            "/admin//evil.example",
            "/admin/../token",
            "/admin/\\evil",
            "/admin/a b",
            "/admin/\r\nset-cookie:x",
            "/admin/sign_in?next=/admin",
            "/public",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(bad), HOME, "{bad}");
        }
    }
}
