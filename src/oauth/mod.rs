//! The authorization server's protocol, without HTTP: what a request means and what answers it.
//!
//! A new grant type is one file in `grants/` and one line in its `GRANTS`; metadata, registration and
//! the parameters that `/token` reads follow from that list. A new way of client authentication is
//! one file in `client_auth/` and one line in its `METHODS`.

mod bearer;
pub mod client_auth;
pub mod error;
pub mod grants;
mod introspection;
pub mod parameters;
pub mod resources;
mod revocation;
pub mod server_metadata;
pub mod token;

pub use bearer::{BearerTokens, Door, Unauthenticated};
pub use error::{ErrorCode, OAuthError};
pub use introspection::{Introspection, introspect};
pub use parameters::Parameters;
pub use revocation::Revocations;
