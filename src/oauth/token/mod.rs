//! Access tokens: JWTs as RFC 9068 describes them, signed here, checked here.
//!
//! - `claims` is what a token says.
//! - `provider` lets jsonwebtoken sign with keys that were parsed once.
//! - `signing_key` makes and reads private keys; [`Keys`] knows which one signs and which verify.
//! - [`AccessTokens`] issues tokens and is the one place that says whether one is valid.

mod access_tokens;
mod claims;
mod keys;
mod provider;
mod signing_key;
pub mod verification;

pub use access_tokens::{AccessTokens, Dependencies, Issued, TokenError, ValidToken};
pub use claims::{Audience, Claims};
pub use keys::{KeyError, KeyPolicy, KeyState, KeyView, Keys};
pub use signing_key::{Algorithm, KeyFolder, SigningKey, SigningKeyError};
