//! The words that every other module speaks: identifiers, time, scopes, clients, callers.
//!
//! Nothing here does I/O or knows of a database, of HTTP or of a clock on the wall.

mod administrator;
mod client;
mod clock;
mod id;
mod principal;
mod resource;
mod scope;

pub use administrator::{Administrator, Role};
pub use client::{Client, ClientSecret};
#[cfg(test)]
pub use clock::ManualClock;
pub use clock::{CLOCK_SKEW, Clock, SystemClock, Timestamp};
pub use id::{ClientId, InvalidId, TenantId, parse_key, random_bytes, random_token};
pub use principal::Principal;
pub use resource::{InvalidResource, Resource};
pub use scope::{InvalidScope, ScopeSet, ScopeToken};
