//! `POST /introspect` (RFC 7662).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Exchange;
use super::form::{Form, Read};
use crate::app::App;
use crate::http::context::RequestContext;
use crate::http::error::OAuthErrorBody;
use crate::oauth::{Introspection, OAuthError, introspect};

/// A token to be looked into, or to be given up.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form; it is read by `oauth::Parameters`"
)]
pub struct TokenForm {
    /// The token.
    token: String,
    /// `access_token`, or left out.
    token_type_hint: Option<String>,
    /// The client's identifier, for `client_secret_post`.
    client_id: Option<String>,
    /// The client's secret, for `client_secret_post`.
    client_secret: Option<String>,
}

/// What a token says: the caller's own, or one for a resource that the caller serves
#[utoipa::path(
    tag = "oauth",
    security(("client_secret_basic" = []), ()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
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
    let exchange = Exchange {
        app: Arc::clone(&app),
        context: RequestContext::of(&request),
        event: "token.introspect",
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
    let looked_into = async {
        let token = token_of(&request)?;
        Ok::<_, OAuthError>(introspect(&app.tokens, &caller.registered.client, token).await?)
    };
    match looked_into.await {
        Ok(introspection) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(introspection),
        Err(error) => exchange.refuse(error, "", Some(&caller)).await,
    }
}

/// The token that a form names. A hint is only a hint: there is one type of token.
pub fn token_of(request: &Read) -> Result<&str, OAuthError> {
    request.parameters.refuse_repeated(&[])?;
    request.parameters.required("token")
}
