//! Questions to Ambit's own audit log.
//!
//! The log may be long and the caller hostile, so that no question walks over all of it: each call
//! looks at a bounded number of records, newest first, and hands out a cursor for those before.

mod denials;
mod record;
mod sensitive_scope_use;
mod verify_audit_chain;
mod walk;
mod who_did_what;

pub use denials::Denials;
pub use sensitive_scope_use::SensitiveScopeUse;
pub use verify_audit_chain::VerifyAuditChain;
pub use who_did_what::WhoDidWhat;
