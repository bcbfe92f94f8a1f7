//! `ambit openapi`.

use super::output;
use crate::actions::{ACTIONS, Registry};
use crate::http;

/// Prints the OpenAPI document that the server answers under `/openapi.json`.
pub fn run() -> anyhow::Result<()> {
    let registry = Registry::new(ACTIONS).map_err(anyhow::Error::msg)?;
    output::print_json(&http::openapi(&registry)?)
}
