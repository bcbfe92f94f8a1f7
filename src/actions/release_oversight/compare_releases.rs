//! `compare_releases`: what lies between two versions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_READ;
use super::comparison::{ChangesOfSize, ChangesOfType, by_size, by_type};
use super::history::History;
use super::records::{Change, Release, ReleaseSummary, authors};
use super::reverts::Place;
use super::shipped::ShippedChange;
use crate::actions::statistics::{quantile, real};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// Most reverts, and most large changes, that are shown.
const MOST_SHOWN: usize = 20;

/// See the module.
pub struct CompareReleases;

/// Two versions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareReleasesInput {
    /// The earlier version; what it shipped does not belong to the comparison.
    #[schema(min_length = 1, max_length = 100, example = "0.12.3")]
    from_version: String,
    /// The later version; what it shipped does.
    #[schema(min_length = 1, max_length = 100, example = "0.12.5")]
    to_version: String,
}

/// What lies between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareReleasesOutput {
    /// The earlier release.
    from: ReleaseSummary,
    /// The later release.
    to: ReleaseSummary,
    /// How long the later one came after the earlier one, in seconds.
    #[schema(minimum = 0)]
    seconds_between: f64,
    /// The versions released after the earlier one, up to the later one itself, oldest first.
    versions: Vec<String>,
    /// How many changes these shipped.
    #[schema(minimum = 0)]
    changes: usize,
    /// How many lines were added.
    #[schema(minimum = 0)]
    lines_added: i64,
    /// How many lines were removed.
    #[schema(minimum = 0)]
    lines_removed: i64,
    /// The median of the changes' sizes, in lines added and removed; null without changes.
    median_change_lines: Option<f64>,
    /// How many people wrote the changes.
    #[schema(minimum = 0)]
    authors: usize,
    /// How many of these wrote nothing that was released up to the earlier version.
    #[schema(minimum = 0)]
    new_authors: usize,
    /// The changes by the type in their titles (`fix: ...`), the most frequent first.
    changes_by_type: Vec<ChangesOfType>,
    /// The changes by their size.
    changes_by_size: Vec<ChangesOfSize>,
    /// The largest changes, at most 20, by lines added and removed.
    largest_changes: Vec<ShippedChange>,
    /// How many changes revert another.
    #[schema(minimum = 0)]
    reverts: usize,
    /// These, at most 20, the newest release first.
    reverting_changes: Vec<ShippedChange>,
    /// What was left out or assumed.
    notes: Vec<String>,
}

impl Action for CompareReleases {
    const NAME: &'static str = "compare_releases";
    const SUMMARY: &'static str = "What lies between two versions";
    const DESCRIPTION: &'static str = "\
Takes together what was released after `from_version`, up to and with `to_version`, in the order of \
release times: the versions, the changes by type and size, how many people wrote them and how many of \
these were new, the largest changes, the reverts, and the time between. Types are read from titles \
that are marked so (Conventional Commits, `fix(cache): ...`); all others are `untyped`.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "What 0.11.11 brought over 0.11.10",
        input: r#"{"from_version": "0.11.10", "to_version": "0.11.11"}"#,
        output: include_str!("examples/compare_releases.json"),
    }];
    type Input = CompareReleasesInput;
    type Output = CompareReleasesOutput;

    async fn run(
        context: &ActionContext,
        input: CompareReleasesInput,
    ) -> Result<CompareReleasesOutput, ActionError> {
        let history = context.dataset::<History>().await?;
        let (from_place, from) = history.release(&input.from_version)?;
        let (to_place, to) = history.release(&input.to_version)?;
        if to_place < from_place {
            let problem = format!("was released before {}", input.from_version);
            return Err(ActionError::invalid("to_version", problem));
        }
        Ok(compare(&history, (from_place, from), (to_place, to)))
    }
}

fn compare(
    history: &History,
    (from_place, from): (usize, &Release),
    (to_place, to): (usize, &Release),
) -> CompareReleasesOutput {
    let all = history.releases();
    let (before, between) = all
        .get(..=to_place)
        .unwrap_or_default()
        .split_at(from_place + 1);
    let changes = || between.iter().flat_map(|release| &release.changes);
    let known = authors(before.iter().flat_map(|release| &release.changes));
    let wrote = authors(changes());
    let mut sizes: Vec<i64> = changes().map(Change::lines).collect();
    sizes.sort_unstable();
    let sum = |lines: fn(&Release) -> i64| between.iter().map(lines).fold(0, i64::saturating_add);

    let mut shipped = shipped(from_place + 1, between);
    shipped.reverse();
    let reverting: Vec<&Shipped<'_>> = shipped
        .iter()
        .filter(|(_, _, change)| change.reverts.is_some())
        .collect();
    let show = |(place, release, change): &Shipped<'_>| {
        ShippedChange::new(history, *place, release, change)
    };
    let reverts = reverting.len();
    let reverting_changes = reverting.into_iter().take(MOST_SHOWN).map(show).collect();
    let mut largest: Vec<&Shipped<'_>> = shipped.iter().collect();
    largest.sort_by(|(_, _, one), (_, _, other)| {
        let largest_first = other.lines().cmp(&one.lines());
        largest_first.then_with(|| one.change_id.cmp(&other.change_id))
    });
    let micros = to.released_at.since(from.released_at).as_micros();
    CompareReleasesOutput {
        from: from.summary.clone(),
        to: to.summary.clone(),
        seconds_between: real(i64::try_from(micros).unwrap_or(i64::MAX)) / 1e6,
        versions: between
            .iter()
            .map(|release| release.version().to_owned())
            .collect(),
        changes: sizes.len(),
        lines_added: sum(|release| release.summary.lines_added),
        lines_removed: sum(|release| release.summary.lines_removed),
        median_change_lines: quantile(&sizes, 1, 2),
        authors: wrote.len(),
        new_authors: wrote.difference(&known).count(),
        changes_by_type: by_type(changes()),
        changes_by_size: by_size(changes()),
        largest_changes: largest.into_iter().take(MOST_SHOWN).map(show).collect(),
        reverts,
        reverting_changes,
        notes: history.notes(),
    }
}

type Shipped<'a> = (Place, &'a Release, &'a Change);

/// The changes of neighbouring releases, of which the first is at a place of the history, oldest
/// release first.
fn shipped(first: usize, releases: &[Release]) -> Vec<Shipped<'_>> {
    let releases = releases.iter().enumerate();
    let shipped = releases.flat_map(|(offset, release)| {
        let changes = release.changes.iter().enumerate().rev();
        changes.map(move |(change, it)| {
            let place = Place {
                release: first + offset,
                change,
            };
            (place, release, it)
        })
    });
    shipped.collect()
}
