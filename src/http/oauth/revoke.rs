//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, post, web};

use super::caller::Exchange;
use super::form::{Form, Read};
use super::introspect::{TokenForm, token_of};
use crate::app::App;
use crate::clients::Authenticated;
use crate::http::context::RequestContext;
use crate::http::error::OAuthErrorBody;
use crate::oauth::OAuthError;
use crate::oauth::token::TokenError;

/// Gives up a token of the caller's own. A token that is not valid, or not the caller's, is answered
/// alike (RFC 7009 section 2.2)
#[utoipa::path(
    tag = "oauth",
    security(("client_secret_basic" = []), ()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token is void, or was no valid token of this client."),
        (status = 400, body = OAuthErrorBody),
        (status = 401, body = OAuthErrorBody),
        (status = 429, body = OAuthErrorBody),
        (status = 503, body = OAuthErrorBody),
    )
)]
#[post("/revoke")]
pub async fn post(request: HttpRequest, app: web::Data<Arc<App>>, form: Form) -> HttpResponse {
    let exchange = Exchange {
        app: Arc::clone(&app),
        context: RequestContext::of(&request),
        event: "token.revoke",
    };
    let request = match form.read() {
        Ok(request) => request,
        Err(error) => return exchange.refuse(error, "", None).await,
    };
    let caller = match exchange.authenticate(&request).await {
        Ok(caller) => caller,
        Err(error) => {
            return exchange
                .refuse(error, &request.credentials.client_id, None)
                .await;
        }
    };
    match revoke(&exchange, &caller, &request).await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(error) => exchange.refuse(error, "", Some(&caller)).await,
    }
}

async fn revoke(
    exchange: &Exchange,
    caller: &Authenticated,
    request: &Read,
) -> Result<(), OAuthError> {
    let token = token_of(request)?;
    match exchange.app.tokens.check(token).await {
        Ok(valid) if valid.principal.client_id == caller.registered.client.client_id => {
            let cause = exchange.cause(caller);
            Ok(exchange
                .app
                .revocations
                .revoke(&cause, &valid.principal)
                .await?)
        }
        Ok(_) | Err(TokenError::Invalid(_)) => Ok(()),
        Err(TokenError::Storage(error)) => Err(error.into()),
    }
}
