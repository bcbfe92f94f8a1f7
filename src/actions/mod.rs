//! What agents may do: every action is defined once, here, and served as a REST route, an OpenAPI
//! operation, an MCP tool and a line of `ambit actions` from that one definition.
//!
//! To add an action:
//!
//! 1. write its file in its router's folder: a unit type, its input and output (`Deserialize` or
//!    `Serialize`, and `ToSchema`; names that no other action uses), and `impl Action` with `run`;
//! 2. in the router's `mod.rs`, add `mod its_file;`, `define::<its_file::ItsType>()` to `actions`, and a
//!    scope that is new to `scopes`;
//! 3. write the OpenAPI document anew: `cargo run --locked --quiet -- openapi > openapi.json`.
//!
//! `fixtures/greet.rs`, which only tests have, was added so.
//!
//! An action that writes changes things only in [`ActionContext::change`]: there alone the change, the
//! audit record and the answer under the call's idempotency key are one transaction, so that a call made
//! again with the same key is answered and not done again.
//!
//! To add a router: a folder with a `mod.rs` that holds a [`Router`], a `mod` line for it here, and its
//! name in [`ACTIONS`].
//!
//! [`Invoker::invoke`] is the only way in. What `run` is handed, an [`ActionContext`], can be made
//! nowhere else, so that nothing runs without authentication, scope, policy, limits, a valid input, a
//! deadline and an audit record.

mod action;
mod answers;
mod audit;
mod calendar;
mod common_actions;
mod context;
mod dataset;
mod error;
#[cfg(any(test, feature = "test-fixtures"))]
mod fixtures;
mod invoke;
mod limits;
pub mod page;
mod registry;
mod release_oversight;
mod schema;
mod statistics;
#[cfg(test)]
mod tests;
mod ticket_analysis;
mod unfinished;

pub use action::{Action, Definition, Example, Router, Sample, define};
pub use context::{ActionContext, Progress, Reporter};
pub use dataset::{Dataset, Datasets, Reader};
pub use error::ActionError;
pub use invoke::{Admission, Answer, Call, Dependencies, Door, Input, Invoker, Refusal};
pub use limits::{CallLimits, Limits, Room, Turns};
pub use registry::{Registered, Registry, as_text, resolved};
pub use schema::{components, self_contained};

use crate::scopes::ScopeDefinition;

/// Every action, by router.
pub static ACTIONS: &[&Router] = &[
    &common_actions::ROUTER,
    &audit::ROUTER,
    &release_oversight::ROUTER,
    &ticket_analysis::ROUTER,
    #[cfg(feature = "test-fixtures")]
    &fixtures::ROUTER,
];

/// The semantic models of every router: a name and the YAML.
pub fn models() -> Vec<(&'static str, &'static str)> {
    let models = ACTIONS.iter().flat_map(|router| router.models);
    models.copied().collect()
}

/// Every scope that an action asks for, from the routers that protect something with it.
pub fn scopes() -> Vec<ScopeDefinition> {
    let mut scopes: Vec<ScopeDefinition> = Vec::new();
    for scope in ACTIONS.iter().flat_map(|router| router.scopes) {
        if !scopes.iter().any(|known| known.name == scope.name) {
            scopes.push(*scope);
        }
    }
    scopes
}
