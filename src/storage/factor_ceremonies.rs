//! What sessions have begun with second factors and not finished. It is kept here and not in the
//! browser, so that any replica can finish it and nobody can play it again.

use diesel::prelude::*;

use super::schema::factor_ceremonies as table;
use super::{AnyConnection, StorageError};
use crate::model::{TenantId, Timestamp};

/// Begins something, in the place of what was begun before to the same purpose.
pub fn begin(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    (session_hash, purpose): (&str, &str),
    state: &str,
    ends_at: Timestamp,
) -> Result<(), StorageError> {
    diesel::delete(table::table.find((session_hash, purpose))).execute(connection)?;
    diesel::insert_into(table::table)
        .values((
            table::session_hash.eq(session_hash),
            table::purpose.eq(purpose),
            table::tenant_id.eq(tenant_id.as_str()),
            table::state.eq(state),
            table::ends_at.eq(ends_at.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// What was begun to a purpose, unless it has ended.
pub fn find(
    connection: &mut AnyConnection,
    (session_hash, purpose): (&str, &str),
    now: Timestamp,
) -> Result<Option<String>, StorageError> {
    let state = table::table
        .find((session_hash, purpose))
        .filter(table::ends_at.gt(now.micros()))
        .select(table::state)
        .first(connection)
        .optional()?;
    Ok(state)
}

/// Takes this very state away; whether it was there.
pub fn take(
    connection: &mut AnyConnection,
    (session_hash, purpose): (&str, &str),
    state: &str,
) -> Result<bool, StorageError> {
    let one = table::table
        .find((session_hash, purpose))
        .filter(table::state.eq(state));
    Ok(diesel::delete(one).execute(connection)? > 0)
}

/// Takes away all that a session has begun.
pub fn delete_all(connection: &mut AnyConnection, session_hash: &str) -> Result<(), StorageError> {
    diesel::delete(table::table.filter(table::session_hash.eq(session_hash)))
        .execute(connection)?;
    Ok(())
}

/// Forgets what was not finished in time.
pub fn forget(connection: &mut AnyConnection, now: Timestamp) -> Result<(), StorageError> {
    diesel::delete(table::table.filter(table::ends_at.le(now.micros()))).execute(connection)?;
    Ok(())
}
