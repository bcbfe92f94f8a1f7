//! Four endpoints to test authorization against: open to all, to a scope, and to a sensitive scope.

use actix_web::web::Json;
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::deferred::Deferred;
use super::error::Problem;
use super::extract::{Requirement, Scoped};
use crate::scopes::{ScopeDefinition, Sensitivity};

/// The scopes of this router.
pub const SCOPES: &[ScopeDefinition] = &[
    ScopeDefinition {
        name: "protected",
        description: "Call the protected endpoints for testing authorization.",
        sensitivity: Sensitivity::Normal,
    },
    ScopeDefinition {
        name: "highly_sensitive",
        description: "Call every endpoint for testing authorization, the confidential one included.",
        sensitivity: Sensitivity::Sensitive,
    },
];

struct Protected;

impl Requirement for Protected {
    const ANY_OF: &'static [&'static str] = &["protected", "highly_sensitive"];
}

struct HighlySensitive;

impl Requirement for HighlySensitive {
    const ANY_OF: &'static [&'static str] = &["highly_sensitive"];
}

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_public)
        .service(get_protected)
        .service(post_protected)
        .service(get_highly_confidential);
}

/// A greeting.
#[derive(Serialize, ToSchema)]
struct Greeting {
    /// Says who may read this.
    #[schema(example = "Anyone may read this.")]
    message: &'static str,
    /// Who read it: the token's `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// What the token covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl Greeting {
    fn to<R>(message: &'static str, caller: Scoped<R>) -> HttpResponse {
        HttpResponse::Ok().json(Self {
            message,
            subject: Some(caller.principal.subject.clone()),
            scope: Some(caller.principal.scope.to_string()),
        })
    }
}

/// Anyone
///
/// Asks for no token, to see that the server can be reached.
#[utoipa::path(tag = "Auth testing", responses((status = 200, body = Greeting)))]
#[get("/public")]
async fn get_public() -> HttpResponse {
    let message = "Anyone may read this.";
    HttpResponse::Ok().json(Greeting {
        message,
        subject: None,
        scope: None,
    })
}

/// Any agent with the scope `protected` or `highly_sensitive`
///
/// Answers who calls, and what the token covers.
#[utoipa::path(
    tag = "Auth testing",
    security(("client_credentials" = ["protected"]), ("client_credentials" = ["highly_sensitive"])),
    responses(
        (status = 200, body = Greeting),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/protected")]
async fn get_protected(caller: Scoped<Protected>) -> HttpResponse {
    Greeting::to("Agents with the scope 'protected' may read this.", caller)
}

/// Three lines.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Lines {
    /// The first line.
    #[schema(example = "an old silent pond", max_length = 200)]
    line1: String,
    /// The second line.
    #[schema(example = "a frog jumps into the pond", max_length = 200)]
    line2: String,
    /// The third line.
    #[schema(example = "splash, silence again", max_length = 200)]
    line3: String,
}

/// A poem.
#[derive(Serialize, ToSchema)]
struct Poem {
    /// The three lines, one below the other.
    #[schema(example = "an old silent pond\na frog jumps into the pond\nsplash, silence again")]
    haiku: String,
}

/// Joins three lines, for any agent with the scope `protected` or `highly_sensitive`
///
/// For trying a request with a body.
#[utoipa::path(
    tag = "Auth testing",
    security(("client_credentials" = ["protected"]), ("client_credentials" = ["highly_sensitive"])),
    request_body(
        content = Lines,
        example = json!({
            "line1": "an old silent pond",
            "line2": "a frog jumps into the pond",
            "line3": "splash, silence again",
        })
    ),
    responses(
        (status = 200, body = Poem),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/protected_post")]
async fn post_protected(
    _: Scoped<Protected>,
    lines: Deferred<Json<Lines>>,
) -> Result<Json<Poem>, Problem> {
    let lines = lines.read()?.into_inner();
    let lines = [lines.line1, lines.line2, lines.line3];
    if lines.iter().any(|line| line.chars().count() > 200) {
        let status = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Err(Problem::new(status, "A line has at most 200 characters."));
    }
    Ok(Json(Poem {
        haiku: lines.join("\n"),
    }))
}

/// Any agent with the scope `highly_sensitive`
///
/// Answers as `/protected` does; a token that covers `protected` alone is refused.
#[utoipa::path(
    tag = "Auth testing",
    security(("client_credentials" = ["highly_sensitive"])),
    responses(
        (status = 200, body = Greeting),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/highly_confidential")]
async fn get_highly_confidential(caller: Scoped<HighlySensitive>) -> HttpResponse {
    Greeting::to(
        "Agents with the scope 'highly_sensitive' may read this.",
        caller,
    )
}
