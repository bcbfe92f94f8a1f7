//! All releases with their changes: those of the warehouse, and those recorded here.

use std::collections::{HashMap, HashSet};

use super::change_input::NewChange;
use super::records::{Change, Release, ReleaseHead, ReleaseKind};
use super::reverts::{self, Place, Revert};
use crate::actions::{ActionContext, ActionError, Dataset, Reader};
use crate::model::Timestamp;
use crate::storage::releases::{self, RecordedRelease};
use crate::warehouse::Value;

/// Most recorded releases that are read, newest first.
const MOST_RECORDED: i64 = 10_000;
/// Most changes of recorded releases that are read.
const MOST_RECORDED_CHANGES: i64 = 100_000;

const RELEASE_COLUMNS: [&str; 4] = ["version", "released_at", "previous_version", "kind"];
const CHANGE_COLUMNS: [&str; 10] = [
    "change_id",
    "version",
    "committed_at",
    "author",
    "title",
    "pull_request",
    "files_changed",
    "lines_added",
    "lines_removed",
    "reverts",
];

/// Every release that is known, in the order of their release times.
#[derive(Debug)]
pub struct History {
    releases: Vec<Release>,
    places: HashMap<String, usize>,
    reverts: Vec<Revert>,
    /// Of a revert: the release of the change that it takes back.
    takes_back: HashMap<Place, usize>,
    /// Of a change: the first release with a revert of it.
    taken_back: HashMap<Place, usize>,
    notes: Vec<String>,
}

impl Dataset for History {
    const WRITTEN_BY: &'static [&'static str] = &["release_oversight"];

    async fn load(reader: &Reader) -> Result<Self, ActionError> {
        let tenant_id = reader.tenant_id().clone();
        let (recorded, older_left_out) = reader
            .store()
            .read(move |connection| {
                releases::newest(connection, &tenant_id, MOST_RECORDED, MOST_RECORDED_CHANGES)
            })
            .await?;
        let mut collected = Collected::default();
        match read_warehouse(reader).await {
            Ok((releases, changes)) => collected.take_warehouse(&releases, &changes),
            // Whoever only records releases needs no warehouse.
            Err(ActionError::NotFound(problem)) if !recorded.is_empty() => {
                collected
                    .notes
                    .push(format!("Only recorded releases are known. {problem}"));
            }
            Err(error) => return Err(error),
        }
        collected.take_recorded(recorded)?;
        if older_left_out {
            collected.notes.push(format!(
                "Only the newest recorded releases are read: at most {MOST_RECORDED} with at most \
                 {MOST_RECORDED_CHANGES} changes together."
            ));
        }
        Ok(collected.into_history())
    }
}

async fn read_warehouse(
    reader: &Reader,
) -> Result<(Vec<Vec<Value>>, Vec<Vec<Value>>), ActionError> {
    let releases = reader.table("releases", &RELEASE_COLUMNS).await?;
    let changes = reader.table("release_changes", &CHANGE_COLUMNS).await?;
    Ok((releases, changes))
}

impl History {
    /// The releases, oldest first. Of two at the same moment, the one whose version sorts first.
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// What was left out or assumed when the data was read.
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// Every change that takes back another.
    pub fn reverts(&self) -> &[Revert] {
        &self.reverts
    }

    /// The place of the release that shipped what the revert at a place takes back.
    pub fn taken_back_by(&self, revert: Place) -> Option<usize> {
        self.takes_back.get(&revert).copied()
    }

    /// The place of the first release that takes back the change at a place.
    pub fn taken_back_in(&self, change: Place) -> Option<usize> {
        self.taken_back.get(&change).copied()
    }

    /// The place of a version among the releases.
    pub fn place(&self, version: &str) -> Option<usize> {
        self.places.get(version).copied()
    }

    /// The release of a version, with its place.
    ///
    /// # Errors
    /// There is no such release.
    pub fn release(&self, version: &str) -> Result<(usize, &Release), ActionError> {
        let found = self.place(version).and_then(|place| {
            let release = self.releases.get(place)?;
            Some((place, release))
        });
        found.ok_or_else(|| {
            ActionError::NotFound(format!(
                "There is no release {version}; list_releases shows which there are."
            ))
        })
    }

