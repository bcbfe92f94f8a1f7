//! Grant types. Each is one file that says its own `grant_type`, which parameters it reads, and what
//! it approves; one line in [`GRANTS`] is all that `/token`, the metadata and registration need.

mod client_credentials;

use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;
use crate::model::{Client, ScopeSet};

/// What a grant is asked, once the client has proved who it is and may use the grant.
#[derive(Debug, Clone, Copy)]
pub struct GrantRequest<'a> {
    /// The parameters of the request.
    pub parameters: &'a Parameters,
    /// The client; its scope has only tokens that the catalogue knows.
    pub client: &'a Client,
}

/// What a grant approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// On whose behalf the token will be used.
    pub subject: String,
    /// What it will cover.
    pub scope: ScopeSet,
}

/// A grant type.
pub trait Grant: Sync {
    /// The value of the parameter `grant_type`.
    fn grant_type(&self) -> &'static str;

    /// Parameters that it reads, besides `grant_type`, `resource` and the client's credentials. It is
    /// handed no others.
    fn parameters(&self) -> &'static [&'static str];

    /// Approves or refuses.
    fn approve(&self, request: GrantRequest<'_>) -> Result<Approval, OAuthError>;
}

/// Every grant type there is.
pub const GRANTS: &[&dyn Grant] = &[&client_credentials::ClientCredentials];

/// The grant that a request names, if this client may use it.
pub fn find(grant_type: &str, client: &Client) -> Result<&'static dyn Grant, OAuthError> {
    let grant = GRANTS
        .iter()
        .find(|grant| grant.grant_type() == grant_type)
        .ok_or_else(|| {
            let description = "The server does not have this grant type.";
            OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "unsupported_grant_type",
                description,
            )
        })?;
    if client
        .grant_types
        .iter()
        .any(|allowed| allowed == grant_type)
    {
        Ok(*grant)
    } else {
        let description = "The client may not use this grant type.";
        Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "grant_type_not_allowed",
            description,
        ))
    }
}
