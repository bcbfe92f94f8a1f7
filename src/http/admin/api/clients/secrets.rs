//! `/admin/api/clients/{client_id}/secrets`: rotation without a pause. Make the second secret, change
//! the client over to it, retire the first.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, delete, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::refusals::{BodyRefusals, Refusals};
use super::{ClientPath, must_cover_client, no_such_client};
use crate::app::App;
use crate::clients::{
    ClientError, ClientView, LONGEST_SECRET_LIFETIME, SecretView, check_secret_lifetime,
};
use crate::http::admin::api::WriteClients;
use crate::http::deferred::{Deferred, OptionalJson};
use crate::http::error::Problem;
use crate::http::extract::Admitted;
use crate::model::ClientId;

/// A secret to be made.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSecretBody {
    /// Seconds until it ends; never, if left out.
    #[schema(minimum = 1, maximum = 3_153_600_000u64)]
    client_secret_lifetime: Option<u64>,
}

/// Makes one more secret
///
/// The answer has its value, this once. A client may hold two for a while, so that it can change over
/// without a pause.
#[utoipa::path(
    operation_id = "create_client_secret",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    params(ClientPath),
    request_body(
        content = Option<NewSecretBody>,
        example = json!({"client_secret_lifetime": 7776000})
    ),
    responses(
        (status = 201, body = SecretView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
        BodyRefusals,
    )
)]
#[post("/admin/api/clients/{client_id}/secrets")]
pub async fn post(
    caller: Admitted<WriteClients>,
    path: Path<ClientPath>,
    body: Deferred<OptionalJson<NewSecretBody>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client_id = path.client_id()?;
    let OptionalJson(body) = body.read()?;
    let lifetime = body.unwrap_or_default().client_secret_lifetime;
    check_secret_lifetime(lifetime).map_err(|error| ClientError::Invalid(vec![error]))?;
    must_cover_client(&caller, &app, &client_id).await?;
    let lifetime = lifetime.map(Duration::from_secs);
    let secret = app
        .clients
        .add_secret(&caller.cause, &client_id, lifetime)
        .await?;
    Ok(HttpResponse::Created().json(SecretView::from(&secret)))
}

/// The secret that a path names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct SecretPath {
    /// The client's identifier.
    client_id: String,
    /// The secret's identifier.
    secret_id: String,
}

/// When a secret is to end.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RetireQuery {
    /// Seconds until it ends; at once, if left out.
    #[param(minimum = 0, maximum = 3_153_600_000u64, default = 0)]
    after: Option<u64>,
}

/// Retires a secret, at once or after a time
///
/// The only one that still works stays.
#[utoipa::path(
    operation_id = "retire_client_secret",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    params(SecretPath, RetireQuery),
    responses(
        (status = 200, body = ClientView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[delete("/admin/api/clients/{client_id}/secrets/{secret_id}")]
pub async fn delete(
    caller: Admitted<WriteClients>,
    path: Path<SecretPath>,
    query: Deferred<Query<RetireQuery>>,
    app: Data<Arc<App>>,
) -> Result<Json<ClientView>, Problem> {
    let client_id = ClientId::parse(&path.client_id).map_err(|_| no_such_client())?;
    // A secret's identifier has the form of a client's.
    let secret_id = ClientId::parse(&path.secret_id).map_err(|_| no_such_client())?;
    let after = query.read()?.after.unwrap_or(0);
    if after > LONGEST_SECRET_LIFETIME {
        let detail = format!("after is at most {LONGEST_SECRET_LIFETIME} seconds.");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let after = Duration::from_secs(after);
    let client = app
        .clients
        .retire_secret(&caller.cause, &client_id, secret_id.as_str(), after)
        .await?;
    Ok(Json(ClientView::from(&client)))
}
