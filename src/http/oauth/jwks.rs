//! `GET /jwks` (RFC 7517 section 5).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;

/// The public keys that tokens verify with
///
/// A JWK set (RFC 7517). A key is published here before it signs, and stays until its last token has
/// ended.
#[utoipa::path(
    operation_id = "get_jwks",
    tag = "OAuth",
    responses(
        (status = 200, body = Object, content_type = "application/jwk-set+json"),
        (status = 304, description = "The keys are those that the caller has."),
    )
)]
#[get("/jwks")]
pub async fn get(request: HttpRequest, app: web::Data<Arc<App>>) -> HttpResponse {
    let body = serde_json::to_vec(&app.keys.jwks()).unwrap_or_default();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)));
    let cache = format!("public, max-age={}", app.keys.cache().as_secs());
    let known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.trim_start_matches("W/") == tag);
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::ETAG, tag))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    if known {
        return response.finish();
    }
    response
        .insert_header((header::CONTENT_TYPE, "application/jwk-set+json"))
        .body(body)
}
