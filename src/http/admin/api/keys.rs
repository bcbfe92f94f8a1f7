//! `/admin/api/keys`: signing keys.

use std::sync::Arc;

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::refusals::Refusals;
use super::{ReadKeys, WriteKeys};
use crate::app::App;
use crate::http::error::Problem;
use crate::http::extract::Admitted;
use crate::oauth::token::KeyView;

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(rotate).service(withdraw);
}

/// Signing keys.
#[derive(Serialize, ToSchema)]
struct KeyList {
    /// Newest first.
    keys: Vec<KeyView>,
}

/// Signing keys and what each does
///
/// One signs; one may be published to sign next; others only verify what they signed before.
#[utoipa::path(
    operation_id = "list_keys",
    tag = "Keys",
    security(("administrator" = []), ("client_credentials" = ["ambit:keys:read"])),
    responses(
        (status = 200, body = KeyList),
        Refusals,
    )
)]
#[get("/admin/api/keys")]
async fn list(_: Admitted<ReadKeys>, app: Data<Arc<App>>) -> Result<Json<KeyList>, Problem> {
    app.keys.reload().await?;
    Ok(Json(KeyList {
        keys: app.keys.list(),
    }))
}

/// Makes and publishes the next key
///
/// It signs once caches of `/jwks` have had time to learn of it.
#[utoipa::path(
    operation_id = "rotate_keys",
    tag = "Keys",
    security(("administrator" = []), ("client_credentials" = ["ambit:keys:write"])),
    responses(
        (status = 201, body = KeyList),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[post("/admin/api/keys/rotate")]
async fn rotate(caller: Admitted<WriteKeys>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let keys = app.keys.rotate(&caller.cause).await?;
    Ok(HttpResponse::Created().json(KeyList { keys }))
}

/// The key that a path names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct KeyPath {
    /// RFC 7638 thumbprint.
    kid: String,
}

/// Withdraws a key that became known
///
/// Everything that it signed is void at once.
#[utoipa::path(
    operation_id = "withdraw_key",
    tag = "Keys",
    security(("administrator" = []), ("client_credentials" = ["ambit:keys:write"])),
    params(KeyPath),
    responses(
        (status = 204, description = "The key is withdrawn."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[delete("/admin/api/keys/{kid}")]
async fn withdraw(
    caller: Admitted<WriteKeys>,
    path: Path<KeyPath>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    app.keys.withdraw(&caller.cause, &path.kid).await?;
    Ok(HttpResponse::NoContent().finish())
}
