//! `/admin/account/authenticator`: an authenticator app, from the password that begins it to the code
//! that proves it, and its end.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;
use qrcodegen::{QrCode, QrCodeEcc};
use secrecy::ExposeSecret;

use super::{ACCOUNT, added, confirm, confirm_by_both, removed, unconfirmed};
use crate::administrators::second_factors::FactorError;
use crate::app::App;
use crate::http::admin::gui::gate::{Anybody, Submitted, Visitor, see_other};
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::{Problem, sentence};

const HERE: &str = "/admin/account/authenticator";
/// Blank modules around a QR code (ISO/IEC 18004 section 5.3.8).
const MARGIN: i32 = 4;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/account/authenticator{path}"));
    config
        .service(
            at("")
                .route(web::get().to(get))
                .route(web::post().to(begin)),
        )
        .service(at("/confirm").route(web::post().to(confirm_code)))
        .service(at("/remove").route(web::post().to(remove)));
}

#[derive(Template)]
#[template(path = "admin/account/authenticator.html")]
struct Page {
    shell: Shell,
    secret: String,
    link: String,
    picture: Option<Picture>,
    mistake: String,
}

/// A QR code as an SVG path in a square of `size` modules.
struct Picture {
    size: i32,
    path: String,
}

/// Begins, once the password was given again.
async fn begin(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let event = "administrator.second_factor.add";
    if let Err(refusal) = confirm(&visitor, &app, &form, event, "totp").await? {
        return unconfirmed(visitor, &app, refusal).await;
    }
    match app.second_factors.begin_totp(&visitor.session).await {
        Ok(()) => Ok(see_other(HERE)),
        Err(error @ FactorError::Exists) => visitor.refused(ACCOUNT, &sentence(&error)).await,
        Err(error) => Err(error.into()),
    }
}

/// Shows the secret, for as long as its proof is awaited.
async fn get(visitor: Visitor<Anybody>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    draw(visitor, &app, None).await
}

async fn draw(
    visitor: Visitor<Anybody>,
    app: &App,
    mistake: Option<FactorError>,
) -> Result<HttpResponse, Problem> {
    let Some(offer) = app.second_factors.offered_totp(&visitor.session).await? else {
        let message = "Nothing waits to be confirmed. Begin again.";
        return visitor.refused(ACCOUNT, message).await;
    };
    let drawn = Page {
        secret: in_groups(offer.secret.expose_secret()),
        picture: picture(offer.address.expose_secret()),
        link: offer.address.expose_secret().to_owned(),
        mistake: mistake
            .as_ref()
            .map_or(String::new(), |error| sentence(error)),
        shell: visitor.shell,
    };
    match mistake {
        None => page(StatusCode::OK, &drawn),
        Some(FactorError::Limited(wait)) => {
            let mut response = page(StatusCode::TOO_MANY_REQUESTS, &drawn)?;
            let seconds = wait.as_secs().saturating_add(1);
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
            Ok(response)
        }
        Some(_) => page(StatusCode::UNPROCESSABLE_ENTITY, &drawn),
    }
}

/// Adds the app that knows the code.
async fn confirm_code(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let address = visitor.cause().remote_address;
    let (cause, session) = (visitor.cause(), &visitor.session);
    let confirmed = app
        .second_factors
        .confirm_totp(cause, session, form.text("code"), address)
        .await;
    match confirmed {
        Ok(codes) => {
            let message = "The authenticator app is added.";
            added(&visitor, &app, codes, message).await
        }
        Err(error @ (FactorError::Wrong | FactorError::Limited(_))) => {
            draw(visitor, &app, Some(error)).await
        }
        Err(error @ (FactorError::Ended | FactorError::Exists)) => {
            visitor.refused(ACCOUNT, &sentence(&error)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn remove(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let event = "administrator.second_factor.remove";
    if let Err(refusal) = confirm_by_both(&visitor, &app, &form, event, "remove:totp").await? {
        return unconfirmed(visitor, &app, refusal).await;
    }
    let outcome = app
        .second_factors
        .remove_totp(visitor.cause(), &visitor.session)
        .await;
    removed(&visitor, outcome, "The authenticator app is removed.").await
}

/// Four letters at a time, as people copy them.
fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups = letters.chunks(4).map(|group| group.iter().collect());
    groups.collect::<Vec<String>>().join(" ")
}

fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let (left, top) = (x.saturating_add(MARGIN), y.saturating_add(MARGIN));
            path.push_str(&format!("M{left} {top}h1v1h-1z"));
        }
    }
    Some(Picture {
        size: code.size().saturating_add(MARGIN.saturating_mul(2)),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_groups() {
        assert_eq!(in_groups("ABCDEFGHIJ"), "ABCD EFGH IJ");
    }

    #[test]
    fn a_picture_has_its_corner_and_its_margin() {
        let picture = picture("otpauth://totp/Ambit:admin?secret=ABCDEFGH").unwrap();
        assert!(picture.path.starts_with("M4 4h1v1h-1z"), "{}", picture.path);
        assert!(picture.size >= 29, "{}", picture.size);
        assert!(super::picture(&"x".repeat(5_000)).is_none());
    }
}
