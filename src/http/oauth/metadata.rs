//! `/.well-known/...`: what the server (RFC 8414) and its resources (RFC 9728) say of themselves.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;

use crate::app::{App, OWN_RESOURCES};
use crate::oauth::server_metadata::{ResourceMetadata, ServerMetadata};

fn scopes(app: &App) -> Vec<String> {
    app.catalogue
        .all()
        .into_iter()
        .map(|scope| scope.name)
        .collect()
}

fn answer(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .json(body)
}

/// What the authorization server can do
///
/// Its endpoints, and what each of them takes (RFC 8414).
#[utoipa::path(
    operation_id = "get_server_metadata",
    tag = "Metadata",
    responses((status = 200, body = ServerMetadata))
)]
#[get("/.well-known/oauth-authorization-server")]
pub async fn get_server(app: web::Data<Arc<App>>) -> HttpResponse {
    let own = OWN_RESOURCES.iter();
    let own = own.map(|name| format!("{}/{name}", app.issuer));
    let resources = [app.issuer.clone()].into_iter().chain(own).collect();
    answer(&ServerMetadata::new(&app.issuer, scopes(&app), resources))
}

/// The resource that this server's own endpoints are
///
/// Who issues tokens for it, and which scopes it asks for (RFC 9728).
#[utoipa::path(
    operation_id = "get_resource_metadata",
    tag = "Metadata",
    responses((status = 200, body = ResourceMetadata))
)]
#[get("/.well-known/oauth-protected-resource")]
pub async fn get_issuer(app: web::Data<Arc<App>>) -> HttpResponse {
    answer(&ResourceMetadata::new(
        &app.issuer,
        app.issuer.clone(),
        "Ambit",
        scopes(&app),
    ))
}

/// The resource that its MCP endpoint is
///
/// Who issues tokens for it, and which scopes it asks for (RFC 9728).
#[utoipa::path(
    operation_id = "get_mcp_metadata",
    tag = "Metadata",
    responses((status = 200, body = ResourceMetadata))
)]
#[get("/.well-known/oauth-protected-resource/mcp")]
pub async fn get_mcp(app: web::Data<Arc<App>>) -> HttpResponse {
    let resource = format!("{}/mcp", app.issuer);
    answer(&ResourceMetadata::new(
        &app.issuer,
        resource,
        "Ambit over MCP",
        // MCP clients ask for every scope that stands here, and would be refused for those that they may
        // not have. None is needed to begin; without one, a client gets all that it may have.
        Vec::new(),
    ))
}

/// The resource that its action API is
///
/// Who issues tokens for it, and which scopes it asks for (RFC 9728).
#[utoipa::path(
    operation_id = "get_actions_metadata",
    tag = "Metadata",
    responses((status = 200, body = ResourceMetadata))
)]
#[get("/.well-known/oauth-protected-resource/actions")]
pub async fn get_actions(app: web::Data<Arc<App>>) -> HttpResponse {
    let resource = format!("{}/actions", app.issuer);
    answer(&ResourceMetadata::new(
        &app.issuer,
        resource,
        "Ambit's actions",
        scopes(&app),
    ))
}
