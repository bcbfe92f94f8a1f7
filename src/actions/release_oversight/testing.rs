//! Small histories for unit tests.

use super::records::{Change, Release, ReleaseHead, ReleaseKind};
use crate::model::Timestamp;

/// A patch release at a second, with these changes.
pub fn release(version: &str, second: i64, changes: Vec<Change>) -> Release {
    let head = ReleaseHead {
        version: version.to_owned(),
        released_at: Timestamp::from_seconds(second),
        previous_version: None,
        kind: ReleaseKind::Patch,
        commit: None,
        recorded: false,
    };
    Release::new(head, changes)
}

/// A change of ten lines by `somebody`, committed at a second.
pub fn change(change_id: &str, second: i64, title: &str) -> Change {
    Change {
        change_id: change_id.to_owned(),
        committed_at: Some(Timestamp::from_seconds(second)),
        author: Some("somebody".to_owned()),
        title: title.to_owned(),
        pull_request: None,
        files_changed: 1,
        lines_added: 7,
        lines_removed: 3,
        reverts: None,
    }
}

impl Change {
    /// The same change as a revert of a title.
    pub fn reverting(self, title: &str) -> Self {
        Self {
            reverts: Some(title.to_owned()),
            ..self
        }
    }

    /// The same change by a pull request.
    pub fn of_pull_request(self, number: i64) -> Self {
        Self {
            pull_request: Some(number),
            ..self
        }
    }

    /// The same change by somebody else.
    pub fn by(self, author: &str) -> Self {
        Self {
            author: Some(author.to_owned()),
            ..self
        }
    }
}
