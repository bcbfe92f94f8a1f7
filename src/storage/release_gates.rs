//! The gates before releases: what has to be settled before a version may go out.

use diesel::prelude::*;

use super::schema::release_gates;
use super::{AnyConnection, StorageError};
use crate::model::{TenantId, Timestamp};

/// Why, by whom and when a gate was lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lift {
    /// Why the release may go on.
    pub reason: String,
    /// The client that lifted it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Something that has to be settled before a version may be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Its identifier; the order of identifiers is that of their making.
    pub gate_id: String,
    /// The version that it stands before.
    pub version: String,
    /// What it is about; a version has one open gate of a name.
    pub name: String,
    /// Why it was set.
    pub reason: String,
    /// The client that set it.
    pub set_by: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// How it was lifted; an open gate was not.
    pub lifted: Option<Lift>,
}

type GateRow = (
    String,
    String,
    String,
    String,
    String,
    i64,
    Option<String>,
    Option<String>,
    Option<i64>,
);

type GateColumns = (
    release_gates::gate_id,
    release_gates::version,
    release_gates::name,
    release_gates::reason,
    release_gates::set_by,
    release_gates::set_at,
    release_gates::lift_reason,
    release_gates::lifted_by,
    release_gates::lifted_at,
);

const GATE_COLUMNS: GateColumns = (
    release_gates::gate_id,
    release_gates::version,
    release_gates::name,
    release_gates::reason,
    release_gates::set_by,
    release_gates::set_at,
    release_gates::lift_reason,
    release_gates::lifted_by,
    release_gates::lifted_at,
);

fn gate(row: GateRow) -> Gate {
    let (gate_id, version, name, reason, set_by, set_at, lift_reason, lifted_by, lifted_at) = row;
    Gate {
        gate_id,
        version,
        name,
        reason,
        set_by,
        set_at: Timestamp::from_micros(set_at),
        lifted: lifted_at.map(|at| Lift {
            reason: lift_reason.unwrap_or_default(),
            by: lifted_by.unwrap_or_default(),
            at: Timestamp::from_micros(at),
        }),
    }
}

/// Sets a gate, which is open.
///
/// # Errors
/// [`StorageError::Conflict`] if the version has an open gate of that name.
pub fn insert(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    gate: &Gate,
) -> Result<(), StorageError> {
    diesel::insert_into(release_gates::table)
        .values((
            release_gates::gate_id.eq(&gate.gate_id),
            release_gates::tenant_id.eq(tenant_id.as_str()),
            release_gates::version.eq(&gate.version),
            release_gates::name.eq(&gate.name),
            release_gates::reason.eq(&gate.reason),
            release_gates::set_by.eq(&gate.set_by),
            release_gates::set_at.eq(gate.set_at.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Lifts the open gate of a name before a version, and returns it lifted.
///
/// # Errors
/// [`StorageError::NotFound`] if no such gate is open.
pub fn lift(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    version: &str,
    name: &str,
    how: &Lift,
) -> Result<Gate, StorageError> {
    let row: GateRow = release_gates::table
        .filter(release_gates::tenant_id.eq(tenant_id.as_str()))
        .filter(release_gates::version.eq(version))
        .filter(release_gates::name.eq(name))
        .filter(release_gates::lifted_at.is_null())
        .select(GATE_COLUMNS)
        .first(connection)?;
    let open = gate(row);
    let still_open = release_gates::table
        .filter(release_gates::gate_id.eq(&open.gate_id))
        .filter(release_gates::lifted_at.is_null());
    let changed = diesel::update(still_open)
        .set((
            release_gates::lift_reason.eq(&how.reason),
            release_gates::lifted_by.eq(&how.by),
            release_gates::lifted_at.eq(how.at.micros()),
        ))
        .execute(connection)?;
    match changed {
        0 => Err(StorageError::NotFound),
        _ => Ok(Gate {
            lifted: Some(how.clone()),
            ..open
        }),
    }
}

/// Which gates a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those before this version.
    pub version: Option<String>,
    /// Only open ones, or only lifted ones.
    pub open: Option<bool>,
}

/// At most `limit` of a tenant's gates, the one set last first, behind a position: when the last
/// gate of the page before was set, in microseconds, and its identifier.
pub fn page(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    filter: &Filter,
    after: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<Gate>, StorageError> {
    let mut query = release_gates::table
        .filter(release_gates::tenant_id.eq(tenant_id.as_str()))
        .select(GATE_COLUMNS)
        .order((release_gates::set_at.desc(), release_gates::gate_id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(version) = &filter.version {
        query = query.filter(release_gates::version.eq(version.clone()));
    }
    query = match filter.open {
        Some(true) => query.filter(release_gates::lifted_at.is_null()),
        Some(false) => query.filter(release_gates::lifted_at.is_not_null()),
        None => query,
    };
    if let Some((set_at, gate_id)) = after {
        query = query.filter(
            release_gates::set_at.lt(*set_at).or(release_gates::set_at
                .eq(*set_at)
                .and(release_gates::gate_id.lt(gate_id.clone()))),
        );
    }
    let rows: Vec<GateRow> = query.load(connection)?;
    Ok(rows.into_iter().map(gate).collect())
}

/// How many gates before a version are open, and how many were lifted.
pub fn count(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    version: &str,
) -> Result<(i64, i64), StorageError> {
    let of_version = || {
        release_gates::table
            .filter(release_gates::tenant_id.eq(tenant_id.as_str()))
            .filter(release_gates::version.eq(version))
    };
    let open = of_version()
        .filter(release_gates::lifted_at.is_null())
        .count()
        .get_result(connection)?;
    let lifted = of_version()
        .filter(release_gates::lifted_at.is_not_null())
        .count()
        .get_result(connection)?;
    Ok((open, lifted))
}
