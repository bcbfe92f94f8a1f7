//! `POST /admin/theme`: light, dark, or as the browser asks.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::web::{self, ServiceConfig};

use super::cookies::Theme;
use super::gate::{Anybody, Submitted, see_other};
use super::sign_in::local;

/// The route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/theme").route(web::post().to(post)));
}

async fn post(submitted: Submitted<Anybody>) -> HttpResponse {
    let theme = Theme::from_name(submitted.form.text("theme"));
    let mut response = see_other(local(submitted.form.text("next")));
    if let Ok(cookie) = HeaderValue::from_str(&theme.keep()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
