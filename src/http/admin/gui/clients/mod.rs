//! `/admin/clients`: register a client for an agent, see what it does, stop it.

mod activity;
mod create;
mod edit;
mod fields;
mod list;
mod scopes;
mod secret;
mod show;
mod state;

use actix_web::http::StatusCode;
use actix_web::web::{self, Path, ServiceConfig};

use super::gate::Visitor;
use crate::app::App;
use crate::http::error::Problem;
use crate::model::{Client, ClientId};

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/clients{path}"));
    config
        .service(at("").route(web::get().to(list::get)))
        .service(
            at("/new")
                .route(web::get().to(create::get))
                .route(web::post().to(create::post)),
        )
        .service(at("/{client_id}").route(web::get().to(show::get)))
        .service(
            at("/{client_id}/edit")
                .route(web::get().to(edit::get))
                .route(web::post().to(edit::post)),
        )
        .service(at("/{client_id}/secret").route(web::get().to(secret::get)))
        .service(at("/{client_id}/secrets/add").route(web::post().to(secret::add)))
        .service(at("/{client_id}/secrets/retire").route(web::post().to(secret::retire)))
        .service(at("/{client_id}/disable").route(web::post().to(state::disable)))
        .service(at("/{client_id}/enable").route(web::post().to(state::enable)))
        .service(at("/{client_id}/revoke_tokens").route(web::post().to(state::revoke_tokens)))
        .service(at("/{client_id}/delete").route(web::post().to(state::delete)));
}

/// The page of one client.
fn path_of(client_id: &ClientId) -> String {
    format!("/admin/clients/{client_id}")
}

/// The client that an address names.
fn named(path: &Path<String>) -> Result<ClientId, Problem> {
    let detail = "There is no such client.";
    ClientId::parse(path).map_err(|_| Problem::new(StatusCode::NOT_FOUND, detail))
}

/// The same, as it is now.
async fn named_client<R>(
    visitor: &Visitor<R>,
    app: &App,
    path: &Path<String>,
) -> Result<Client, Problem> {
    let tenant_id = &visitor.cause().tenant_id;
    Ok(app.clients.show(tenant_id, &named(path)?).await?.client)
}
