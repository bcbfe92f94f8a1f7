//! The OpenAPI document (3.1), put together from the routes themselves.

use actix_web::http::StatusCode;
use actix_web::{App as ActixApp, HttpResponse, get, web};
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Server,
};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{actions, routes};
use crate::actions::Registry;

/// The route.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_openapi);
}

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
                .description(Some(
                    "OAuth 2.0 authorization server for agents, and what they may do with its tokens.",
                ))
                .license(Some(
                    LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
                ))
                .contact(Some(ContactBuilder::new().name(Some("Ambit")).build()))
                .build(),
        )
        .servers(Some([Server::new("/")]))
        .build();
    let components = document.components.get_or_insert_default();
    let administrator = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("An administrator's user name and password."))
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
    complete(&mut document);
    Ok(document)
}

/// What operations besides the actions are about.
const TAGS: [(&str, &str); 11] = [
    ("oauth", "Tokens: to be issued, looked into and revoked."),
    (
        "metadata",
        "What this server is and can do, for programs that have never met it.",
    ),
    ("auth testing", "Endpoints to test authorization against."),
    (
        "clients",
        "Agents and other clients: registered, changed, locked out.",
    ),
    ("scopes", "The catalogue of scopes."),
    ("keys", "The keys that sign tokens."),
    (
        "administrators",
        "The accounts of those who run this server.",
    ),
    (
        "audit log",
        "What happened, who decided it, and whether the log is whole.",
    ),
    ("mcp", "The actions as tools of the Model Context Protocol."),
    ("monitoring", "Whether the server is well."),
    ("documentation", "This document, and a page to browse it."),
];

/// Says what goes without saying in the code: an operation without credentials is meant for everybody,
/// and a response that needs no description of its own is described by its status.
fn complete(document: &mut OpenApi) {
    let items = document.paths.paths.values_mut();
    let operations = items.flat_map(|item| {
        let methods = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
        ];
        methods.into_iter().chain([&mut item.delete]).flatten()
    });
    for operation in operations {
        operation.security.get_or_insert_default();
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response
                && response.description.is_empty()
                && let Ok(status) = status.parse::<StatusCode>()
                && let Some(reason) = status.canonical_reason()
            {
                response.description = format!("{reason}.");
            }
        }
    }
}

/// This document
#[utoipa::path(tag = "documentation", responses((status = 200, body = Object)))]
#[get("/openapi.json")]
async fn get_openapi(document: web::Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.as_ref())
}
