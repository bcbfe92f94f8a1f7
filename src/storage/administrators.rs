//! Administrators and their password hashes.

use diesel::prelude::*;
use secrecy::ExposeSecret;

use super::schema::administrators;
use super::{AnyConnection, StorageError};
use crate::model::{Administrator, TenantId, Timestamp};

type Row = (String, String, String, i64, i64);

fn from_row((username, tenant_id, password_hash, created_at, updated_at): Row) -> Administrator {
    Administrator {
        tenant_id: TenantId::new(tenant_id),
        username,
        password_hash: password_hash.into(),
        created_at: Timestamp::from_micros(created_at),
        updated_at: Timestamp::from_micros(updated_at),
    }
}

/// Adds an administrator.
pub fn insert(
    connection: &mut AnyConnection,
    administrator: &Administrator,
) -> Result<(), StorageError> {
    diesel::insert_into(administrators::table)
        .values((
            administrators::username.eq(&administrator.username),
            administrators::tenant_id.eq(administrator.tenant_id.as_str()),
            administrators::password_hash.eq(administrator.password_hash.expose_secret()),
            administrators::created_at.eq(administrator.created_at.micros()),
            administrators::updated_at.eq(administrator.updated_at.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Replaces a password hash.
pub fn set_password(
    connection: &mut AnyConnection,
    username: &str,
    password_hash: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    let changed = diesel::update(administrators::table.find(username))
        .set((
            administrators::password_hash.eq(password_hash),
            administrators::updated_at.eq(at.micros()),
        ))
        .execute(connection)?;
    if changed == 0 {
        Err(StorageError::NotFound)
    } else {
        Ok(())
    }
}

/// One administrator.
pub fn find(
    connection: &mut AnyConnection,
    username: &str,
) -> Result<Option<Administrator>, StorageError> {
    let row: Option<Row> = administrators::table
        .find(username)
        .first(connection)
        .optional()?;
    Ok(row.map(from_row))
}

/// All administrators, by name.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<Administrator>, StorageError> {
    let rows: Vec<Row> = administrators::table
        .order(administrators::username.asc())
        .load(connection)?;
    Ok(rows.into_iter().map(from_row).collect())
}
