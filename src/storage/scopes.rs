//! Scopes that administrators added to those that the code defines.

use diesel::prelude::*;

use super::schema::scopes;
use super::{AnyConnection, StorageError};
use crate::model::{TenantId, Timestamp};

/// A scope that an administrator added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedScope {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The scope token.
    pub name: String,
    /// What it lets a client do.
    pub description: String,
    /// How much harm it can do: `public`, `internal`, `sensitive`.
    pub sensitivity: String,
    /// When it was added.
    pub created_at: Timestamp,
}

type Row = (String, String, String, String, i64);

/// Adds a scope.
pub fn insert(connection: &mut AnyConnection, scope: &AddedScope) -> Result<(), StorageError> {
    diesel::insert_into(scopes::table)
        .values((
            scopes::tenant_id.eq(scope.tenant_id.as_str()),
            scopes::name.eq(&scope.name),
            scopes::description.eq(&scope.description),
            scopes::sensitivity.eq(&scope.sensitivity),
            scopes::created_at.eq(scope.created_at.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Removes a scope.
pub fn delete(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    name: &str,
) -> Result<(), StorageError> {
    let row = scopes::table.find((tenant_id.as_str(), name));
    match diesel::delete(row).execute(connection)? {
        0 => Err(StorageError::NotFound),
        _ => Ok(()),
    }
}

/// All of a tenant's added scopes, by name.
pub fn all(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
) -> Result<Vec<AddedScope>, StorageError> {
    let rows: Vec<Row> = scopes::table
        .filter(scopes::tenant_id.eq(tenant_id.as_str()))
        .order(scopes::name.asc())
        .load(connection)?;
    Ok(rows
        .into_iter()
        .map(
            |(tenant_id, name, description, sensitivity, created_at)| AddedScope {
                tenant_id: TenantId::new(tenant_id),
                name,
                description,
                sensitivity,
                created_at: Timestamp::from_micros(created_at),
            },
        )
        .collect())
}
