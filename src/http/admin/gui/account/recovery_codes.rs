//! `/admin/account/recovery_codes`: shown once when they are made, and made anew.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{ACCOUNT, confirm_by_both, unconfirmed};
use crate::administrators::second_factors::{FactorError, RecoveryCodes};
use crate::app::App;
use crate::http::admin::gui::gate::{Anybody, Submitted, Visitor, see_other};
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::{Problem, sentence};

const HERE: &str = "/admin/account/recovery_codes";

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource("/account/recovery_codes")
            .route(web::get().to(get))
            .route(web::post().to(renew)),
    );
}

/// What is kept, sealed, until the next page shows it.
#[derive(Serialize, Deserialize)]
struct Handover {
    recovery_codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin/account/recovery_codes.html")]
struct Page {
    shell: Shell,
    codes: Vec<String>,
}

/// Leaves codes for the page that shows them.
pub async fn leave(
    visitor: &Visitor<Anybody>,
    app: &App,
    codes: &RecoveryCodes,
) -> Result<HttpResponse, Problem> {
    let texts = codes.texts.iter();
    let handover = Handover {
        recovery_codes: texts.map(|text| text.expose_secret().to_owned()).collect(),
    };
    let text = serde_json::to_string(&handover).unwrap_or_default();
    let text = SecretString::from(text);
    app.sessions.leave_sealed(&visitor.key, &text).await?;
    Ok(see_other(HERE))
}

/// Shows the codes that were just made. Whoever comes again finds them gone.
async fn get(visitor: Visitor<Anybody>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let left = app
        .sessions
        .take_sealed(&visitor.key, &visitor.session)
        .await?;
    let handover = left.and_then(|text| serde_json::from_str(text.expose_secret()).ok());
    let drawn = Page {
        codes: handover.map_or(Vec::new(), |left: Handover| left.recovery_codes),
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

/// Makes new ones in the place of all that there were.
async fn renew(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let event = "administrator.recovery_codes.create";
    if let Err(refusal) = confirm_by_both(&visitor, &app, &form, event, "recovery_codes").await? {
        return unconfirmed(visitor, &app, refusal).await;
    }
    let renewed = app
        .second_factors
        .renew_recovery_codes(visitor.cause(), &visitor.session)
        .await;
    match renewed {
        Ok(codes) => leave(&visitor, &app, &codes).await,
        Err(error @ FactorError::NotFound) => visitor.refused(ACCOUNT, &sentence(&error)).await,
        Err(error) => Err(error.into()),
    }
}
