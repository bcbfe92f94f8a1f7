//! Token introspection (RFC 7662): what a token says, to those whom it concerns.

use serde::Serialize;
use utoipa::ToSchema;

use super::token::{AccessTokens, TokenError, ValidToken};
use crate::model::Client;
use crate::storage::StorageError;

/// The answer (RFC 7662 section 2.2). For a token that is not valid, or does not concern the caller,
/// `active` stands alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Introspection {
    /// Whether the token is valid.
    pub active: bool,
    /// What it covers, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The client that it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it ends, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// On whose behalf it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Where it may be used: one address, or several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<super::token::Audience>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Identifies the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Whose the client is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
}

/// What `caller` may know of a token: its own tokens, and those for a resource that it serves, within
/// its tenant.
///
/// # Errors
/// Only an outage. A token that is not valid is an answer.
pub async fn introspect(
    tokens: &AccessTokens,
    caller: &Client,
    token: &str,
) -> Result<Introspection, StorageError> {
    match tokens.check(token).await {
        Ok(valid) if concerns(caller, &valid) => Ok(answer(&valid)),
        Ok(_) | Err(TokenError::Invalid(_) | TokenError::Void(..)) => Ok(Introspection::default()),
        Err(TokenError::Storage(error)) => Err(error),
    }
}

fn concerns(caller: &Client, token: &ValidToken) -> bool {
    let own = token.principal.client_id == caller.client_id;
    let served = || {
        caller
            .serves_resources
            .iter()
            .any(|resource| token.is_for(resource.as_str()))
    };
    token.principal.tenant_id == caller.tenant_id && (own || served())
}

fn answer(token: &ValidToken) -> Introspection {
    let claims = token.claims.as_ref();
    Introspection {
        active: true,
        scope: Some(claims.scope.clone()).filter(|scope| !scope.is_empty()),
        client_id: Some(claims.client_id.clone()),
        token_type: Some("Bearer".to_owned()),
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        sub: Some(claims.sub.clone()),
        aud: Some(claims.aud.clone()),
        iss: Some(claims.iss.clone()),
        jti: Some(claims.jti.clone()),
        tenant_id: Some(claims.tenant_id.clone()),
    }
}
