//! The only place that knows actix: reads requests, calls the services, writes answers.
//!
//! - `routes` lists every route once; the server, the OpenAPI document, the answers 404 and 405 and the
//!   test that walks all routes read that list.
//! - `extract` holds the only ways to a caller's identity: a handler that names a scope in its
//!   signature cannot be reached without it.
//! - One file an operation, with its documentation and its answers.

mod accept;
mod actions;
mod admin;
mod auth_testing;
mod challenge;
mod context;
mod deferred;
mod docs;
mod error;
mod extract;
mod hanging_up;
mod hosts;
mod index;
mod middleware;
mod monitoring;
mod oauth;
mod openapi;
mod routes;
mod server;
mod stopping;
mod tls;
mod told;
mod unread;

pub use openapi::document as openapi;
pub use server::{Bound, bind, serve};
pub use tls::check as check_tls;

use crate::scopes::{READ_AUDIT, ScopeDefinition};

/// Every scope that a route or an action asks for, from the files that protect something with it.
pub fn scopes() -> Vec<ScopeDefinition> {
    let mut scopes = [auth_testing::SCOPES, admin::api::SCOPES, &[READ_AUDIT]].concat();
    for scope in crate::actions::scopes() {
        if !scopes.iter().any(|known| known.name == scope.name) {
            scopes.push(scope);
        }
    }
    scopes
}
