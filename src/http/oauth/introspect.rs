//! `POST /introspect` (RFC 7662).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::exchange::{Endpoint, Exchange};
use super::form::Form;
use crate::app::App;
use crate::http::error::OAuthErrorBody;
use crate::oauth::{Introspection, OAuthError, Parameters, introspect};

/// A token to be looked into, or to be given up.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form; it is read by `oauth::Parameters`"
)]
pub struct TokenForm {
    /// The token.
    #[schema(min_length = 1)]
    token: String,
    /// `access_token`, or left out.
    token_type_hint: Option<String>,
    /// The client's identifier, for `client_secret_post`.
    client_id: Option<String>,
    /// The client's secret, for `client_secret_post`.
    client_secret: Option<String>,
}

/// What a token says
///
/// A client learns about its own tokens, and about those for a resource that it serves; of any other it
/// learns only that it is not active (RFC 7662).
#[utoipa::path(
    operation_id = "introspect_token",
    tag = "OAuth",
    security(("client_secret_basic" = []), ()),
    request_body(
        content = TokenForm,
        content_type = "application/x-www-form-urlencoded",
        example = json!({"token": "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl"})
    ),
    responses(
        (status = 200, body = Introspection),
        (status = 400, body = OAuthErrorBody),
        (status = 401, body = OAuthErrorBody),
        (status = 429, body = OAuthErrorBody),
        (status = 503, body = OAuthErrorBody),
    )
)]
#[post("/introspect")]
pub async fn post(request: HttpRequest, app: web::Data<Arc<App>>, form: Form) -> HttpResponse {
    let endpoint = Endpoint::new(&app, &request, "token.introspect");
    endpoint.answer(form, look_into).await
}

async fn look_into(exchange: &Exchange) -> Result<HttpResponse, OAuthError> {
    let token = token_of(&exchange.parameters)?;
    let introspection = introspect(&exchange.app.tokens, exchange.client(), token).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(introspection))
}

/// The token that a form names. A hint is only a hint: there is one type of token.
pub fn token_of(parameters: &Parameters) -> Result<&str, OAuthError> {
    parameters.refuse_repeated(&[])?;
    parameters.required("token")
}
