//! Around every page: the headers that it carries, and a page in place of a problem document.

use std::sync::Arc;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use askama::Template;

use super::shell::{Shell, page};
use crate::app::App;
use crate::http::context::RequestContext;
use crate::http::error::Problem;

/// Everything comes from this server, and nothing runs or is drawn that stands in a page itself.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                      img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "admin/problem.html")]
struct ProblemPage<'a> {
    shell: &'a Shell,
    problem: &'a Problem,
}

/// The layer.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(problem) = problem(&response)
        && let Some(drawn) = draw(&response, problem)
    {
        response = response.into_response(drawn);
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    // No other site learns where somebody came from. Under `no-referrer` browsers would send forms with
    // `Origin: null` (Fetch section 3.2), as they do for another site's.
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// What went wrong, if a handler did not draw a page of it already.
fn problem(response: &ServiceResponse<BoxBody>) -> Option<Problem> {
    let status = response.status();
    let raised = response.response().error();
    let raised = raised.and_then(|error| error.as_error::<Problem>());
    let is_bare = matches!(
        response.response().body().size(),
        BodySize::None | BodySize::Sized(0)
    );
    let refused = status.is_client_error() || status.is_server_error();
    match raised {
        Some(problem) => Some(problem.clone()),
        None if refused && is_bare => {
            let reason = status.canonical_reason().unwrap_or("Refused");
            Some(Problem::new(status, format!("{reason}.")))
        }
        None => None,
    }
}

fn draw(response: &ServiceResponse<BoxBody>, problem: Problem) -> Option<HttpResponse> {
    let request = response.request();
    let app = request.app_data::<web::Data<Arc<App>>>()?;
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let shell = request.extensions().get::<Shell>().cloned();
    let shell = shell.unwrap_or_else(|| Shell::of_stranger(request, app));
    let drawn = ProblemPage {
        shell: &shell,
        problem: &problem.of(&RequestContext::of(request)),
    };
    let mut drawn = page(status, &drawn).ok()?;
    if let Some(wait) = response.headers().get(header::RETRY_AFTER) {
        let headers = drawn.headers_mut();
        headers.insert(header::RETRY_AFTER, wait.clone());
    }
    Some(drawn)
}
