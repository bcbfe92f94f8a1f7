//! The OAuth endpoints. What a request means is decided in `crate::oauth`; here it is read, recorded
//! and answered.

mod authorize;
mod exchange;
mod form;
mod introspect;
mod jwks;
mod metadata;
mod revoke;
mod token;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(token::post)
        .service(introspect::post)
        .service(revoke::post)
        .service(jwks::get)
        .service(authorize::get)
        .service(authorize::post)
        .service(metadata::get_server)
        .service(metadata::get_issuer)
        .service(metadata::get_mcp)
        .service(metadata::get_actions);
}
