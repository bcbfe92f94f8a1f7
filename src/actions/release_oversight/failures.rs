//! Which releases failed, and which later release put that right.
//!
//! The data has no incidents, so failure is read from what the project did next. A release failed if
//!
//! - a later release ships a change that reverts one of its changes (a change that was reverted
//!   before its own release went out never reached anybody, and counts for nothing); or
//! - the very next release is a patch that came within a number of hours: a hotfix. That is a guess,
//!   since a project that releases often does so for other reasons too, and can be turned off.
//!
//! It is restored by the first release that puts it right in either way.

use std::time::Duration;

use super::history::History;
use super::records::{Release, ReleaseKind};

/// How a release failed: the places of the later releases that put it right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failure {
    /// The first later release that reverts one of its changes.
    pub reverted_by: Option<usize>,
    /// The next release, if it is a hotfix.
    pub hotfixed_by: Option<usize>,
}

impl Failure {
    /// The first release that puts it right; `None` if it did not fail.
    pub fn restored_by(self) -> Option<usize> {
        self.reverted_by.into_iter().chain(self.hotfixed_by).min()
    }
}

/// How each release of a history failed, if it did. `hotfix` is how soon the next patch release is a
/// hotfix; zero is never.
pub fn find(history: &History, hotfix: Duration) -> Vec<Failure> {
    let releases = history.releases();
    let mut failures: Vec<Failure> = releases
        .iter()
        .enumerate()
        .map(|(place, release)| Failure {
            reverted_by: None,
            hotfixed_by: releases
                .get(place + 1)
                .filter(|next| is_hotfix(release, next, hotfix))
                .map(|_| place + 1),
        })
        .collect();
    for revert in history.reverts() {
        let failed = revert
            .failed_release()
            .and_then(|place| failures.get_mut(place));
        if let Some(failure) = failed {
            let known = failure.reverted_by.unwrap_or(usize::MAX);
            failure.reverted_by = Some(known.min(revert.by.release));
        }
    }
    failures
}

fn is_hotfix(release: &Release, next: &Release, hotfix: Duration) -> bool {
    !hotfix.is_zero()
        && next.summary.kind == ReleaseKind::Patch
        && next.released_at.since(release.released_at) <= hotfix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::release_oversight::testing::{change, release};

    const HOUR: i64 = 3600;

    fn restored(releases: Vec<Release>, hotfix_hours: u64) -> Vec<Option<usize>> {
        let hotfix = Duration::from_secs(hotfix_hours * 3600);
        let failures = find(&History::of(releases), hotfix);
        failures.into_iter().map(Failure::restored_by).collect()
    }

    #[test]
    fn a_release_fails_by_the_first_later_revert() {
        let releases = vec![
            release(
                "1",
                100 * HOUR,
                vec![change("a", 1, "A"), change("b", 2, "B")],
            ),
            release("2", 200 * HOUR, vec![]),
            release("3", 300 * HOUR, vec![change("c", 3, "C").reverting("B")]),
            release("4", 400 * HOUR, vec![change("d", 4, "D").reverting("A")]),
        ];
        assert_eq!(restored(releases, 0), [Some(2), None, None, None]);
    }

    #[test]
    fn what_was_reverted_before_its_release_failed_nobody() {
        let changes = vec![change("a", 1, "A"), change("b", 2, "B").reverting("A")];
        let releases = vec![release("1", 100, changes), release("2", 200, vec![])];
        assert_eq!(restored(releases, 0), [None, None]);
    }

    #[test]
    fn a_hotfix_is_a_patch_that_comes_soon() {
        let mut releases = vec![
            release("1.0.0", 0, vec![]),
            release("1.0.1", 12 * HOUR, vec![]),
            release("1.0.2", 24 * HOUR + 1, vec![]),
        ];
        assert_eq!(restored(releases.clone(), 12), [Some(1), None, None]);
        assert_eq!(restored(releases.clone(), 0), [None, None, None]);
        releases[1].summary.kind = ReleaseKind::Minor;
        assert_eq!(restored(releases, 12), [None, None, None]);
    }
}
