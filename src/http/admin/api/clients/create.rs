//! `POST /admin/api/clients`.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, post};

use super::super::refusals::{BodyRefusals, Refusals};
use super::asked_for;
use crate::app::App;
use crate::clients::{ClientView, Registration};
use crate::http::admin::api::WriteClients;
use crate::http::deferred::Deferred;
use crate::http::error::Problem;
use crate::http::extract::Admitted;

/// Registers a client
///
/// The answer has its secret, this once.
#[utoipa::path(
    operation_id = "create_client",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:write"])),
    request_body(
        content = Registration,
        example = json!({
            "client_name": "Release bot",
            "description": "Reads what was released, and reports it.",
            "scope": "releases:read",
            "contacts": ["release-team@example.com"],
        })
    ),
    responses(
        (status = 201, body = ClientView),
        Refusals,
        BodyRefusals,
    )
)]
#[post("/admin/api/clients")]
pub async fn post(
    caller: Admitted<WriteClients>,
    registration: Deferred<Json<Registration>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let registration = registration.read()?.into_inner();
    caller
        .must_cover(&asked_for(registration.scope.as_deref()))
        .await?;
    let (client, secret) = app.clients.register(&caller.cause, registration).await?;
    let view = ClientView::from(&client).with_secret(&secret);
    let location = format!("{}/admin/api/clients/{}", app.issuer, view.client_id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(view))
}
