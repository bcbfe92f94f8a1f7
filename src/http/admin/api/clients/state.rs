//! What ends or interrupts a client's access: disable, enable, revoke all tokens, delete.

use std::sync::Arc;

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, post};

use super::super::refusals::Refusals;
use super::{ClientPath, must_cover_client};
use crate::app::App;
use crate::clients::ClientView;
use crate::http::admin::api::WriteClients;
use crate::http::error::Problem;
use crate::http::extract::Admitted;

/// Shuts a client out at once
///
/// It gets no new tokens, and those that it has are void.
#[utoipa::path(
    operation_id = "disable_client",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    params(ClientPath),
    responses(
        (status = 200, body = ClientView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[post("/admin/api/clients/{client_id}/disable")]
pub async fn post_disable(
    caller: Admitted<WriteClients>,
    path: Path<ClientPath>,
    app: Data<Arc<App>>,
) -> Result<Json<ClientView>, Problem> {
    let client = app
        .clients
        .disable(&caller.cause, &path.client_id()?)
        .await?;
    Ok(Json(ClientView::from(&client)))
}

/// Lets a client in again
///
/// Tokens from before stay void.
#[utoipa::path(
    operation_id = "enable_client",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    params(ClientPath),
    responses(
        (status = 200, body = ClientView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[post("/admin/api/clients/{client_id}/enable")]
pub async fn post_enable(
    caller: Admitted<WriteClients>,
    path: Path<ClientPath>,
    app: Data<Arc<App>>,
) -> Result<Json<ClientView>, Problem> {
    let client_id = path.client_id()?;
    must_cover_client(&caller, &app, &client_id).await?;
    let client = app.clients.enable(&caller.cause, &client_id).await?;
    Ok(Json(ClientView::from(&client)))
}

/// Makes all tokens that the client has void at once
///
/// It can get new ones right away; to prevent that, disable it.
#[utoipa::path(
    operation_id = "revoke_client_tokens",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    params(ClientPath),
    responses(
        (status = 200, body = ClientView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[post("/admin/api/clients/{client_id}/revoke_tokens")]
pub async fn post_revoke_tokens(
    caller: Admitted<WriteClients>,
    path: Path<ClientPath>,
    app: Data<Arc<App>>,
) -> Result<Json<ClientView>, Problem> {
    let client = app
        .clients
        .revoke_tokens(&caller.cause, &path.client_id()?)
        .await?;
    Ok(Json(ClientView::from(&client)))
}

/// Deletes a client and its secrets
///
/// Its tokens are void at once.
#[utoipa::path(
    operation_id = "delete_client",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    params(ClientPath),
    responses(
        (status = 204, description = "The client is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[delete("/admin/api/clients/{client_id}")]
pub async fn delete(
    caller: Admitted<WriteClients>,
    path: Path<ClientPath>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    app.clients
        .delete(&caller.cause, &path.client_id()?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
