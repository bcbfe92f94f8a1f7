//! `/admin/clients/new`: registers a client in one form.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::fields::{Fields, registration};
use super::scopes::{Group, groups};
use super::secret::leave;
use crate::app::App;
use crate::clients::{ClientError, Registration};
use crate::http::admin::api::WriteClients;
use crate::http::admin::api::clients::asked_for;
use crate::http::admin::gui::form::Mistakes;
use crate::http::admin::gui::gate::{Submitted, Visitor, see_other};
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;

#[derive(Template)]
#[template(path = "admin/clients/create.html")]
struct Page {
    shell: Shell,
    fields: Fields,
    groups: Vec<Group>,
    mistakes: Mistakes,
    is_new: bool,
}

/// The empty form.
pub async fn get(
    visitor: Visitor<WriteClients>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    draw(
        StatusCode::OK,
        visitor,
        &app,
        Fields::default(),
        Mistakes::default(),
    )
}

/// Registers the client, and leads to where its secret is shown this once.
pub async fn post(
    submitted: Submitted<WriteClients>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let registered = match registration(&form) {
        Ok(registration) => register(&visitor, &app, registration).await,
        Err(mistake) => Err(ClientError::Invalid(vec![mistake]).into()),
    };
    let mistakes = match registered {
        Ok(path) => return Ok(see_other(&path)),
        Err(problem) => Mistakes::in_fields(problem)?,
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    draw(status, visitor, &app, Fields::from(&form), mistakes)
}

async fn register(
    visitor: &Visitor<WriteClients>,
    app: &App,
    registration: Registration,
) -> Result<String, Problem> {
    let wanted = asked_for(registration.scope.as_deref());
    visitor.admitted.must_cover(&wanted).await?;
    let (registered, secret) = app.clients.register(visitor.cause(), registration).await?;
    leave(visitor, app, &registered.client.client_id, &secret).await
}

fn draw(
    status: StatusCode,
    visitor: Visitor<WriteClients>,
    app: &App,
    fields: Fields,
    mistakes: Mistakes,
) -> Result<HttpResponse, Problem> {
    let drawn = Page {
        groups: groups(&app.catalogue, visitor.admitted.powers(), &fields.scopes),
        shell: visitor.shell,
        fields,
        mistakes,
        is_new: true,
    };
    page(status, &drawn)
}
