//! Authenticator apps (RFC 6238), one for an administrator.

use diesel::prelude::*;

use super::schema::totp_factors;
use super::{AnyConnection, StorageError};
use crate::model::Timestamp;

/// One app as it is stored. Times are microseconds since the epoch.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = totp_factors)]
pub struct TotpRow {
    /// Whose it is.
    pub username: String,
    /// The administrator's tenant.
    pub tenant_id: String,
    /// The secret that it shares with this server, under a key that is not in the database.
    pub sealed_secret: String,
    /// The time step of the last code that was taken: neither it nor an earlier one is taken again.
    pub last_step: i64,
    /// Wrong codes since the last sign-in with a second factor.
    pub failures: i64,
    /// When it was added.
    pub created_at: i64,
    /// When a code of it was last taken.
    pub last_used_at: Option<i64>,
}

/// Adds an app.
///
/// # Errors
/// [`StorageError::Conflict`] if the administrator has one.
pub fn insert(connection: &mut AnyConnection, app: &TotpRow) -> Result<(), StorageError> {
    diesel::insert_into(totp_factors::table)
        .values(app)
        .execute(connection)?;
    Ok(())
}

/// An administrator's app.
pub fn find(
    connection: &mut AnyConnection,
    username: &str,
) -> Result<Option<TotpRow>, StorageError> {
    let row = totp_factors::table
        .find(username)
        .select(TotpRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row)
}

/// Everybody who has one.
pub fn owners(connection: &mut AnyConnection) -> Result<Vec<String>, StorageError> {
    Ok(totp_factors::table
        .select(totp_factors::username)
        .load(connection)?)
}

/// The secrets of all apps, as they are sealed.
pub fn sealed_secrets(connection: &mut AnyConnection) -> Result<Vec<String>, StorageError> {
    Ok(totp_factors::table
        .select(totp_factors::sealed_secret)
        .load(connection)?)
}

/// Takes a code of this time step; whether none of it or a later one was taken before.
pub fn take_step(
    connection: &mut AnyConnection,
    username: &str,
    step: i64,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let fresh = totp_factors::table
        .find(username)
        .filter(totp_factors::last_step.lt(step));
    let taken = diesel::update(fresh)
        .set((
            totp_factors::last_step.eq(step),
            totp_factors::last_used_at.eq(Some(at.micros())),
        ))
        .execute(connection)?;
    Ok(taken > 0)
}

/// Counts a wrong code.
pub fn count_failure(connection: &mut AnyConnection, username: &str) -> Result<(), StorageError> {
    diesel::update(totp_factors::table.find(username))
        .set(totp_factors::failures.eq(totp_factors::failures + 1))
        .execute(connection)?;
    Ok(())
}

/// Forgets the wrong codes that were counted.
pub fn forget_failures(connection: &mut AnyConnection, username: &str) -> Result<(), StorageError> {
    diesel::update(totp_factors::table.find(username))
        .set(totp_factors::failures.eq(0))
        .execute(connection)?;
    Ok(())
}

/// Removes an administrator's app; whether there was one.
pub fn delete(connection: &mut AnyConnection, username: &str) -> Result<bool, StorageError> {
    let deleted = diesel::delete(totp_factors::table.find(username)).execute(connection)?;
    Ok(deleted > 0)
}
