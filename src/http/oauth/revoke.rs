//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, post, web};

use super::exchange::{Endpoint, Exchange};
use super::form::Form;
use super::introspect::{TokenForm, token_of};
use crate::app::App;
use crate::http::error::OAuthErrorBody;
use crate::oauth::OAuthError;
use crate::oauth::token::TokenError;

/// Gives up a token of the caller's own
///
/// A token that is not valid is answered as if it had been revoked (RFC 7009 section 2.2); one that was
/// issued to another client is refused (section 2.1).
#[utoipa::path(
    operation_id = "revoke_token",
    tag = "OAuth",
    security(("client_secret_basic" = []), ()),
    request_body(
        content = TokenForm,
        content_type = "application/x-www-form-urlencoded",
        example = json!({"token": "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl"})
    ),
    responses(
        (status = 200, description = "The token is void, or was no valid token to begin with."),
        (status = 400, body = OAuthErrorBody),
        (status = 401, body = OAuthErrorBody),
        (status = 429, body = OAuthErrorBody),
        (status = 503, body = OAuthErrorBody),
    )
)]
#[post("/revoke")]
pub async fn post(request: HttpRequest, app: web::Data<Arc<App>>, form: Form) -> HttpResponse {
    let endpoint = Endpoint::new(&app, &request, "token.revoke");
    endpoint.answer(form, revoke).await
}

async fn revoke(exchange: &Exchange) -> Result<HttpResponse, OAuthError> {
    let app = &exchange.app;
    match app.tokens.check(token_of(&exchange.parameters)?).await {
        Ok(valid) if valid.principal.client_id == exchange.client().client_id => {
            let revocations = &app.revocations;
            revocations
                .revoke(exchange.cause(), &valid.principal)
                .await?;
        }
        Ok(_) => {
            let description = "The token was issued to another client.";
            let reason = "token_of_another_client";
            return Err(OAuthError::invalid_request(reason, description));
        }
        Err(TokenError::Invalid(_) | TokenError::Void(..)) => {}
        Err(TokenError::Storage(error)) => return Err(error.into()),
    }
    Ok(HttpResponse::Ok().finish())
}
