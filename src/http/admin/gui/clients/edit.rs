//! `/admin/clients/{client_id}/edit`: changes a client's settings.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use super::fields::{Fields, patch};
use super::scopes::{Group, groups};
use super::{named, named_client, path_of};
use crate::app::App;
use crate::clients::{ClientError, ClientPatch};
use crate::http::admin::api::WriteClients;
use crate::http::admin::api::clients::{asked_for, must_cover_client};
use crate::http::admin::gui::form::Mistakes;
use crate::http::admin::gui::gate::{Submitted, Visitor};
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;
use crate::model::{Client, ClientId};

#[derive(Template)]
#[template(path = "admin/clients/edit.html")]
struct Page {
    shell: Shell,
    client_id: String,
    client_name: String,
    fields: Fields,
    groups: Vec<Group>,
    mistakes: Mistakes,
    is_new: bool,
}

/// The form, filled in with what holds now.
pub async fn get(
    visitor: Visitor<WriteClients>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client = named_client(&visitor, &app, &path).await?;
    let (fields, mistakes) = (Fields::from(&client), Mistakes::default());
    draw(StatusCode::OK, visitor, &app, &client, fields, mistakes)
}

/// Changes the client.
pub async fn post(
    submitted: Submitted<WriteClients>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let client_id = named(&path)?;
    let changed = match patch(&form) {
        Ok(patch) => change(&visitor, &app, &client_id, patch).await,
        Err(mistake) => Err(ClientError::Invalid(vec![mistake]).into()),
    };
    let mistakes = match changed {
        Ok(()) => {
            return visitor
                .done(&path_of(&client_id), "The settings are saved.")
                .await;
        }
        Err(problem) => Mistakes::in_fields(problem)?,
    };
    let client = named_client(&visitor, &app, &path).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    draw(
        status,
        visitor,
        &app,
        &client,
        Fields::from(&form),
        mistakes,
    )
}

async fn change(
    visitor: &Visitor<WriteClients>,
    app: &App,
    client_id: &ClientId,
    patch: ClientPatch,
) -> Result<(), Problem> {
    must_cover_client(&visitor.admitted, app, client_id).await?;
    let wanted = asked_for(patch.scope.as_deref());
    visitor.admitted.must_cover(&wanted).await?;
    app.clients
        .update(visitor.cause(), client_id, patch)
        .await?;
    Ok(())
}

fn draw(
    status: StatusCode,
    visitor: Visitor<WriteClients>,
    app: &App,
    client: &Client,
    fields: Fields,
    mistakes: Mistakes,
) -> Result<HttpResponse, Problem> {
    let drawn = Page {
        groups: groups(&app.catalogue, visitor.admitted.powers(), &fields.scopes),
        shell: visitor.shell,
        client_id: client.client_id.as_str().to_owned(),
        client_name: client.client_name.clone(),
        fields,
        mistakes,
        is_new: false,
    };
    page(status, &drawn)
}
