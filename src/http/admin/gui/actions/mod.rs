//! `/admin/actions`: what agents may do, and each of it tried as a client would.

mod fields;
mod list;
mod members;
mod requests;
mod show;
mod trial;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{self, Path, ServiceConfig};

use crate::actions::Registered;
use crate::app::App;
use crate::http::error::Problem;
use crate::policy::Effect;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/actions{path}"));
    config
        .service(at("").route(web::get().to(list::get)))
        .service(at("/{router}/{name}").route(web::get().to(show::get)))
        .service(
            at("/{router}/{name}/try")
                .route(web::get().to(trial::get))
                .route(web::post().to(trial::post)),
        );
}

/// The action that an address names.
fn named(app: &Arc<App>, path: &Path<(String, String)>) -> Result<&'static Registered, Problem> {
    let (router, name) = &**path;
    let found = app.invoker.registry().by_id(&format!("{router}/{name}"));
    let detail = "There is no such action.";
    found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, detail))
}

/// What an action does to the world, in a word.
fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Reads => "Reads",
        Effect::Writes => "Writes",
        Effect::SpendsCredential => "Spends a credential",
    }
}
