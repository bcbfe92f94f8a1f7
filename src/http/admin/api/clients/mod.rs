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

use super::WriteClients;
use crate::app::App;
use crate::http::error::Problem;
use crate::http::extract::Admitted;
use crate::model::{ClientId, ScopeSet};

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

/// The scope that a body asks for. What is malformed asks for nothing; registration will refuse it.
pub fn asked_for(scope: Option<&str>) -> ScopeSet {
    scope
        .and_then(|text| ScopeSet::parse(text).ok())
        .unwrap_or_default()
}

/// A caller that gives a client a secret, changes it, or lets it in, could act as that client: it must
/// have whatever power over this server the client has.
pub async fn must_cover_client(
    caller: &Admitted<WriteClients>,
    app: &App,
    client_id: &ClientId,
) -> Result<(), Problem> {
    let registered = app.clients.show(&caller.cause.tenant_id, client_id).await?;
    caller.must_cover(&registered.client.scope).await
}
