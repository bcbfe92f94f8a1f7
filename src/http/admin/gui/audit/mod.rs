//! `/admin/audit`: what was decided, by whom and why; whether the log still says so; and what is decided
//! while one looks.

mod asked;
mod export;
mod list;
mod live;
mod row;
mod show;
mod verification;
mod walk;

use actix_web::web::{self, ServiceConfig};

pub use asked::{link as link_to, period_title};
pub use row::{Names, Row, names, rows};

/// Where the pages begin.
const HERE: &str = "/admin/audit";

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/audit{path}"));
    config
        .service(at("").route(web::get().to(list::get)))
        .service(at("/export").route(web::get().to(export::get)))
        .service(at("/live").route(web::get().to(live::get)))
        .service(at("/verification").route(web::get().to(verification::get)))
        .service(at("/{seq}").route(web::get().to(show::get)));
}

/// The page of one record.
fn path_of(seq: i64) -> String {
    format!("{HERE}/{seq}")
}
