//! Revoked access tokens, kept by `jti` until they would have expired.

use diesel::prelude::*;

use super::schema::revoked_tokens;
use super::{AnyConnection, StorageError};
use crate::model::{ClientId, TenantId, Timestamp};

/// A token that its client gave up before its time.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The token's `jti`.
    pub token_id: String,
    /// Whose the client is.
    pub tenant_id: TenantId,
    /// Whose the token was.
    pub client_id: ClientId,
    /// When it was revoked.
    pub revoked_at: Timestamp,
    /// The token's `exp`.
    pub expires_at: Timestamp,
}

/// Keeps a revocation. Revoking a token again changes nothing.
pub fn insert(connection: &mut AnyConnection, revocation: &Revocation) -> Result<(), StorageError> {
    if contains(connection, &revocation.token_id)? {
        return Ok(());
    }
    diesel::insert_into(revoked_tokens::table)
        .values((
            revoked_tokens::token_id.eq(&revocation.token_id),
            revoked_tokens::tenant_id.eq(revocation.tenant_id.as_str()),
            revoked_tokens::client_id.eq(revocation.client_id.as_str()),
            revoked_tokens::revoked_at.eq(revocation.revoked_at.micros()),
            revoked_tokens::expires_at.eq(revocation.expires_at.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Whether the token was revoked.
pub fn contains(connection: &mut AnyConnection, token_id: &str) -> Result<bool, StorageError> {
    let found: Option<String> = revoked_tokens::table
        .find(token_id)
        .select(revoked_tokens::token_id)
        .first(connection)
        .optional()?;
    Ok(found.is_some())
}

/// Forgets revocations of tokens that expired before `before`; returns how many.
pub fn forget_expired(
    connection: &mut AnyConnection,
    before: Timestamp,
) -> Result<usize, StorageError> {
    let expired = revoked_tokens::table.filter(revoked_tokens::expires_at.lt(before.micros()));
    Ok(diesel::delete(expired).execute(connection)?)
}
