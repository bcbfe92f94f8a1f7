//! The audit log: every decision, in a hash chain, durable before it is answered.
//!
//! - `record` is what a record says, in canonical JSON (RFC 8785).
//! - [`Journal`] is the one writer. It commits records in groups, and a change of state rides in the
//!   same transaction as its record: neither exists without the other.
//! - [`verify`] walks the chain and names what was changed, removed or reordered.

mod cells;
mod journal;
mod postbox;
mod queue;
mod record;
mod verify;
mod writer;

pub use cells::{HEADINGS, cells, json_line};
pub use journal::Journal;
pub use record::{Actor, ActorKind, Cause, Decision, EVENTS, Entry, GENESIS, sha256_hex};
pub use verify::{Fault, Stretch, Verification, verify, verify_stretch};
