//! `GET /admin/api/clients/{client_id}`.

use std::sync::Arc;

use actix_web::get;
use actix_web::web::{Data, Json, Path};

use super::super::refusals::Refusals;
use super::ClientPath;
use crate::app::App;
use crate::clients::ClientView;
use crate::http::admin::api::ReadClients;
use crate::http::error::Problem;
use crate::http::extract::Admitted;

/// One client, with its secrets' times
///
/// The values of its secrets are in no answer but the one that made them.
#[utoipa::path(
    operation_id = "get_client",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:read"])),
    params(ClientPath),
    responses(
        (status = 200, body = ClientView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[get("/admin/api/clients/{client_id}")]
pub async fn get(
    caller: Admitted<ReadClients>,
    path: Path<ClientPath>,
    app: Data<Arc<App>>,
) -> Result<Json<ClientView>, Problem> {
    let client = app
        .clients
        .show(&caller.cause.tenant_id, &path.client_id()?)
        .await?;
    Ok(Json(ClientView::from(&client)))
}
