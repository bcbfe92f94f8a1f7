//! `/admin/api/clients`: registered clients.

mod create;
mod list;
mod secrets;
mod show;
mod state;
mod update;

use actix_web::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::error::Problem;
use crate::model::ClientId;

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list::get)
        .service(create::post)
        .service(show::get)
        .service(update::patch)
        .service(state::delete)
        .service(state::post_disable)
        .service(state::post_enable)
        .service(state::post_revoke_tokens)
        .service(secrets::post)
        .service(secrets::delete);
}

/// The client that a path names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ClientPath {
    /// The client's identifier.
    #[param(example = "client_2dXyq0cVSYGmR4mCkZzPQA")]
    client_id: String,
}

impl ClientPath {
    /// The identifier; what has not the form of one names no client.
    fn client_id(&self) -> Result<ClientId, Problem> {
        ClientId::parse(&self.client_id).map_err(|_| no_such_client())
    }
}

fn no_such_client() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no such client or secret.")
}
