//! `show_release`: one release and what it shipped.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_READ;
use super::gate::ReleaseGate;
use super::history::History;
use super::records::{Change, ReleaseSummary, authors};
use super::reverts::Place;
use super::shipped::ShippedChange;
use crate::actions::page::{self, paginate};
use crate::actions::statistics::quantile;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See the module.
pub struct ShowRelease;

/// Which release is shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowReleaseInput {
    /// Its version.
    #[schema(min_length = 1, max_length = 100, example = "0.11.22")]
    version: String,
    /// Where the last page of changes ended: its `next_cursor`.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Most changes of a page.
    #[serde(default = "page::usual")]
    #[schema(default = 50, minimum = 1, maximum = 200)]
    limit: u32,
}

/// One release.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowReleaseOutput {
    /// The release itself.
    release: ReleaseSummary,
    /// The commit that was released, if it is known.
    commit: Option<String>,
    /// How many people wrote its changes.
    #[schema(minimum = 0)]
    authors: usize,
    /// How many of its changes revert another.
    #[schema(minimum = 0)]
    reverts: usize,
    /// How many of its changes were reverted since, in it or in a later release.
    #[schema(minimum = 0)]
    reverted_changes: usize,
    /// From commit to release, in seconds: the median over its changes; null if no commit time is
    /// known.
    lead_time_median_seconds: Option<f64>,
    /// How many gates before the version are open.
    #[schema(minimum = 0)]
    open_gates: i64,
    /// These, at most 100, the one set last first.
    gates: Vec<ReleaseGate>,
    /// A page of its changes, the one committed last first.
    changes: Vec<ShippedChange>,
    /// What the next page of changes is asked for with; null on the last.
    next_cursor: Option<String>,
    /// What was left out or assumed.
    notes: Vec<String>,
}

impl Action for ShowRelease {
    const NAME: &'static str = "show_release";
    const SUMMARY: &'static str = "One release with the changes that it shipped";
    const DESCRIPTION: &'static str = "\
Shows a release: its changes (a page at a time, the one committed last first), which of them revert \
another or were reverted since and where, how many people wrote them, the median time from commit to \
release (changes that were committed after the release, as clocks have it, are left out and counted in \
the notes), and the gates that are still open before the version.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "A release whose change was reverted in the next one",
        input: r#"{"version": "0.11.22", "limit": 1}"#,
        output: include_str!("examples/show_release.json"),
    }];
    type Input = ShowReleaseInput;
    type Output = ShowReleaseOutput;

    async fn run(
        context: &ActionContext,
        input: ShowReleaseInput,
    ) -> Result<ShowReleaseOutput, ActionError> {
        let history = context.dataset::<History>().await?;
        let (place, release) = history.release(&input.version)?;
        let changes: Vec<(usize, &Change)> = release.changes.iter().enumerate().collect();
        let page = paginate(
            &changes,
            |(position, change)| (*position, change.change_id.clone()),
            &(Self::NAME, &input.version),
            input.cursor.as_deref(),
            input.limit,
        )?;
        let (open_gates, gates) = ReleaseGate::open(context, &input.version).await?;
        let mut lead_times: Vec<i64> = release
            .changes
            .iter()
            .filter_map(|change| change.committed_at)
            .map(|at| release.released_at.micros().saturating_sub(at.micros()))
            .collect();
        let known = lead_times.len();
        lead_times.retain(|micros| *micros >= 0);
        lead_times.sort_unstable();
        let mut notes = history.notes();
        let after = known - lead_times.len();
        if after > 0 {
            notes.push(format!(
                "{after} changes were committed after the release, as clocks have it, and have no lead time."
            ));
        }
        let at = |change| Place {
            release: place,
            change,
        };
        let taken_back = changes
            .iter()
            .filter(|(position, _)| history.taken_back_in(at(*position)).is_some());
        Ok(ShowReleaseOutput {
            release: release.summary.clone(),
            commit: release.commit.clone(),
            authors: authors(&release.changes).len(),
            reverts: release
                .changes
                .iter()
                .filter(|change| change.reverts.is_some())
                .count(),
            reverted_changes: taken_back.count(),
            lead_time_median_seconds: quantile(&lead_times, 1, 2).map(|micros| micros / 1e6),
            open_gates,
            gates,
            changes: page
                .items
                .iter()
                .map(|(position, change)| {
                    ShippedChange::new(&history, at(*position), release, change)
                })
                .collect(),
            next_cursor: page.next_cursor,
            notes,
        })
    }
}
