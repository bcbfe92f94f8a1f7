//! `/admin/semantic`: what the warehouse's tables mean, who may read them, and questions with SQL that
//! answers them.

mod list;
mod query;
mod table;

use actix_web::web::{self, ServiceConfig};

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/semantic{path}"));
    config
        .service(at("").route(web::get().to(list::get)))
        .service(at("/tables/{table}").route(web::get().to(table::get)))
        .service(
            at("/queries/{model}/{name}")
                .route(web::get().to(query::get))
                .route(web::post().to(query::post)),
        );
}

/// Where a verified query is shown.
fn query_path(model: &str, name: &str) -> String {
    format!("/admin/semantic/queries/{}/{}", part(model), part(name))
}

/// Where a table is shown.
fn table_path(table: &str) -> String {
    format!("/admin/semantic/tables/{}", part(table))
}

/// A name as a part of an address: whatever is not plain is written in hexadecimal.
fn part(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match char::from(byte) {
            plain @ ('a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_') => text.push(plain),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
