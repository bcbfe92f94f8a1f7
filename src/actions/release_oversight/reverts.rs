//! Which change takes back which.
//!
//! A revert names the title of the change that it takes back, at times with the number of its pull
//! request behind it: `Support python find --script (#11891)`. The change meant is the latest one of
//! that title, or of that pull request, that had been committed by then: one of an earlier release,
//! or one of the same release whose commit is no later than the revert's own.

use std::collections::HashMap;

use super::records::{Change, Release};
use crate::model::Timestamp;

/// Where a change is: the place of its release, oldest first, and its own place in that release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Of the release in the history.
    pub release: usize,
    /// Of the change in the release.
    pub change: usize,
}

/// A change that takes back another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revert {
    /// The change that takes back.
    pub by: Place,
    /// The change that is taken back, if it was shipped by a release that is known.
    pub of: Option<Place>,
}

impl Revert {
    /// The place of the earlier release whose change it takes back, if there is one.
    pub fn failed_release(&self) -> Option<usize> {
        let of = self.of?;
        (of.release < self.by.release).then_some(of.release)
    }
}

/// What candidates are ordered by: release, commit time, identifier.
type Order<'a> = (usize, Timestamp, &'a str);

const BEFORE_ALL: Timestamp = Timestamp::from_micros(i64::MIN);
const AFTER_ALL: Timestamp = Timestamp::from_micros(i64::MAX);

/// Every revert in a history, which is sorted oldest first.
pub fn find(releases: &[Release]) -> Vec<Revert> {
    let mut by_title: HashMap<&str, Vec<(Order<'_>, Place)>> = HashMap::new();
    let mut by_pull_request: HashMap<i64, Vec<(Order<'_>, Place)>> = HashMap::new();
    for (place, change) in changes(releases) {
        let committed_at = change.committed_at.unwrap_or(BEFORE_ALL);
        let entry = (
            (place.release, committed_at, change.change_id.as_str()),
            place,
        );
        by_title.entry(&change.title).or_default().push(entry);
        if let Some(number) = change.pull_request {
            by_pull_request.entry(number).or_default().push(entry);
        }
    }
    for candidates in by_title.values_mut().chain(by_pull_request.values_mut()) {
        candidates.sort_unstable_by_key(|(order, _)| *order);
    }
    let mut reverts = Vec::new();
    for (by, change) in changes(releases) {
        let Some(title) = change.reverts.as_deref() else {
            continue;
        };
        let until = (by.release, change.committed_at.unwrap_or(AFTER_ALL));
        let same_title = by_title.get(title);
        let same_number = pull_request(title).and_then(|number| by_pull_request.get(&number));
        let found = [same_title, same_number].into_iter().flatten();
        let found = found.filter_map(|candidates| latest(candidates, until, by));
        let found = found.max_by_key(|(order, _)| *order);
        reverts.push(Revert {
            by,
            of: found.map(|(_, place)| place),
        });
    }
    reverts
}

fn changes(releases: &[Release]) -> impl Iterator<Item = (Place, &Change)> {
    releases.iter().enumerate().flat_map(|(release, shipped)| {
        let changes = shipped.changes.iter().enumerate();
        changes.map(move |(change, it)| (Place { release, change }, it))
    })
}

/// The last of sorted candidates that had been committed `until` then, and is not the revert itself.
fn latest<'a>(
    candidates: &[(Order<'a>, Place)],
    until: (usize, Timestamp),
    itself: Place,
) -> Option<(Order<'a>, Place)> {
    let end = candidates.partition_point(|((release, at, _), _)| (*release, *at) <= until);
    let committed = candidates.get(..end)?.iter().rev();
    committed.copied().find(|(_, place)| *place != itself)
}

/// The number of a pull request that a title ends with: 12 of `Fix it (#12)`.
fn pull_request(title: &str) -> Option<i64> {
    let (_, number) = title.strip_suffix(')')?.rsplit_once(" (#")?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::release_oversight::testing::{change, release};

    fn place(release: usize, change: usize) -> Option<Place> {
        Some(Place { release, change })
    }

    fn found(releases: &[Release]) -> Vec<Option<Place>> {
        find(releases).iter().map(|revert| revert.of).collect()
    }

    #[test]
    fn the_latest_change_of_the_title_is_meant() {
        let releases = [
            release(
                "1",
                100,
                vec![change("a", 10, "Fix"), change("b", 20, "Fix")],
            ),
            release("2", 200, vec![change("c", 150, "Undo").reverting("Fix")]),
            release("3", 300, vec![change("d", 250, "Fix")]),
        ];
        assert_eq!(found(&releases), [place(0, 0)]);
        assert_eq!(releases[0].changes[0].change_id, "b");
        assert_eq!(find(&releases)[0].failed_release(), Some(0));
    }

    #[test]
    fn in_its_own_release_only_what_was_committed_before_is_meant() {
        let releases = [
            release("1", 100, vec![change("a", 10, "Fix")]),
            release(
                "2",
                200,
                vec![
                    change("b", 150, "Undo").reverting("Fix"),
                    change("c", 160, "Fix"),
                ],
            ),
        ];
        assert_eq!(found(&releases), [place(0, 0)]);
        let releases = [release(
            "2",
            200,
            vec![
                change("b", 170, "Undo").reverting("Fix"),
                change("c", 160, "Fix"),
            ],
        )];
        assert_eq!(found(&releases), [place(0, 1)]);
        assert_eq!(find(&releases)[0].failed_release(), None);
    }

    #[test]
    fn a_clock_that_ran_backwards_hides_no_change_of_an_earlier_release() {
        let releases = [
            release("1", 100, vec![change("a", 90, "Fix")]),
            release("2", 200, vec![change("b", 80, "Undo").reverting("Fix")]),
        ];
        assert_eq!(found(&releases), [place(0, 0)]);
    }

    #[test]
    fn a_number_behind_the_title_names_the_pull_request() {
        let releases = [
            release("1", 100, vec![change("a", 10, "Fix").of_pull_request(12)]),
            release(
                "2",
                200,
                vec![change("b", 150, "Undo").reverting("Fix (#12)")],
            ),
            release(
                "3",
                300,
                vec![change("c", 250, "Undo").reverting("Fix (#13)")],
            ),
        ];
        assert_eq!(found(&releases), [place(0, 0), None]);
    }

    #[test]
    fn nothing_takes_itself_back() {
        let releases = [release(
            "1",
            100,
            vec![change("a", 10, "Fix").reverting("Fix")],
        )];
        assert_eq!(found(&releases), [None]);
    }

    #[test]
    fn numbers_of_pull_requests_are_read_exactly() {
        assert_eq!(pull_request("Fix it (#12)"), Some(12));
        for title in [
            "Fix it",
            "(#12)x",
            " (#)",
            " (#-1)",
            " (#99999999999999999999)",
            "é (#1",
        ] {
            assert_eq!(pull_request(title), None, "{title}");
        }
    }
}
