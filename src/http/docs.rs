//! `/docs`: the OpenAPI document to browse, with a form to get a token and one to try each operation.
//! Everything comes from this server, and the page's policy lets nothing else in.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpResponse, get, web};
use askama::Template;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::Config;

use super::error::Problem;

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_docs).service(get_docs_asset);
}

/// Other addresses of the page, which the document leaves out.
pub fn configure_aliases(config: &mut web::ServiceConfig) {
    config.service(web::redirect("/docs/", "/docs").permanent());
}

/// Swagger UI draws some of its icons from `data:` addresses, and fetches the document and whatever is
/// tried from this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    version: &'static str,
}

/// Files of Ambit's own beside those of Swagger UI: name, type, content.
const OWN: [(&str, &str, &str); 2] = [
    (
        "docs.css",
        "text/css; charset=utf-8",
        include_str!("../../templates/docs/docs.css"),
    ),
    (
        "docs.js",
        "text/javascript; charset=utf-8",
        include_str!("../../templates/docs/docs.js"),
    ),
];

/// The files of Swagger UI that the page asks for.
const SWAGGER_UI: [&str; 4] = [
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "favicon-32x32.png",
    "favicon-16x16.png",
];

/// A page to browse this document and to try its operations
///
/// It gets a token with a client's credentials. All of its files come from this server.
#[utoipa::path(
    tag = "Documentation",
    responses((status = 200, body = String, content_type = "text/html"))
)]
#[get("/docs")]
async fn get_docs() -> Result<HttpResponse, Problem> {
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
    };
    let html = page
        .render()
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .content_type("text/html; charset=utf-8")
        .body(html))
}

/// A file of that page
///
/// A style sheet, a script or an icon.
#[utoipa::path(
    tag = "Documentation",
    params(("file" = String, Path, description = "The file's name.", example = "docs.css")),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "text/css"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/docs/{file}")]
async fn get_docs_asset(file: web::Path<String>) -> Result<HttpResponse, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "There is no such file.");
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "public, max-age=3600"));
    if let Some((_, kind, content)) = OWN.iter().find(|(name, ..)| *name == file.as_str()) {
        return Ok(response.content_type(*kind).body(*content));
    }
    let known = SWAGGER_UI.contains(&file.as_str());
    let asset = utoipa_swagger_ui::serve(&file, Arc::new(Config::from("/openapi.json")));
    let asset = asset.map_err(|error| Problem::unavailable(&error))?;
    let asset = asset.filter(|_| known).ok_or_else(missing)?;
    Ok(response
        .content_type(asset.content_type)
        .body(asset.bytes.into_owned()))
}
