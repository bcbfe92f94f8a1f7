//! `/authorize` (RFC 6749 section 3.1). There is no interactive grant, so it only says so; it is there
//! because the MCP client libraries refuse metadata that do not name it.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post};
use askama::Template;

use crate::http::error::OAuthErrorBody;
use crate::model::random_token;
use crate::oauth::ErrorCode;

#[derive(Template)]
#[template(path = "authorize.html")]
struct Page<'a> {
    error: &'static str,
    /// Lets the page's own style through its policy, and no other.
    nonce: &'a str,
}

/// Says that there is no interactive grant
///
/// The address is there because client libraries refuse server metadata that do not name it.
#[utoipa::path(
    operation_id = "get_authorize",
    tag = "OAuth",
    responses((status = 400, body = String, content_type = "text/html"))
)]
#[get("/authorize")]
pub async fn get() -> HttpResponse {
    page()
}

/// Says that there is no interactive grant
///
/// The address is there because client libraries refuse server metadata that do not name it.
#[utoipa::path(
    operation_id = "post_authorize",
    tag = "OAuth",
    responses((status = 400, body = String, content_type = "text/html"))
)]
#[post("/authorize")]
pub async fn post() -> HttpResponse {
    page()
}

fn page() -> HttpResponse {
    let error = ErrorCode::UnsupportedResponseType.name();
    let mut response = HttpResponse::BadRequest();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    let nonce = random_token::<16>();
    match (Page {
        error,
        nonce: &nonce,
    })
    .render()
    {
        Ok(html) => {
            let policy = format!(
                "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'"
            );
            response
                .insert_header((header::CONTENT_SECURITY_POLICY, policy))
                .content_type("text/html; charset=utf-8")
                .body(html)
        }
        Err(_) => response.json(OAuthErrorBody {
            error,
            error_description: "There is no interactive grant here.",
        }),
    }
}
