//! The OpenAPI document (3.1), put together from the routes themselves.

mod completion;
mod problems;

use actix_web::{App as ActixApp, HttpResponse, get, web};
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Server,
};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{actions, routes};
use crate::actions::Registry;

/// The route.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_openapi);
}

/// What a developer needs to know before the first request, in Markdown.
const ABOUT: &str = "\
OAuth 2.0 authorization server for agents, and what they may do with its tokens.

**Tokens.** `POST /token` with `grant_type=client_credentials` and the client's identifier and secret \
in HTTP Basic answers an access token, to be sent as `Authorization: Bearer ...`. An administrator \
registers clients at `/admin/api/clients`, or with `ambit client create`.

**Scopes.** Each operation names the scopes that a token needs for it. A token covers what was asked \
for in `scope`, or else all that its client may have. Where it does not cover an operation, the \
answer is 403, and `WWW-Authenticate` names every scope that is needed.

**Errors.** OAuth's endpoints answer them as RFC 6749 says: `error` and `error_description`. All other \
errors are problem details (RFC 9457), `application/problem+json`, with the request's identifier, \
which every answer also bears in `X-Request-Id`. Where fields of the input cannot be accepted, `errors` \
names each of them. An answer with `Retry-After` says when to try again.

**Pages.** Long lists come in pages. Where a page is not the last one, it ends with a cursor, \
which is handed in with the next request, all else being the same.

**Doing it once.** Actions that write take an `Idempotency-Key`. A request that is made again with \
the same key and the same input is not done again, and is answered alike for a day; with another \
input it is refused.";

/// The document, without the routes: who made it, and how callers prove who they are.
pub fn frame() -> OpenApi {
    let scopes = super::scopes();
    let scopes = Scopes::from_iter(scopes.iter().map(|scope| (scope.name, scope.description)));
    let flow = Flow::ClientCredentials(ClientCredentials::new("/token", scopes));
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Ambit")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .license(Some(
                    LicenseBuilder::new()
                        .name("Apache-2.0")
                        .identifier(Some("Apache-2.0"))
                        .build(),
                ))
                .contact(Some(ContactBuilder::new().name(Some("Ambit")).build()))
                .build(),
        )
        .servers(Some([Server::new("/")]))
        .build();
    let components = document.components.get_or_insert_default();
    let administrator = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some(
            "An administrator's user name and password. Refused to those who have a second factor: \
             they call as agents do.",
        ))
        .build();
    let client = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some(
            "client_secret_basic: a client's identifier and secret.",
        ))
        .build();
    components.add_security_scheme(
        "client_credentials",
        SecurityScheme::OAuth2(OAuth2::new([flow])),
    );
    components.add_security_scheme("administrator", SecurityScheme::Http(administrator));
    components.add_security_scheme("client_secret_basic", SecurityScheme::Http(client));
    document
}

/// The whole document.
///
/// # Errors
/// An action that cannot be described.
pub fn document(registry: &Registry) -> Result<OpenApi, serde_json::Error> {
    let (_, mut document) = ActixApp::new()
        .into_utoipa_app()
        .openapi(frame())
        .configure(routes::configure)
        .split_for_parts();
    actions::openapi::describe(&mut document, registry)?;
    document
        .tags
        .get_or_insert_default()
        .extend(TAGS.map(|(name, description)| {
            TagBuilder::new()
                .name(name)
                .description(Some(description))
                .build()
        }));
    completion::complete(&mut document);
    Ok(document)
}

/// What operations besides the actions are about.
const TAGS: [(&str, &str); 11] = [
    ("OAuth", "Tokens: to be issued, looked into and revoked."),
    (
        "Metadata",
        "What this server is and can do, for programs that have never met it.",
    ),
    ("Auth testing", "Endpoints to test authorization against."),
    (
        "Clients",
        "Agents and other clients: registered, changed, locked out.",
    ),
    ("Scopes", "The catalogue of scopes."),
    ("Keys", "The keys that sign tokens."),
    (
        "Administrators",
        "The accounts of those who run this server.",
    ),
    (
        "Audit log",
        "What happened, who decided it, and whether the log is whole.",
    ),
    ("MCP", "The actions as tools of the Model Context Protocol."),
    ("Monitoring", "Whether the server is well."),
    ("Documentation", "This document, and a page to browse it."),
];

/// This document
///
/// Describes everything that this server serves, in OpenAPI 3.1.
#[utoipa::path(tag = "Documentation", responses((status = 200, body = Object)))]
#[get("/openapi.json")]
async fn get_openapi(document: web::Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.as_ref())
}
