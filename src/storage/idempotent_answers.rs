//! Answers that were given under an idempotency key, to be given again.

use diesel::prelude::*;

use super::schema::idempotent_answers as table;
use super::{AnyConnection, StorageError};
use crate::model::{ClientId, TenantId, Timestamp};

/// What an answer is kept under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The client that gave the key. Another client's key is another key.
    pub client_id: ClientId,
    /// The action, as `router/name`.
    pub action: String,
    /// The key itself.
    pub key: String,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// SHA-256 of the input that it answers, in hexadecimal.
    pub input_hash: String,
    /// The answer, as JSON.
    pub answer: String,
}

/// Keeps an answer.
///
/// # Errors
/// [`StorageError::Conflict`] if there is one under the key already.
pub fn insert(
    connection: &mut AnyConnection,
    key: &Key,
    kept: &KeptAnswer,
    at: Timestamp,
) -> Result<(), StorageError> {
    diesel::insert_into(table::table)
        .values((
            table::tenant_id.eq(key.tenant_id.as_str()),
            table::client_id.eq(key.client_id.as_str()),
            table::action.eq(&key.action),
            table::key.eq(&key.key),
            table::input_hash.eq(&kept.input_hash),
            table::answer.eq(&kept.answer),
            table::created_at.eq(at.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// The answer under a key, if one was given.
pub fn find(connection: &mut AnyConnection, key: &Key) -> Result<Option<KeptAnswer>, StorageError> {
    let id = (
        key.tenant_id.as_str(),
        key.client_id.as_str(),
        &key.action,
        &key.key,
    );
    let row: Option<(String, String)> = table::table
        .find(id)
        .select((table::input_hash, table::answer))
        .first(connection)
        .optional()?;
    Ok(row.map(|(input_hash, answer)| KeptAnswer { input_hash, answer }))
}

/// Forgets answers that were given before this moment.
pub fn forget(connection: &mut AnyConnection, before: Timestamp) -> Result<(), StorageError> {
    diesel::delete(table::table.filter(table::created_at.lt(before.micros())))
        .execute(connection)?;
    Ok(())
}
