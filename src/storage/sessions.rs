//! Sessions of administrators in a browser, each under the hash of its identifier.

use diesel::prelude::*;

use super::schema::sessions;
use super::{AnyConnection, StorageError};
use crate::model::Timestamp;

/// Most sessions that a sign-in ends.
const MOST_ENDED: i64 = 100;

/// One session as it is stored. Times are microseconds since the epoch.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// SHA-256 of the identifier, in hexadecimal.
    pub session_hash: String,
    /// Whose it is.
    pub tenant_id: String,
    /// Who signed in.
    pub username: String,
    /// How far the sign-in has come.
    pub state: String,
    /// When it began.
    pub created_at: i64,
    /// When it was last used, or a little before.
    pub last_seen_at: i64,
    /// When it ends at the latest.
    pub ends_at: i64,
    /// Where it was begun from.
    pub remote_address: Option<String>,
    /// What the browser called itself.
    pub user_agent: String,
    /// A message for the next page.
    pub flash: Option<String>,
    /// What the next page shows once, under a key that the browser alone holds.
    pub sealed: Option<String>,
}

/// Adds a session.
pub fn insert(connection: &mut AnyConnection, session: &SessionRow) -> Result<(), StorageError> {
    diesel::insert_into(sessions::table)
        .values(session)
        .execute(connection)?;
    Ok(())
}

/// One session.
pub fn find(
    connection: &mut AnyConnection,
    session_hash: &str,
) -> Result<Option<SessionRow>, StorageError> {
    let row = sessions::table
        .find(session_hash)
        .select(SessionRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row)
}

/// An administrator's sessions that are in this state and last, newest first.
pub fn of_administrator(
    connection: &mut AnyConnection,
    (username, state): (&str, &str),
    (now, idle_since): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<SessionRow>, StorageError> {
    let rows = sessions::table
        .filter(sessions::username.eq(username))
        .filter(sessions::state.eq(state))
        .filter(sessions::ends_at.gt(now.micros()))
        .filter(sessions::last_seen_at.gt(idle_since.micros()))
        .order((sessions::created_at.desc(), sessions::session_hash.asc()))
        .limit(limit)
        .select(SessionRow::as_select())
        .load(connection)?;
    Ok(rows)
}

/// Ends all but the newest of an administrator's sessions that were begun from one address and are in this
/// state.
pub fn delete_older(
    connection: &mut AnyConnection,
    (username, state): (&str, &str),
    remote_address: &str,
    kept: i64,
) -> Result<(), StorageError> {
    let hashes: Vec<String> = sessions::table
        .filter(sessions::username.eq(username))
        .filter(sessions::state.eq(state))
        .filter(sessions::remote_address.eq(remote_address))
        .order((sessions::created_at.desc(), sessions::session_hash.asc()))
        .offset(kept)
        .limit(MOST_ENDED)
        .select(sessions::session_hash)
        .load(connection)?;
    diesel::delete(sessions::table.filter(sessions::session_hash.eq_any(hashes)))
        .execute(connection)?;
    Ok(())
}

/// Notes that a session was used.
pub fn touch(
    connection: &mut AnyConnection,
    session_hash: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    diesel::update(sessions::table.find(session_hash))
        .set(sessions::last_seen_at.eq(at.micros()))
        .execute(connection)?;
    Ok(())
}

/// Leaves a message for the next page, or takes it away.
pub fn set_flash(
    connection: &mut AnyConnection,
    session_hash: &str,
    flash: Option<&str>,
) -> Result<(), StorageError> {
    diesel::update(sessions::table.find(session_hash))
        .set(sessions::flash.eq(flash))
        .execute(connection)?;
    Ok(())
}

/// Leaves what the next page shows once.
pub fn set_sealed(
    connection: &mut AnyConnection,
    session_hash: &str,
    sealed: &str,
) -> Result<(), StorageError> {
    diesel::update(sessions::table.find(session_hash))
        .set(sessions::sealed.eq(Some(sealed)))
        .execute(connection)?;
    Ok(())
}

/// Takes away what was to be shown once, if it is still this; whether it was.
pub fn take_sealed(
    connection: &mut AnyConnection,
    session_hash: &str,
    sealed: &str,
) -> Result<bool, StorageError> {
    let mine = sessions::table
        .find(session_hash)
        .filter(sessions::sealed.eq(sealed));
    let taken = diesel::update(mine)
        .set(sessions::sealed.eq(None::<String>))
        .execute(connection)?;
    Ok(taken > 0)
}

/// Ends one of an administrator's sessions.
pub fn delete(
    connection: &mut AnyConnection,
    username: &str,
    session_hash: &str,
) -> Result<(), StorageError> {
    let one = sessions::table
        .find(session_hash)
        .filter(sessions::username.eq(username));
    match diesel::delete(one).execute(connection)? {
        0 => Err(StorageError::NotFound),
        _ => Ok(()),
    }
}

/// Ends all of an administrator's sessions.
pub fn delete_all(connection: &mut AnyConnection, username: &str) -> Result<(), StorageError> {
    diesel::delete(sessions::table.filter(sessions::username.eq(username))).execute(connection)?;
    Ok(())
}

/// Ends all of an administrator's sessions but one.
pub fn delete_others(
    connection: &mut AnyConnection,
    username: &str,
    session_hash: &str,
) -> Result<(), StorageError> {
    let others = sessions::table
        .filter(sessions::username.eq(username))
        .filter(sessions::session_hash.ne(session_hash));
    diesel::delete(others).execute(connection)?;
    Ok(())
}

/// Ends a session that is in this state still and has not reached its end; whether it was there.
pub fn delete_in_state(
    connection: &mut AnyConnection,
    session_hash: &str,
    state: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let one = sessions::table
        .find(session_hash)
        .filter(sessions::state.eq(state))
        .filter(sessions::ends_at.gt(now.micros()));
    Ok(diesel::delete(one).execute(connection)? > 0)
}

/// Forgets sessions that have ended: by their limit, or unused since `idle_since`.
pub fn forget(
    connection: &mut AnyConnection,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<(), StorageError> {
    let over = sessions::ends_at
        .le(now.micros())
        .or(sessions::last_seen_at.le(idle_since.micros()));
    diesel::delete(sessions::table.filter(over)).execute(connection)?;
    Ok(())
}
