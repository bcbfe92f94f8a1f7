//! What the actions answer. `figures` compares answers with what pandas computes independently.

mod audit;
mod audit_log;
mod figures;
mod release_oversight;
mod ticket_analysis;
