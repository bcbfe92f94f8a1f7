//! `GET /`: where things are, for whoever has only the server's name.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, VARY};
use actix_web::{HttpRequest, HttpResponse, get};
use askama::Template;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::accept::Accept;
use super::error::Problem;

/// The route.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_index);
}

/// The page asks for a style sheet and an icon of this server.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// One place on this server.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = IndexLink)]
struct Link {
    /// Its address on this server.
    #[schema(example = "/openapi.json")]
    href: &'static str,
    /// What is there.
    #[schema(example = "The API in OpenAPI 3.1")]
    title: &'static str,
}

/// Where things are.
#[derive(Serialize, ToSchema)]
struct Index {
    /// What serves this.
    #[schema(example = "Ambit")]
    name: &'static str,
    /// Its version.
    #[schema(example = "1.0.0")]
    version: &'static str,
    /// Places to go on from, none of which asks for credentials, unless it says so.
    links: [Link; 9],
}

const INDEX: Index = Index {
    name: "Ambit",
    version: env!("CARGO_PKG_VERSION"),
    links: [
        link("/docs", "A page to browse the API and to try it"),
        link("/openapi.json", "The API in OpenAPI 3.1"),
        link(
            "/admin/sign_in",
            "Pages for administrators, who sign in there",
        ),
        link(
            "/.well-known/oauth-authorization-server",
            "How to get an access token: metadata of the authorization server (RFC 8414)",
        ),
        link(
            "/.well-known/oauth-protected-resource/actions",
            "Actions by REST: metadata of the resource (RFC 9728)",
        ),
        link(
            "/.well-known/oauth-protected-resource/mcp",
            "Actions by the Model Context Protocol, at /mcp: metadata of the resource (RFC 9728)",
        ),
        link("/jwks", "The keys that verify access tokens"),
        link("/healthz", "Whether the process is alive"),
        link("/readyz", "Whether requests can be served"),
    ],
};

const fn link(href: &'static str, title: &'static str) -> Link {
    Link { href, title }
}

#[derive(Template)]
#[template(path = "index.html")]
struct Page {
    index: Index,
}

/// Where things are
///
/// The addresses to go on from: documents, metadata, health. A page for clients that take HTML more
/// gladly than JSON, as browsers do.
#[utoipa::path(
    tag = "Documentation",
    responses((status = 200, description = "The addresses.", content(
        (Index = "application/json"),
        (String = "text/html"),
    )))
)]
#[get("/")]
async fn get_index(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let accept = Accept::of(request.headers());
    let mut response = HttpResponse::Ok();
    response.insert_header((VARY, "Accept"));
    if accept.weight("text/html") <= accept.weight("application/json") {
        return Ok(response.json(INDEX));
    }
    let html = Page { index: INDEX }
        .render()
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(response
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .content_type("text/html; charset=utf-8")
        .body(html))
}
