//! A caller whose access token has been verified.

use super::{ClientId, ScopeSet, TenantId, Timestamp};

/// Who calls, proved by an access token that is valid, unrevoked, and meant for this resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose the caller is.
    pub tenant_id: TenantId,
    /// The client that the token was issued to.
    pub client_id: ClientId,
    /// On whose behalf it acts; for client credentials, the client itself.
    pub subject: String,
    /// What the token covers.
    pub scope: ScopeSet,
    /// The token's `jti`.
    pub token_id: String,
    /// When the token ends.
    pub expires_at: Timestamp,
}
