//! A change as callers send it: with a release that they record, or with one that they plan.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::records::Change;
use crate::actions::ActionError;
use crate::model::Timestamp;

/// How far ahead of ours the clock of a caller may be.
const AHEAD: Duration = Duration::from_secs(24 * 3600);

/// A change of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseChangeInput)]
pub struct NewChange {
    /// What tells it from every other change of the release, such as its commit.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
        example = "c0ffee5eed01"
    )]
    pub change_id: String,
    /// When it was committed, as RFC 3339.
    #[schema(format = DateTime, example = "2026-08-13T22:41:23Z")]
    pub committed_at: Option<String>,
    /// Who wrote it.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
        example = "author-345"
    )]
    pub author: String,
    /// Its title.
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
        example = "fix: keep the order of requirements"
    )]
    pub title: String,
    /// The number of the pull request that it came by.
    #[schema(minimum = 1, maximum = 9007199254740991_i64, example = 21114)]
    pub pull_request: Option<i64>,
    /// How many files it touches.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000000000, default = 0)]
    pub files_changed: i64,
    /// How many lines it adds.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000000000, default = 0)]
    pub lines_added: i64,
    /// How many lines it removes.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000000000, default = 0)]
    pub lines_removed: i64,
    /// The title of the change that it takes back, if it is a revert; ` (#12)` behind it names a
    /// pull request.
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$"
    )]
    pub reverts: Option<String>,
}

impl From<NewChange> for Change {
    fn from(change: NewChange) -> Self {
        Self {
            change_id: change.change_id,
            committed_at: change
                .committed_at
                .as_deref()
                .and_then(Timestamp::parse_rfc3339),
            author: Some(change.author),
            title: change.title,
            pull_request: change.pull_request,
            files_changed: change.files_changed,
            lines_added: change.lines_added,
            lines_removed: change.lines_removed,
            reverts: change.reverts,
        }
    }
}

/// Demands of a list of changes what no schema can say of it.
///
/// # Errors
/// A commit time that is none, or lies in the future; an identifier that is there twice.
pub fn check(changes: &[NewChange], now: Timestamp) -> Result<(), ActionError> {
    let mut seen = HashSet::new();
    for (position, change) in changes.iter().enumerate() {
        if let Some(text) = &change.committed_at {
            read_past(&format!("changes.{position}.committed_at"), text, now)?;
        }
        if !seen.insert(change.change_id.as_str()) {
            let field = format!("changes.{position}.change_id");
            return Err(ActionError::invalid(&field, "is there more than once"));
        }
    }
    Ok(())
}

/// Reads a moment of an input.
///
/// # Errors
/// It is no RFC 3339 time of the years 2000 to 2200.
pub fn read_time(field: &str, text: &str) -> Result<Timestamp, ActionError> {
    /// The first moment of 2000.
    const FIRST: Timestamp = Timestamp::from_seconds(946_684_800);
    /// The first moment of 2201.
    const END: Timestamp = Timestamp::from_seconds(7_289_654_400);
    Timestamp::parse_rfc3339(text)
        .filter(|time| (FIRST..END).contains(time))
        .ok_or_else(|| {
            ActionError::invalid(field, "must be an RFC 3339 time of the years 2000 to 2200")
        })
}

/// Reads a moment of an input that has been. A day is left for clocks that run ahead: one moment far
/// in the future would stretch every figure up to it.
///
/// # Errors
/// It is no such time, or lies more than a day after `now`.
pub fn read_past(field: &str, text: &str, now: Timestamp) -> Result<Timestamp, ActionError> {
    let time = read_time(field, text)?;
    if time > now.plus(AHEAD) {
        let problem = "lies in the future; a day ahead is allowed for clocks that differ";
        return Err(ActionError::invalid(field, problem));
    }
    Ok(time)
}
