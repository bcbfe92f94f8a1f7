//! Administrators and their password hashes.

use diesel::prelude::*;
use secrecy::ExposeSecret;

use super::schema::administrators;
use super::{AnyConnection, StorageError};
use crate::model::{Administrator, Role, TenantId, Timestamp};

type Row = (String, String, String, i64, i64, String);

fn from_row(row: Row) -> Administrator {
    let (username, tenant_id, password_hash, created_at, updated_at, role) = row;
    Administrator {
        tenant_id: TenantId::new(tenant_id),
        username,
        password_hash: password_hash.into(),
        created_at: Timestamp::from_micros(created_at),
        updated_at: Timestamp::from_micros(updated_at),
        // A role that only a newer version knows is the least of those that this one does.
        role: Role::from_name(&role).unwrap_or(Role::Auditor),
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
            administrators::role.eq(administrator.role.name()),
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
    found(changed)
}

/// Gives an administrator another role.
pub fn set_role(
    connection: &mut AnyConnection,
    username: &str,
    role: Role,
) -> Result<(), StorageError> {
    let changed = diesel::update(administrators::table.find(username))
        .set(administrators::role.eq(role.name()))
        .execute(connection)?;
    found(changed)
}

/// Removes an administrator.
pub fn delete(connection: &mut AnyConnection, username: &str) -> Result<(), StorageError> {
    found(diesel::delete(administrators::table.find(username)).execute(connection)?)
}

/// Whether a tenant has an owner besides this administrator.
pub fn has_other_owner(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    username: &str,
) -> Result<bool, StorageError> {
    let others: i64 = administrators::table
        .filter(administrators::tenant_id.eq(tenant_id.as_str()))
        .filter(administrators::role.eq(Role::Owner.name()))
        .filter(administrators::username.ne(username))
        .count()
        .get_result(connection)?;
    Ok(others > 0)
}

fn found(changed: usize) -> Result<(), StorageError> {
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
