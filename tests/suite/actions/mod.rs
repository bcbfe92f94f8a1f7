//! What the actions answer. `figures` compares answers with what pandas computes independently.

mod adding;
mod audit;
mod audit_log;
mod common_actions;
pub mod examples;
mod figures;
mod hanging_up;
mod invoking;
mod release_oversight;
mod remembering;
mod row_filters;
mod spending;
mod ticket_analysis;
