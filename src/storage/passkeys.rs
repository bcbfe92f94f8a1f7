//! Passkeys (Web Authentication) of administrators: their public keys.

use diesel::prelude::*;

use super::schema::passkeys;
use super::{AnyConnection, StorageError};
use crate::model::Timestamp;

/// One passkey as it is stored. Times are microseconds since the epoch.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = passkeys)]
pub struct PasskeyRow {
    /// Its identifier, in base64url.
    pub credential_id: String,
    /// The administrator's tenant.
    pub tenant_id: String,
    /// Whose it is.
    pub username: String,
    /// What its owner calls it.
    pub name: String,
    /// The public key and what is known of the authenticator, as JSON.
    pub credential: String,
    /// How often it has signed, as far as it counts; zero if it does not.
    pub counter: i64,
    /// When it was added.
    pub created_at: i64,
    /// When it was last used.
    pub last_used_at: Option<i64>,
}

/// Adds a passkey.
///
/// # Errors
/// [`StorageError::Conflict`] if it is known, whoever's it is.
pub fn insert(connection: &mut AnyConnection, passkey: &PasskeyRow) -> Result<(), StorageError> {
    diesel::insert_into(passkeys::table)
        .values(passkey)
        .execute(connection)?;
    Ok(())
}

/// An administrator's passkeys, oldest first.
pub fn of_administrator(
    connection: &mut AnyConnection,
    username: &str,
) -> Result<Vec<PasskeyRow>, StorageError> {
    let rows = passkeys::table
        .filter(passkeys::username.eq(username))
        .order((passkeys::created_at.asc(), passkeys::credential_id.asc()))
        .select(PasskeyRow::as_select())
        .load(connection)?;
    Ok(rows)
}

/// Everybody who has one.
pub fn owners(connection: &mut AnyConnection) -> Result<Vec<String>, StorageError> {
    Ok(passkeys::table
        .select(passkeys::username)
        .distinct()
        .load(connection)?)
}

/// Notes a use; whether the passkey is there and its counter has moved on, or it does not count.
pub fn used(
    connection: &mut AnyConnection,
    passkey: &PasskeyRow,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let moved_on = passkeys::counter.lt(passkey.counter);
    let never_counts = passkeys::counter
        .eq(0)
        .and(passkeys::counter.eq(passkey.counter));
    let own = passkeys::table
        .find(&passkey.credential_id)
        .filter(passkeys::username.eq(&passkey.username))
        .filter(moved_on.or(never_counts));
    let noted = diesel::update(own)
        .set((
            passkeys::credential.eq(&passkey.credential),
            passkeys::counter.eq(passkey.counter),
            passkeys::last_used_at.eq(Some(at.micros())),
        ))
        .execute(connection)?;
    Ok(noted > 0)
}

/// Removes one of an administrator's passkeys; whether it was there.
pub fn delete(
    connection: &mut AnyConnection,
    username: &str,
    credential_id: &str,
) -> Result<bool, StorageError> {
    let own = passkeys::table
        .find(credential_id)
        .filter(passkeys::username.eq(username));
    Ok(diesel::delete(own).execute(connection)? > 0)
}

/// Removes all of an administrator's; how many there were.
pub fn delete_all(connection: &mut AnyConnection, username: &str) -> Result<usize, StorageError> {
    let own = passkeys::table.filter(passkeys::username.eq(username));
    Ok(diesel::delete(own).execute(connection)?)
}
