//! The four measures of software delivery (DORA) of a set of releases.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::failures::Failure;
use super::history::History;
use super::span::day;
use crate::actions::statistics::{count, quantile, real, share};
use crate::model::Timestamp;

/// What releases of a stretch of time show of how software is delivered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct DeliveryFigures {
    /// How many releases there were.
    #[schema(minimum = 0)]
    pub releases: usize,
    /// Deployment frequency: releases over the days of the stretch, times seven.
    #[schema(minimum = 0)]
    pub releases_per_week: f64,
    /// How many changes they shipped.
    #[schema(minimum = 0)]
    pub changes: usize,
    /// How many of these have a lead time: their commit time is known, and not after the release.
    #[schema(minimum = 0)]
    pub changes_with_lead_time: usize,
    /// Changes that were committed after the release that shipped them, as clocks have it. They have
    /// no lead time.
    #[schema(minimum = 0)]
    pub changes_committed_after_release: usize,
    /// Lead time for changes, from commit to release, in seconds: the median.
    pub lead_time_median_seconds: Option<f64>,
    /// Lead time for changes, in seconds: the 90th percentile.
    pub lead_time_p90_seconds: Option<f64>,
    /// How many releases failed.
    #[schema(minimum = 0)]
    pub failed_releases: usize,
    /// How many of these had a change reverted by a later release.
    #[schema(minimum = 0)]
    pub failed_by_revert: usize,
    /// How many of these were followed by a hotfix. A release may have failed in both ways.
    #[schema(minimum = 0)]
    pub failed_by_hotfix: usize,
    /// Change failure rate: failed releases over releases, from 0 to 1; null without releases.
    #[schema(minimum = 0, maximum = 1)]
    pub change_failure_rate: Option<f64>,
    /// Time to restore, from a failed release to the release that put it right, in seconds: the median.
    pub time_to_restore_median_seconds: Option<f64>,
    /// Time to restore, in seconds: the 90th percentile.
    pub time_to_restore_p90_seconds: Option<f64>,
    /// The versions that failed.
    pub failed_versions: Vec<String>,
}

/// The figures of the releases from the day `from` until before the day `to`; `failures` tells how
/// each release of the history failed.
pub fn measure(
    history: &History,
    failures: &[Failure],
    from: NaiveDate,
    to: NaiveDate,
) -> DeliveryFigures {
    let all = history.releases();
    let start = all.partition_point(|release| day(release.released_at) < from);
    let end = all.partition_point(|release| day(release.released_at) < to);
    let mut figures = DeliveryFigures::default();
    let mut lead_times = Vec::new();
    let mut restore_times = Vec::new();
    for (release, failure) in all.iter().zip(failures).take(end).skip(start) {
        figures.releases += 1;
        figures.changes += release.changes.len();
        let commit_times = release.changes.iter().map(|change| change.committed_at);
        for committed_at in commit_times.flatten() {
            let micros = between(committed_at, release.released_at);
            if micros < 0 {
                figures.changes_committed_after_release += 1;
            } else {
                lead_times.push(micros);
            }
        }
        figures.failed_by_revert += usize::from(failure.reverted_by.is_some());
        figures.failed_by_hotfix += usize::from(failure.hotfixed_by.is_some());
        if let Some(restoring) = failure.restored_by().and_then(|place| all.get(place)) {
            restore_times.push(between(release.released_at, restoring.released_at));
            figures.failed_versions.push(release.version().to_owned());
        }
    }
    lead_times.sort_unstable();
    restore_times.sort_unstable();
    let days = to.signed_duration_since(from).num_days().max(1);
    figures.releases_per_week = 7.0 * count(figures.releases) / real(days);
    figures.changes_with_lead_time = lead_times.len();
    figures.lead_time_median_seconds = seconds(quantile(&lead_times, 1, 2));
    figures.lead_time_p90_seconds = seconds(quantile(&lead_times, 9, 10));
    figures.failed_releases = restore_times.len();
    figures.change_failure_rate = share(figures.failed_releases, figures.releases);
    figures.time_to_restore_median_seconds = seconds(quantile(&restore_times, 1, 2));
    figures.time_to_restore_p90_seconds = seconds(quantile(&restore_times, 9, 10));
    figures
}

/// Microseconds from one moment to another.
fn between(one: Timestamp, other: Timestamp) -> i64 {
    other.micros().saturating_sub(one.micros())
}

fn seconds(micros: Option<f64>) -> Option<f64> {
    micros.map(|micros| micros / 1e6)
}
