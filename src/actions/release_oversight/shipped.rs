//! A change as answers show it: what it was, in which release, and what became of it.

use serde::Serialize;
use utoipa::ToSchema;

use super::history::History;
use super::records::{Change, Release, moment};
use super::reverts::Place;

/// A change that a release shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShippedChange {
    /// The version that shipped it.
    #[schema(example = "0.11.22")]
    pub version: String,
    /// Its identifier.
    #[schema(example = "4798a2c37bbc")]
    pub change_id: String,
    /// When it was committed, in UTC, if that is known.
    #[schema(format = DateTime)]
    pub committed_at: Option<String>,
    /// Who wrote it, if that is known.
    #[schema(example = "author-345")]
    pub author: Option<String>,
    /// Its title.
    pub title: String,
    /// The number of the pull request that it came by.
    pub pull_request: Option<i64>,
    /// How many files it touched.
    #[schema(minimum = 0)]
    pub files_changed: i64,
    /// How many lines it added.
    #[schema(minimum = 0)]
    pub lines_added: i64,
    /// How many lines it removed.
    #[schema(minimum = 0)]
    pub lines_removed: i64,
    /// The title of the change that it takes back, if it is a revert.
    pub reverts: Option<String>,
    /// The version that shipped what it takes back, if that is known.
    pub reverts_change_of: Option<String>,
    /// The version whose revert took it back first, if one did.
    pub reverted_in: Option<String>,
}

impl ShippedChange {
    /// The change at a place of the history.
    pub fn new(history: &History, place: Place, release: &Release, change: &Change) -> Self {
        let version = |place: usize| {
            let release = history.releases().get(place)?;
            Some(release.version().to_owned())
        };
        Self {
            version: release.version().to_owned(),
            change_id: change.change_id.clone(),
            committed_at: change.committed_at.map(moment),
            author: change.author.clone(),
            title: change.title.clone(),
            pull_request: change.pull_request,
            files_changed: change.files_changed,
            lines_added: change.lines_added,
            lines_removed: change.lines_removed,
            reverts: change.reverts.clone(),
            reverts_change_of: history.taken_back_by(place).and_then(version),
            reverted_in: history.taken_back_in(place).and_then(version),
        }
    }
}
