//! `ambit openapi`.

use super::output;
use crate::http;

/// Prints the OpenAPI document that the server answers under `/openapi.json`.
pub fn run() -> anyhow::Result<()> {
    output::print_json(&http::openapi())
}