    /// Which of these changes were shipped before, each with the first release that did.
    pub fn shipped<'a>(&'a self, changes: &HashSet<&str>) -> HashMap<&'a str, &'a str> {
        let mut shipped = HashMap::new();
        for release in &self.releases {
            for change in &release.changes {
                let change_id = change.change_id.as_str();
                if changes.contains(change_id) {
                    shipped.entry(change_id).or_insert(release.version());
                }
            }
        }
        shipped
    }

    /// The releases before a moment.
    pub fn before(&self, time: Timestamp) -> &[Release] {
        let end = self
            .releases
            .partition_point(|release| release.released_at < time);
        self.releases.get(..end).unwrap_or_default()
    }

    /// The caller's history; `None` where there is neither a warehouse nor a recorded release.
    ///
    /// # Errors
    /// An outage, or data that cannot be read.
    pub async fn if_any(
        context: &ActionContext,
    ) -> Result<Option<std::sync::Arc<Self>>, ActionError> {
        match context.dataset::<Self>().await {
            Ok(history) => Ok(Some(history)),
            Err(ActionError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[cfg(test)]
    pub fn of(releases: Vec<Release>) -> Self {
        let collected = Collected {
            releases,
            ..Collected::default()
        };
        collected.into_history()
    }
}

/// What is read, before it is put in order.
#[derive(Default)]
struct Collected {
    releases: Vec<Release>,
    notes: Vec<String>,
}

impl Collected {
    fn take_warehouse(&mut self, releases: &[Vec<Value>], changes: &[Vec<Value>]) {
        let mut heads: HashMap<String, ReleaseHead> = HashMap::new();
        let (mut unusable, mut repeated) = (0_usize, 0_usize);
        for row in releases {
            match head(row) {
                None => unusable += 1,
                Some(head) if heads.contains_key(&head.version) => repeated += 1,
                Some(head) => {
                    heads.insert(head.version.clone(), head);
                }
            }
        }
        self.left_out(
            unusable,
            "rows of releases without a version or a release time",
        );
        self.left_out(repeated, "rows of releases whose version was there already");

        let mut shipped: HashMap<&str, Vec<Change>> = HashMap::new();
        let mut seen = HashSet::new();
        let (mut unusable, mut repeated, mut unsized_changes) = (0_usize, 0_usize, 0_usize);
        for row in changes {
            let version = row.get(1).and_then(text);
            let known = version.and_then(|version| heads.get_key_value(&version));
            let (Some((version, _)), Some((change, has_size))) = (known, change(row)) else {
                unusable += 1;
                continue;
            };
            if !seen.insert((version.as_str(), change.change_id.clone())) {
                repeated += 1;
                continue;
            }
            unsized_changes += usize::from(!has_size);
            shipped.entry(version).or_default().push(change);
        }
        self.left_out(unusable, "changes without an identifier or a known release");
        self.left_out(repeated, "changes that their release had already");
        if unsized_changes > 0 {
            self.notes.push(format!(
                "{unsized_changes} changes have no usable size; what is missing counts as 0."
            ));
        }
        let releases = heads.values().map(|head| {
            let changes = shipped.remove(head.version.as_str()).unwrap_or_default();
            Release::new(head.clone(), changes)
        });
        self.releases.extend(releases);
    }

    fn take_recorded(&mut self, recorded: Vec<RecordedRelease>) -> Result<(), ActionError> {
        let loaded: HashSet<String> = self
            .releases
            .iter()
            .map(|release| release.version().to_owned())
            .collect();
        let mut repeated = 0_usize;
        for release in recorded {
            if loaded.contains(&release.version) {
                repeated += 1;
                continue;
            }
            let changes: Vec<NewChange> = serde_json::from_str(&release.changes)
                .map_err(|error| ActionError::broken(&error))?;
            let changes = changes.into_iter().map(Change::from).collect();
            let head = ReleaseHead {
                version: release.version,
                released_at: release.released_at,
                previous_version: release.previous_version,
                kind: ReleaseKind::from_name(&release.kind),
                commit: release.commit_id,
                recorded: true,
            };
            self.releases.push(Release::new(head, changes));
        }
        if repeated > 0 {
            self.notes.push(format!(
                "{repeated} recorded releases are in the warehouse as well, which is what is read."
            ));
        }
        Ok(())
    }

    fn left_out(&mut self, count: usize, what: &str) {
        if count > 0 {
            self.notes.push(format!("{count} {what} were left out."));
        }
    }

    fn into_history(mut self) -> History {
        self.releases.sort_by(|one, other| {
            let oldest_first = one.released_at.cmp(&other.released_at);
            oldest_first.then_with(|| one.version().cmp(other.version()))
        });
        let places = self
            .releases
            .iter()
            .enumerate()
            .map(|(place, release)| (release.version().to_owned(), place))
            .collect();
        let reverts = reverts::find(&self.releases);
        let lost = reverts.iter().filter(|revert| revert.of.is_none()).count();
        if lost > 0 {
            self.notes.push(format!(
                "{lost} reverts take back a change that no known release shipped; they fail no release."
            ));
        }
        let mut takes_back = HashMap::new();
        let mut taken_back = HashMap::new();
        for revert in &reverts {
            if let Some(of) = revert.of {
                takes_back.insert(revert.by, of.release);
                // Reverts are found oldest release first.
                taken_back.entry(of).or_insert(revert.by.release);
            }
        }
        History {
            releases: self.releases,
            places,
            reverts,
            takes_back,
            taken_back,
            notes: self.notes,
        }
    }
}

/// A row of `releases`; `None` without a version or a time.
fn head(row: &[Value]) -> Option<ReleaseHead> {
    let [version, released_at, previous_version, kind] = row else {
        return None;
    };
    Some(ReleaseHead {
        version: text(version)?,
        released_at: time(released_at)?,
        previous_version: text(previous_version),
        kind: text(kind).map_or(ReleaseKind::Other, |kind| ReleaseKind::from_name(&kind)),
        commit: None,
        recorded: false,
    })
}

/// A row of `release_changes`, and whether its size is known; `None` without an identifier.
fn change(row: &[Value]) -> Option<(Change, bool)> {
    let [
        change_id,
        _version,
        committed_at,
        author,
        title,
        pull_request,
        files_changed,
        lines_added,
        lines_removed,
        reverts,
    ] = row
    else {
        return None;
    };
    let sizes = [files_changed, lines_added, lines_removed].map(size);
    let [files_changed, lines_added, lines_removed] = sizes.map(Option::unwrap_or_default);
    let change = Change {
        change_id: text(change_id)?,
        committed_at: time(committed_at),
        author: text(author),
        title: text(title).unwrap_or_default(),
        pull_request: whole(pull_request),
        files_changed,
        lines_added,
        lines_removed,
        reverts: text(reverts),
    };
    Some((change, sizes.iter().all(Option::is_some)))
}

/// A text; an identifier that looks like a whole number is one all the same.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Boolean(_) => None,
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Text(text) => Timestamp::parse_rfc3339(text),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

fn size(value: &Value) -> Option<i64> {
    whole(value).filter(|number| *number >= 0)
}
