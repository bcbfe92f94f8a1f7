//! `PATCH /admin/api/clients/{client_id}`.

use std::sync::Arc;

use actix_web::patch;
use actix_web::web::{Data, Json, Path};

use super::super::refusals::{BodyRefusals, Refusals};
use super::{ClientPath, asked_for, must_cover_client};
use crate::app::App;
use crate::clients::{ClientPatch, ClientView};
use crate::http::admin::api::WriteClients;
use crate::http::deferred::Deferred;
use crate::http::error::Problem;
use crate::http::extract::Admitted;

/// Changes a client
///
/// What the body names is changed and the rest is left. What is null becomes what it is for a client
/// that is registered without it (RFC 7396).
#[utoipa::path(
    operation_id = "update_client",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    params(ClientPath),
    request_body(
        content = ClientPatch,
        example = json!({"description": "Reports releases.", "access_token_lifetime": 600})
    ),
    responses(
        (status = 200, body = ClientView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        Refusals,
        BodyRefusals,
    )
)]
#[patch("/admin/api/clients/{client_id}")]
pub async fn patch(
    caller: Admitted<WriteClients>,
    path: Path<ClientPath>,
    patch: Deferred<Json<ClientPatch>>,
    app: Data<Arc<App>>,
) -> Result<Json<ClientView>, Problem> {
    let client_id = path.client_id()?;
    let patch = patch.read()?.into_inner();
    must_cover_client(&caller, &app, &client_id).await?;
    caller
        .must_cover(&asked_for(patch.scope.as_deref()))
        .await?;
    let client = app.clients.update(&caller.cause, &client_id, patch).await?;
    Ok(Json(ClientView::from(&client)))
}
