//! Releases that continuous integration recorded.

use diesel::prelude::*;

use super::schema::{recorded_changes, recorded_releases};
use super::{AnyConnection, StorageError};
use crate::model::{TenantId, Timestamp};

/// A release that was recorded here, rather than loaded into the warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRelease {
    /// Its version; a tenant records each once.
    pub version: String,
    /// When it was released.
    pub released_at: Timestamp,
    /// The version before it, if it was named.
    pub previous_version: Option<String>,
    /// The word for its kind, such as `patch`.
    pub kind: String,
    /// The commit that was released.
    pub commit_id: Option<String>,
    /// The changes that it shipped, as JSON. Only the router of releases knows their form.
    pub changes: String,
    /// How many changes there are.
    pub change_count: i64,
    /// The client that recorded it.
    pub recorded_by: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

type ReleaseRow = (
    String,
    i64,
    Option<String>,
    String,
    Option<String>,
    String,
    i64,
    String,
    i64,
);

/// Records a release that ships the changes of these identifiers.
///
/// # Errors
/// [`StorageError::Conflict`] if the version is recorded already, or a release that ships one of the
/// changes.
pub fn insert(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    release: &RecordedRelease,
    change_ids: &[String],
) -> Result<(), StorageError> {
    diesel::insert_into(recorded_releases::table)
        .values((
            recorded_releases::tenant_id.eq(tenant_id.as_str()),
            recorded_releases::version.eq(&release.version),
            recorded_releases::released_at.eq(release.released_at.micros()),
            recorded_releases::previous_version.eq(&release.previous_version),
            recorded_releases::kind.eq(&release.kind),
            recorded_releases::commit_id.eq(&release.commit_id),
            recorded_releases::changes.eq(&release.changes),
            recorded_releases::change_count.eq(release.change_count),
            recorded_releases::recorded_by.eq(&release.recorded_by),
            recorded_releases::recorded_at.eq(release.recorded_at.micros()),
        ))
        .execute(connection)?;
    for change_id in change_ids {
        diesel::insert_into(recorded_changes::table)
            .values((
                recorded_changes::tenant_id.eq(tenant_id.as_str()),
                recorded_changes::change_id.eq(change_id),
                recorded_changes::version.eq(&release.version),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// A tenant's recorded releases, newest first: as many as have at most `most_changes` changes
/// together and are at most `most_releases`. The flag says whether older ones were left out.
pub fn newest(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    most_releases: i64,
    most_changes: i64,
) -> Result<(Vec<RecordedRelease>, bool), StorageError> {
    let sizes: Vec<i64> = recorded_releases::table
        .filter(recorded_releases::tenant_id.eq(tenant_id.as_str()))
        .order((
            recorded_releases::released_at.desc(),
            recorded_releases::version.desc(),
        ))
        .limit(most_releases.saturating_add(1))
        .select(recorded_releases::change_count)
        .load(connection)?;
    let mut changes = 0_i64;
    let mut taken = 0_i64;
    for size in &sizes {
        changes = changes.saturating_add(*size);
        if changes > most_changes || taken == most_releases {
            break;
        }
        taken += 1;
    }
    let rows: Vec<ReleaseRow> = recorded_releases::table
        .filter(recorded_releases::tenant_id.eq(tenant_id.as_str()))
        .order((
            recorded_releases::released_at.desc(),
            recorded_releases::version.desc(),
        ))
        .limit(taken)
        .select((
            recorded_releases::version,
            recorded_releases::released_at,
            recorded_releases::previous_version,
            recorded_releases::kind,
            recorded_releases::commit_id,
            recorded_releases::changes,
            recorded_releases::change_count,
            recorded_releases::recorded_by,
            recorded_releases::recorded_at,
        ))
        .load(connection)?;
    let left_out = i64::try_from(sizes.len()).unwrap_or(i64::MAX) > taken;
    let releases = rows.into_iter().map(|row| RecordedRelease {
        version: row.0,
        released_at: Timestamp::from_micros(row.1),
        previous_version: row.2,
        kind: row.3,
        commit_id: row.4,
        changes: row.5,
        change_count: row.6,
        recorded_by: row.7,
        recorded_at: Timestamp::from_micros(row.8),
    });
    Ok((releases.collect(), left_out))
}
