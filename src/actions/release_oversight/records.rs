//! What releases and their changes are, as read from the warehouse or recorded here.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::Timestamp;

/// How large a step a release is, by the version number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseKind {
    /// The first number changed.
    Major,
    /// The second number changed.
    Minor,
    /// The third number changed.
    Patch,
    /// Anything else.
    Other,
}

impl ReleaseKind {
    /// The word that stands for it in the warehouse and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::Other => "other",
        }
    }

    /// The kind that a word stands for; what is no such word is [`Other`](Self::Other).
    pub fn from_name(name: &str) -> Self {
        [Self::Major, Self::Minor, Self::Patch]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
            .unwrap_or(Self::Other)
    }
}

/// One change that a release shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its identifier, such as the commit's.
    pub change_id: String,
    /// When it was committed, if that is known.
    pub committed_at: Option<Timestamp>,
    /// Who wrote it, if that is known.
    pub author: Option<String>,
    /// Its title.
    pub title: String,
    /// The pull request that it came by.
    pub pull_request: Option<i64>,
    /// How many files it touched.
    pub files_changed: i64,
    /// How many lines it added.
    pub lines_added: i64,
    /// How many lines it removed.
    pub lines_removed: i64,
    /// The title of the change that it takes back, if it is a revert.
    pub reverts: Option<String>,
}

impl Change {
    /// Lines added and removed.
    pub fn lines(&self) -> i64 {
        self.lines_added.saturating_add(self.lines_removed)
    }
}

/// A release in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReleaseSummary {
    /// Its version.
    #[schema(example = "0.9.13")]
    pub version: String,
    /// When it was released, in UTC.
    #[schema(format = DateTime, example = "2025-11-26T16:12:31Z")]
    pub released_at: String,
    /// The version before it, if it is known.
    #[schema(example = "0.11.22")]
    pub previous_version: Option<String>,
    /// How large a step it is.
    pub kind: ReleaseKind,
    /// How many changes it shipped.
    #[schema(minimum = 0)]
    pub changes: usize,
    /// How many lines its changes added.
    #[schema(minimum = 0)]
    pub lines_added: i64,
    /// How many lines its changes removed.
    #[schema(minimum = 0)]
    pub lines_removed: i64,
    /// Whether it was recorded by `record_release`, rather than loaded into the warehouse.
    pub recorded: bool,
}

/// A release with all that it shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// What lists show of it.
    pub summary: ReleaseSummary,
    /// When it was released.
    pub released_at: Timestamp,
    /// The commit that was released, if it is known.
    pub commit: Option<String>,
    /// Its changes, the one committed last first.
    pub changes: Vec<Change>,
}

impl Release {
    /// Puts a release together; its changes may come in any order.
    pub fn new(head: ReleaseHead, mut changes: Vec<Change>) -> Self {
        changes.sort_by(|one, other| {
            let latest_first = other.committed_at.cmp(&one.committed_at);
            latest_first.then_with(|| one.change_id.cmp(&other.change_id))
        });
        let sum = |lines: fn(&Change) -> i64| {
            let lines = changes.iter().map(lines);
            lines.fold(0_i64, i64::saturating_add)
        };
        Self {
            summary: ReleaseSummary {
                version: head.version,
                released_at: moment(head.released_at),
                previous_version: head.previous_version,
                kind: head.kind,
                changes: changes.len(),
                lines_added: sum(|change| change.lines_added),
                lines_removed: sum(|change| change.lines_removed),
                recorded: head.recorded,
            },
            released_at: head.released_at,
            commit: head.commit,
            changes,
        }
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.summary.version
    }

    /// Lines added and removed.
    pub fn lines(&self) -> i64 {
        let ReleaseSummary {
            lines_added,
            lines_removed,
            ..
        } = self.summary;
        lines_added.saturating_add(lines_removed)
    }
}

/// What is known of a release besides its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseHead {
    /// Its version.
    pub version: String,
    /// When it was released.
    pub released_at: Timestamp,
    /// The version before it, if it is known.
    pub previous_version: Option<String>,
    /// How large a step it is.
    pub kind: ReleaseKind,
    /// The commit that was released, if it is known.
    pub commit: Option<String>,
    /// Whether it was recorded here.
    pub recorded: bool,
}

/// Everybody who wrote one of these changes, as far as that is known.
pub fn authors<'a>(changes: impl IntoIterator<Item = &'a Change>) -> HashSet<&'a str> {
    let authors = changes.into_iter().map(|change| change.author.as_deref());
    authors.flatten().collect()
}

/// A moment as answers have it: RFC 3339 in UTC, with no more digits of a second than it has.
pub fn moment(time: Timestamp) -> String {
    DateTime::<Utc>::from_timestamp_micros(time.micros())
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
