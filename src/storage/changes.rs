//! The feed of changes that other replicas must hear of.
//!
//! A change bears the sequence number of its audit record. Those are given out under a lock that is
//! held until commit, so a reader who has seen number N will never find a smaller one appear later.

use diesel::prelude::*;

use super::schema::changes;
use super::{AnyConnection, StorageError};
use crate::model::Timestamp;

/// What kind of thing changed; the subject says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A client or one of its secrets; the subject is its `client_id`.
    Client,
    /// A token was revoked; the subject is its `jti`.
    Revocation,
    /// Signing keys; the subject is the `kid`.
    Keys,
    /// Scopes that administrators added; the subject is the name.
    Scopes,
    /// An administrator; the subject is the user name.
    Administrator,
    /// What an action's answers are computed from; the subject is the action that changed it.
    Datasets,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Revocation => "revocation",
            Self::Keys => "keys",
            Self::Scopes => "scopes",
            Self::Administrator => "administrator",
            Self::Datasets => "datasets",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [
            Self::Client,
            Self::Revocation,
            Self::Keys,
            Self::Scopes,
            Self::Administrator,
            Self::Datasets,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of thing.
    pub kind: Kind,
    /// Which one.
    pub subject: String,
}

/// Announces a change under the sequence number of its audit record.
pub fn announce(
    connection: &mut AnyConnection,
    seq: i64,
    change: &Change,
    at: Timestamp,
) -> Result<(), StorageError> {
    diesel::insert_into(changes::table)
        .values((
            changes::seq.eq(seq),
            changes::kind.eq(change.kind.name()),
            changes::subject.eq(&change.subject),
            changes::at.eq(at.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// The sequence number that a new reader starts behind.
pub fn latest(connection: &mut AnyConnection) -> Result<i64, StorageError> {
    let latest: Option<i64> = changes::table
        .select(diesel::dsl::max(changes::seq))
        .first(connection)?;
    Ok(latest.unwrap_or(0))
}

/// What a reader of the feed finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Changes behind the number that was asked from, oldest first. A kind that this version does not
    /// know, announced by a newer one, is left out.
    pub changes: Vec<Change>,
    /// The number to ask from next time.
    pub reached: i64,
    /// Whether changes may have been forgotten before this reader came to them: it was away for longer
    /// than they are kept, as a suspended machine is.
    pub missed: bool,
}

/// Changes behind `seq`.
pub fn since(connection: &mut AnyConnection, seq: i64, limit: i64) -> Result<Heard, StorageError> {
    let rows: Vec<(i64, String, String)> = changes::table
        .filter(changes::seq.gt(seq))
        .order(changes::seq.asc())
        .limit(limit)
        .select((changes::seq, changes::kind, changes::subject))
        .load(connection)?;
    // The newest change is never forgotten, so one that a reader has reached is still there, unless newer
    // ones came and went meanwhile. Where it had reached none, the first that it finds may not be the
    // first that there was.
    let missed = if seq == 0 {
        !rows.is_empty()
    } else {
        let reached: Option<i64> = changes::table
            .find(seq)
            .select(changes::seq)
            .first(connection)
            .optional()?;
        reached.is_none()
    };
    let reached = rows.last().map_or(seq, |row| row.0);
    let changes = rows
        .into_iter()
        .filter_map(|(_, kind, subject)| {
            Some(Change {
                kind: Kind::from_name(&kind)?,
                subject,
            })
        })
        .collect();
    Ok(Heard {
        changes,
        reached,
        missed,
    })
}

/// Forgets changes announced before `before`; returns how many. The latest one stays, so that
/// [`latest`] never goes back.
pub fn forget(connection: &mut AnyConnection, before: Timestamp) -> Result<usize, StorageError> {
    let newest = latest(connection)?;
    let outdated = changes::table
        .filter(changes::at.lt(before.micros()))
        .filter(changes::seq.lt(newest));
    Ok(diesel::delete(outdated).execute(connection)?)
}
