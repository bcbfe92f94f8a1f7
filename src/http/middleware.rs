//! Around every request: its identifier, the Host that it names, a limit on its time, one line in the
//! log, its place in the metrics, and the headers that every answer carries.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorServiceUnavailable, InternalError};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Version};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};

use super::context::{REQUEST_ID, RequestContext};
use super::error::{Problem, oauth_response};
use super::hanging_up::{self, Line};
use super::hosts::Hosts;
use super::routes;
use super::told::Told;
use super::unread::Held;
use crate::app::App;
use crate::storage::StorageError;

/// The outermost layer.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(app) = request.app_data::<web::Data<Arc<App>>>().cloned() else {
        return Ok(request.into_response(HttpResponse::ServiceUnavailable().finish()));
    };
    let context = RequestContext::new(&request, &app);
    request.extensions_mut().insert(context.clone());
    let mut told = Told::new(&request, &app, &context);
    if request.method() == Method::HEAD {
        // Whatever answers GET answers HEAD; actix leaves the body out by itself.
        request.head_mut().method = Method::GET;
    }
    let mut unread = Held::of(&mut request);
    let answered = match refuse_host(&request) {
        Some(problem) => {
            let response = problem.of(&context).to_response();
            Ok(request.into_response(response).map_into_boxed_body())
        }
        None => {
            let limit = app.settings.server.request_timeout;
            let line = Line::of(&mut request);
            let answered = within_time(request, next, limit);
            match hanging_up::while_awaited(line, answered).await {
                Some(answered) => answered,
                None => return Err(ErrorServiceUnavailable("The caller hung up.")),
            }
        }
    };
    let route = match &answered {
        Ok(response) => routes::pattern(response.request()).map(Cow::into_owned),
        Err(_) => None,
    };
    let is_oauth = matches!(told.path(), "/token" | "/introspect" | "/revoke");
    let mut finish = |response: &mut HttpResponse<BoxBody>| {
        complete_problem(response, &context);
        add_headers(response, &context, &app);
        if let Some(unread) = unread.take() {
            let answer = std::mem::replace(response, HttpResponse::new(response.status()));
            *response = answer.map_body(|_, body| unread.until_sent(body));
        }
        told.answered(route.as_deref(), response.status().as_u16());
    };
    match answered {
        Ok(mut response) => {
            finish(response.response_mut());
            Ok(response)
        }
        Err(problem) => {
            let problem = problem.of(&context);
            let mut response = match is_oauth {
                true => oauth_response(&StorageError::Busy.into()),
                false => problem.to_response(),
            };
            finish(&mut response);
            Err(InternalError::from_response(problem, response).into())
        }
    }
}

/// The answer of the layers below, unless it takes too long. They hold the request while they work, so
/// that an error is all that is left of it.
async fn within_time(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    limit: Duration,
) -> Result<ServiceResponse<BoxBody>, Problem> {
    match tokio::time::timeout(limit, next.call(request)).await {
        Ok(Ok(response)) => Ok(response.map_into_boxed_body()),
        Ok(Err(error)) => Err(Problem::unavailable(&error)),
        Err(_) => Err(Problem::unavailable(&"the request took longer than it may")),
    }
}

/// A browser can be led to send requests here under another name (DNS rebinding), and a request may
/// be meant for another server altogether: RFC 9110 section 7.4.
fn refuse_host(request: &ServiceRequest) -> Option<Problem> {
    let hosts = request.app_data::<web::Data<Hosts>>()?;
    if matches!(request.path(), "/healthz" | "/readyz" | "/metrics") {
        return None;
    }
    // Where the target itself names a server, that counts (RFC 9112 section 3.2.2, RFC 9113 section
    // 8.3.1).
    let target = request.uri().authority().map(ToString::to_string);
    let mut named = request.headers().get_all(header::HOST);
    let host = match (request.version(), named.next(), named.next()) {
        (_, Some(_), Some(_)) => {
            return Some(Problem::new(
                StatusCode::BAD_REQUEST,
                "The request names several hosts.",
            ));
        }
        (_, Some(value), None) => {
            target.unwrap_or_else(|| value.to_str().unwrap_or_default().to_owned())
        }
        (Version::HTTP_2, None, _) => target.unwrap_or_default(),
        (Version::HTTP_10, None, _) => target?,
        (_, None, _) => {
            return Some(Problem::new(
                StatusCode::BAD_REQUEST,
                "The request names no host.",
            ));
        }
    };
    if hosts.accept(&host) {
        return None;
    }
    let detail = "This server does not answer under the name in the Host header.";
    Some(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

/// Gives a problem the request's identifier, and an error that actix itself answered with an empty
/// body a problem document.
fn complete_problem(response: &mut HttpResponse<BoxBody>, context: &RequestContext) {
    let status = response.status();
    let raised = response
        .error()
        .and_then(|error| error.as_error::<Problem>())
        .cloned();
    let bare = (status.is_client_error() || status.is_server_error())
        && matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
    let reason = || {
        format!(
            "{}.",
            status
                .canonical_reason()
                .unwrap_or("The request was refused")
        )
    };
    let problem = match raised {
        Some(problem) => problem,
        None if bare => Problem::new(status, reason()),
        None => return,
    };
    *response = problem.of(context).to_response();
}

fn add_headers(response: &mut HttpResponse<BoxBody>, context: &RequestContext, app: &App) {
    let encrypted = app.issuer.starts_with("https://");
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    let mut default = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    default(header::CACHE_CONTROL, "no-store");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    default(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    if encrypted {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
