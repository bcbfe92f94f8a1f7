//! `/admin/api/administrators`: who runs this server.

use std::sync::Arc;

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::refusals::{BodyRefusals, Refusals};
use super::{ReadAdministrators, WriteAdministrators};
use crate::administrators::second_factors::Factor;
use crate::app::App;
use crate::http::deferred::Deferred;
use crate::http::error::Problem;
use crate::http::extract::Admitted;
use crate::model::{Administrator, Role};

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(remove);
    config.service(set_password).service(set_role);
    config.service(reset_second_factors);
}

/// An administrator, without the password.
#[derive(Serialize, ToSchema)]
struct AdministratorView {
    /// The name to sign in with.
    #[schema(example = "admin")]
    username: String,
    /// Whose administrator it is.
    #[schema(example = "default")]
    tenant_id: String,
    /// When the account was made, in seconds since the epoch.
    created_at: i64,
    /// When the password was last set, in seconds since the epoch.
    updated_at: i64,
    /// What it may do.
    #[schema(example = "owner")]
    role: Role,
    /// Which second factors it signs in with, besides the password. With one, HTTP Basic is refused.
    #[schema(example = json!(["totp", "passkey"]))]
    second_factors: Vec<SecondFactor>,
}

/// Something that an administrator proves itself by besides the password.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SecondFactor {
    /// An authenticator app.
    Totp,
    /// At least one passkey.
    Passkey,
}

impl AdministratorView {
    fn new(administrator: &Administrator, factors: &[Factor]) -> Self {
        let named = factors.iter().filter_map(|factor| match factor {
            Factor::Totp => Some(SecondFactor::Totp),
            Factor::Passkey => Some(SecondFactor::Passkey),
            Factor::RecoveryCode => None,
        });
        Self {
            second_factors: named.collect(),
            username: administrator.username.clone(),
            tenant_id: administrator.tenant_id.as_str().to_owned(),
            created_at: administrator.created_at.seconds(),
            updated_at: administrator.updated_at.seconds(),
            role: administrator.role,
        }
    }
}

/// Administrators.
#[derive(Serialize, ToSchema)]
struct AdministratorList {
    /// By name.
    administrators: Vec<AdministratorView>,
}

/// Every administrator
///
/// By name, without the passwords.
#[utoipa::path(
    operation_id = "list_administrators",
    tag = "Administrators",
    security(("administrator" = []), ("client_credentials" = ["ambit:administrators:read"])),
    responses(
        (status = 200, body = AdministratorList),
        Refusals,
    )
)]
#[get("/admin/api/administrators")]
async fn list(
    _: Admitted<ReadAdministrators>,
    app: Data<Arc<App>>,
) -> Result<Json<AdministratorList>, Problem> {
    let all = app.administrators.list().await?;
    let factors = app.second_factors.of_all().await?;
    let shown = all.iter().map(|one| {
        let own = factors.get(&one.username).map_or(&[][..], Vec::as_slice);
        AdministratorView::new(one, own)
    });
    Ok(Json(AdministratorList {
        administrators: shown.collect(),
    }))
}

/// An administrator to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAdministrator {
    /// The name to sign in with.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9.@_-]+$")]
    username: String,
    /// The password.
    #[schema(
        value_type = String,
        format = Password,
        min_length = 12,
        max_length = 256,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    password: SecretString,
    /// What it may do; `auditor`, which is least, if left out.
    #[serde(default = "auditor")]
    #[schema(required = false, default = "auditor")]
    role: Role,
}

fn auditor() -> Role {
    Role::Auditor
}

/// Makes an administrator's account
///
/// Whoever knows the password may then do here what the role permits.
#[utoipa::path(
    operation_id = "create_administrator",
    tag = "Administrators",
    security(("administrator" = []), ("client_credentials" = ["ambit:administrators:write"])),
    request_body(
        content = NewAdministrator,
        example = json!({"username": "second-admin", "password": "a long sentence of one's own"})
    ),
    responses(
        (status = 201, body = AdministratorView),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
        BodyRefusals,
    )
)]
#[post("/admin/api/administrators")]
async fn create(
    caller: Admitted<WriteAdministrators>,
    body: Deferred<Json<NewAdministrator>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let made = app
        .administrators
        .create(&caller.cause, &body.username, &body.password, body.role)
        .await?;
    Ok(HttpResponse::Created().json(AdministratorView::new(&made, &[])))
}

/// The administrator that a path names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct AdministratorPath {
    /// The name.
    username: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The password.
    #[schema(
        value_type = String,
        format = Password,
        min_length = 12,
        max_length = 256,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    password: SecretString,
}

/// Sets a new password
///
/// The old one works no more, and sessions that began with it have ended.
#[utoipa::path(
    operation_id = "set_administrator_password",
    tag = "Administrators",
    security(("administrator" = []), ("client_credentials" = ["ambit:administrators:write"])),
    params(AdministratorPath),
    request_body(
        content = NewPassword,
        example = json!({"password": "another sentence of one's own"})
    ),
    responses(
        (status = 204, description = "The password is set."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        Refusals,
        BodyRefusals,
    )
)]
#[put("/admin/api/administrators/{username}/password")]
async fn set_password(
    caller: Admitted<WriteAdministrators>,
    path: Path<AdministratorPath>,
    body: Deferred<Json<NewPassword>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    app.administrators
        .reset_password(&caller.cause, &path.username, &body.password)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    /// What the administrator may do from now on.
    role: Role,
}

/// Gives an administrator another role
///
/// Its sessions have ended. The last owner stays one.
#[utoipa::path(
    operation_id = "set_administrator_role",
    tag = "Administrators",
    security(("administrator" = []), ("client_credentials" = ["ambit:administrators:write"])),
    params(AdministratorPath),
    request_body(content = NewRole, example = json!({"role": "auditor"})),
    responses(
        (status = 204, description = "The role is set."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
        BodyRefusals,
    )
)]
#[put("/admin/api/administrators/{username}/role")]
async fn set_role(
    caller: Admitted<WriteAdministrators>,
    path: Path<AdministratorPath>,
    body: Deferred<Json<NewRole>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    app.administrators
        .set_role(&caller.cause, &path.username, body.role)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Removes an administrator's second factors
///
/// For somebody who has lost them: authenticator app, passkeys and recovery codes go, and the sessions
/// have ended. The password is enough then, until a factor is added.
#[utoipa::path(
    operation_id = "reset_administrator_second_factors",
    tag = "Administrators",
    security(("administrator" = []), ("client_credentials" = ["ambit:administrators:write"])),
    params(AdministratorPath),
    responses(
        (status = 204, description = "There is no second factor any more."),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/admin/api/administrators/{username}/second_factors")]
async fn reset_second_factors(
    caller: Admitted<WriteAdministrators>,
    path: Path<AdministratorPath>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    app.second_factors
        .reset(&caller.cause, &path.username)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Removes an administrator
///
/// Its password works no more, and its sessions have ended. The last owner stays.
#[utoipa::path(
    operation_id = "remove_administrator",
    tag = "Administrators",
    security(("administrator" = []), ("client_credentials" = ["ambit:administrators:write"])),
    params(AdministratorPath),
    responses(
        (status = 204, description = "The administrator is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[delete("/admin/api/administrators/{username}")]
async fn remove(
    caller: Admitted<WriteAdministrators>,
    path: Path<AdministratorPath>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    app.administrators
        .remove(&caller.cause, &path.username)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
