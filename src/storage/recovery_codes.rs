//! Hashes of the recovery codes that administrators have left.

use diesel::prelude::*;

use super::schema::recovery_codes;
use super::{AnyConnection, StorageError};
use crate::model::{TenantId, Timestamp};

/// Puts these codes in the place of all that an administrator had.
pub fn replace(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    username: &str,
    hashes: &[String],
    at: Timestamp,
) -> Result<(), StorageError> {
    delete_all(connection, username)?;
    for hash in hashes {
        diesel::insert_into(recovery_codes::table)
            .values((
                recovery_codes::username.eq(username),
                recovery_codes::code_hash.eq(hash),
                recovery_codes::tenant_id.eq(tenant_id.as_str()),
                recovery_codes::created_at.eq(at.micros()),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Uses a code up; whether it was there.
pub fn take(
    connection: &mut AnyConnection,
    username: &str,
    hash: &str,
) -> Result<bool, StorageError> {
    let one = recovery_codes::table.find((username, hash));
    Ok(diesel::delete(one).execute(connection)? > 0)
}

/// How many an administrator has left.
pub fn count(connection: &mut AnyConnection, username: &str) -> Result<i64, StorageError> {
    Ok(recovery_codes::table
        .filter(recovery_codes::username.eq(username))
        .count()
        .get_result(connection)?)
}

/// Removes all of an administrator's.
pub fn delete_all(connection: &mut AnyConnection, username: &str) -> Result<(), StorageError> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::username.eq(username)))
        .execute(connection)?;
    Ok(())
}
