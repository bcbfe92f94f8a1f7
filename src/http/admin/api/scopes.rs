//! `/admin/api/scopes`: the catalogue of scopes.

use std::sync::Arc;

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::refusals::{BodyRefusals, Refusals};
use super::{ReadScopes, WriteScopes};
use crate::app::App;
use crate::http::deferred::Deferred;
use crate::http::error::Problem;
use crate::http::extract::Admitted;
use crate::scopes::{CatalogueEntry, Sensitivity};

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(add).service(remove);
}

/// The catalogue.
#[derive(Serialize, ToSchema)]
struct ScopeList {
    /// Every scope, built-in ones first.
    scopes: Vec<CatalogueEntry>,
}

/// Every scope that a client may be registered for
///
/// Those of this server, and those that were added for other resources.
#[utoipa::path(
    operation_id = "list_scopes",
    tag = "Scopes",
    security(("administrator" = []), ("client_credentials" = ["ambit:scopes:read"])),
    responses(
        (status = 200, body = ScopeList),
        Refusals,
    )
)]
#[get("/admin/api/scopes")]
async fn list(_: Admitted<ReadScopes>, app: Data<Arc<App>>) -> Json<ScopeList> {
    Json(ScopeList {
        scopes: app.catalogue.all(),
    })
}

/// A scope to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewScope {
    /// The scope token.
    #[schema(
        example = "inventory:read",
        min_length = 1,
        max_length = 128,
        pattern = r"^(?!ambit:)[!#-\[\]-~]+$"
    )]
    name: String,
    /// What it lets a client do.
    #[schema(max_length = 500, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    description: String,
    /// How much harm it can do.
    sensitivity: Sensitivity,
}

/// Adds a scope
///
/// For a resource that Ambit issues tokens for but does not serve itself.
#[utoipa::path(
    operation_id = "add_scope",
    tag = "Scopes",
    security(("administrator" = []), ("client_credentials" = ["ambit:scopes:write"])),
    request_body(
        content = NewScope,
        example = json!({
            "name": "inventory:read",
            "description": "Read what is in stock.",
            "sensitivity": "normal",
        })
    ),
    responses(
        (status = 201, body = CatalogueEntry),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
        BodyRefusals,
    )
)]
#[post("/admin/api/scopes")]
async fn add(
    caller: Admitted<WriteScopes>,
    scope: Deferred<Json<NewScope>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let NewScope {
        name,
        description,
        sensitivity,
    } = scope.read()?.into_inner();
    let added = app
        .catalogue
        .add(&caller.cause, &name, &description, sensitivity)
        .await?;
    Ok(HttpResponse::Created().json(added))
}

/// The scope that a path names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ScopePath {
    /// The scope token.
    name: String,
}

/// Removes a scope that was added
///
/// No token is issued for it any more.
#[utoipa::path(
    operation_id = "remove_scope",
    tag = "Scopes",
    security(("administrator" = []), ("client_credentials" = ["ambit:scopes:write"])),
    params(ScopePath),
    responses(
        (status = 204, description = "The scope is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[delete("/admin/api/scopes/{name}")]
async fn remove(
    caller: Admitted<WriteScopes>,
    path: Path<ScopePath>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    app.catalogue.remove(&caller.cause, &path.name).await?;
    Ok(HttpResponse::NoContent().finish())
}
