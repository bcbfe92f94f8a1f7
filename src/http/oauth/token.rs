//! `POST /token` (RFC 6749 section 3.2).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::exchange::{Endpoint, Exchange};
use super::form::Form;
use crate::app::App;
use crate::audit::{Decision, Entry};
use crate::http::error::OAuthErrorBody;
use crate::oauth::OAuthError;
use crate::oauth::grants::{self, GRANTS, GrantRequest};
use crate::oauth::token::Issued;

/// A token request. Client credentials may stand here or in the `Authorization` header.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form; it is read by `oauth::Parameters`"
)]
struct TokenRequest {
    /// The grant type.
    #[schema(schema_with = grant_types)]
    grant_type: String,
    /// Less than all that the client may have, separated by spaces.
    #[schema(example = "protected", pattern = r"^([!#-\[\]-~]+( [!#-\[\]-~]+)*)?$")]
    scope: Option<String>,
    /// Where the token is to be used (RFC 8707); may be repeated.
    resource: Option<String>,
    /// The client's identifier, for `client_secret_post`.
    client_id: Option<String>,
    /// The client's secret, for `client_secret_post`.
    client_secret: Option<String>,
}

fn grant_types() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The grant type."))
        .enum_values(Some(GRANTS.iter().map(|grant| grant.grant_type())))
        .into()
}

/// A token (RFC 6749 section 5.1).
#[derive(Serialize, ToSchema)]
struct TokenResponse<'a> {
    /// The token, a JWT (RFC 9068).
    access_token: &'a str,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until it ends.
    #[schema(example = 3600)]
    expires_in: i64,
    /// What it covers, separated by spaces; left out if that is nothing.
    #[schema(example = "protected")]
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
}

/// A token for a client that proves who it is
///
/// The token covers `scope`, or all that the client may have where that is left out. It is for
/// `resource`, or for this server where that is left out (RFC 6749 section 4.4, RFC 8707).
#[utoipa::path(
    operation_id = "issue_token",
    tag = "OAuth",
    security(("client_secret_basic" = []), ()),
    request_body(
        content = TokenRequest,
        content_type = "application/x-www-form-urlencoded",
        example = json!({"grant_type": "client_credentials", "scope": "protected"})
    ),
    responses(
        (status = 200, body = TokenResponse),
        (status = 400, body = OAuthErrorBody),
        (status = 401, body = OAuthErrorBody),
        (status = 429, body = OAuthErrorBody),
        (status = 503, body = OAuthErrorBody),
    )
)]
#[post("/token")]
pub async fn post(request: HttpRequest, app: web::Data<Arc<App>>, form: Form) -> HttpResponse {
    let endpoint = Endpoint::new(&app, &request, "token.issue");
    let endpoint = endpoint.counting(&app.metrics.tokens_refused);
    endpoint.answer(form, issue).await
}

/// The steps of RFC 6749 section 4 that are the same for every grant.
async fn issue(exchange: &Exchange) -> Result<HttpResponse, OAuthError> {
    let app = &exchange.app;
    let parameters = &exchange.parameters;
    parameters.refuse_repeated(&["resource"])?;
    let client = app.catalogue.with_known_scopes(exchange.client());
    let grant = grants::find(parameters.required("grant_type")?, &client)?;
    let declared = parameters.only(grant.parameters());
    let approval = grant.approve(GrantRequest {
        parameters: &declared,
        client: &client,
    })?;
    let served = app.clients.served_resources().await?;
    let audience = app.resources.audience(parameters, &client, &served)?;
    let issued = app.tokens.issue(&client, &approval, &audience).await?;
    let entry = Entry::new("token.issue", Decision::Allowed, exchange.cause())
        .client(&client.client_id)
        .subject(&approval.subject)
        .detail("grant_type", grant.grant_type())
        .fact("scope", issued.claims.scope.clone())
        .fact("audience", issued.claims.aud.to_string())
        .detail("secret_id", exchange.secret_id())
        .detail("token_id", &issued.claims.jti);
    app.journal.record(entry).await?;
    let labels = [grant.grant_type()];
    app.metrics.tokens_issued.with_label_values(&labels).inc();
    Ok(answer(&issued))
}

fn answer(issued: &Issued) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(TokenResponse {
            access_token: &issued.access_token,
            token_type: "Bearer",
            expires_in: issued.expires_in,
            scope: &issued.claims.scope,
        })
}
