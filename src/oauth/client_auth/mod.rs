//! Client authentication (RFC 6749 section 2.3): which credentials a request carries, and where.
//!
//! A method is one file that finds its credentials in a request, and one line in [`METHODS`]. A request
//! authenticates in one way only: credentials in two places are an error, except that `client_id` may
//! stand in the body too if it is the same.

mod client_secret_basic;
mod client_secret_post;

pub use client_secret_basic::decode as basic_halves;

use secrecy::SecretString;

use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;

/// What a client presents to prove who it is.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who it says it is.
    pub client_id: String,
    /// What it proves that by.
    pub client_secret: SecretString,
}

/// Where credentials are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The values of all `Authorization` headers.
    pub authorization: &'a [&'a [u8]],
    /// The parameters of the body.
    pub parameters: &'a Parameters,
}

/// A way of client authentication.
pub struct Method {
    /// Its name in the registry of RFC 7591 section 4.2.
    pub name: &'static str,
    find: fn(Source<'_>) -> Result<Option<Credentials>, OAuthError>,
}

/// Every way there is.
pub const METHODS: &[Method] = &[client_secret_basic::METHOD, client_secret_post::METHOD];

/// The one set of credentials that a request carries.
///
/// # Errors
/// `invalid_client` without credentials; `invalid_request` with malformed ones or more than one.
pub fn credentials(source: Source<'_>) -> Result<Credentials, OAuthError> {
    let mut found = None;
    for method in METHODS {
        if let Some(credentials) = (method.find)(source)?
            && found.replace(credentials).is_some()
        {
            let description = "The request carries client credentials in more than one way.";
            return Err(OAuthError::invalid_request(
                "several_credentials",
                description,
            ));
        }
    }
    let found: Credentials = found.ok_or_else(|| {
        let description = "The request carries no client credentials.";
        OAuthError::new(ErrorCode::InvalidClient, "no_credentials", description)
    })?;
    match source.parameters.one("client_id")? {
        Some(named) if named != found.client_id => {
            let description = "client_id in the body names another client than the credentials.";
            Err(OAuthError::invalid_request(
                "several_credentials",
                description,
            ))
        }
        _ => Ok(found),
    }
}
