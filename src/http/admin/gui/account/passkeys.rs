//! `/admin/account/passkeys`: passkeys are added and removed. Adding one needs a script: only that can
//! ask a browser for it.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;
use serde_json::json;

use super::{added, confirm, confirm_by_both, removed, unconfirmed};
use crate::administrators::second_factors::FactorError;
use crate::app::App;
use crate::http::admin::gui::gate::{Anybody, Submitted, Visitor};
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::{Problem, sentence};

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/account/passkeys{path}"));
    config
        .service(at("").route(web::post().to(add)))
        .service(at("/new").route(web::get().to(get)))
        .service(at("/options").route(web::post().to(options)))
        .service(at("/remove").route(web::post().to(remove)));
}

#[derive(Template)]
#[template(path = "admin/account/passkey.html")]
struct Page {
    shell: Shell,
    why_no_passkeys: Option<&'static str>,
    name: String,
    mistake: String,
}

async fn get(visitor: Visitor<Anybody>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    draw(StatusCode::OK, visitor, &app, "", String::new())
}

fn draw(
    status: StatusCode,
    visitor: Visitor<Anybody>,
    app: &App,
    name: &str,
    mistake: String,
) -> Result<HttpResponse, Problem> {
    let drawn = Page {
        why_no_passkeys: app.second_factors.why_no_passkeys(),
        name: name.chars().take(40).collect(),
        mistake,
        shell: visitor.shell,
    };
    page(status, &drawn)
}

/// What the browser is to make a passkey for, once the password was given again. A script asks, so the
/// answer is JSON.
async fn options(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let event = "administrator.second_factor.add";
    let refused = |detail: &str| {
        let mistake = json!({"mistake": detail});
        Ok(HttpResponse::UnprocessableEntity().json(mistake))
    };
    if let Err(refusal) = confirm(&visitor, &app, &form, event, "current").await? {
        return refused(&sentence(&refusal.mistake.detail));
    }
    match app.second_factors.begin_passkey(&visitor.session).await {
        Ok(options) => Ok(HttpResponse::Ok().json(options)),
        Err(error @ (FactorError::Storage(_) | FactorError::Key(_))) => Err(error.into()),
        Err(error) => refused(&sentence(&error)),
    }
}

async fn add(submitted: Submitted<Anybody>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let name = form.text("name");
    let (cause, session) = (visitor.cause(), &visitor.session);
    let confirmed = app
        .second_factors
        .confirm_passkey(cause, session, name, form.text("credential"))
        .await;
    match confirmed {
        Ok(codes) => {
            let message = "The passkey is added.";
            added(&visitor, &app, codes, message).await
        }
        Err(error @ (FactorError::Storage(_) | FactorError::Key(_))) => Err(error.into()),
        Err(error) => {
            let (status, mistake) = (StatusCode::UNPROCESSABLE_ENTITY, sentence(&error));
            draw(status, visitor, &app, name, mistake)
        }
    }
}

async fn remove(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let event = "administrator.second_factor.remove";
    let id = form.text("passkey");
    if let Err(refusal) =
        confirm_by_both(&visitor, &app, &form, event, &format!("remove:{id}")).await?
    {
        return unconfirmed(visitor, &app, refusal).await;
    }
    let outcome = app
        .second_factors
        .remove_passkey(visitor.cause(), &visitor.session, id)
        .await;
    removed(&visitor, outcome, "The passkey is removed.").await
}
