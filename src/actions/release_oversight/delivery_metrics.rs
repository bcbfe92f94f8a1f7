//! `delivery_metrics`: the four DORA measures, by period.

use std::time::Duration;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::delivery::{DeliveryFigures, measure};
use super::history::History;
use super::span::Span;
use super::{SCOPE_READ, failures};
use crate::actions::calendar::Period;
use crate::actions::page::{self, paginate};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// Most periods of one answer.
const MOST_PERIODS: usize = 1000;
const USUAL_HOTFIX_HOURS: u32 = 12;

/// See the module.
pub struct DeliveryMetrics;

/// Which releases are measured, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryMetricsInput {
    /// How long each period is; weeks begin on Mondays, all times are UTC.
    #[serde(default = "month")]
    #[schema(default = "month")]
    period: Period,
    /// The first day; by default that of the first release, no earlier than 1970.
    #[schema(format = Date, example = "2026-01-01")]
    from: Option<String>,
    /// The day after the last; by default the day after the last release, no later than the day
    /// after tomorrow.
    #[schema(format = Date, example = "2026-07-01")]
    to: Option<String>,
    /// A release also failed if the next one is a patch that came within this many hours; 0 turns
    /// that rule off.
    #[serde(default = "usual_hotfix_hours")]
    #[schema(default = 12, minimum = 0, maximum = 168)]
    hotfix_hours: u32,
    /// Where the last page ended: its `next_cursor`.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Most periods of a page.
    #[serde(default = "page::usual_figures")]
    #[schema(default = 100, minimum = 1, maximum = 200)]
    limit: u32,
}

fn month() -> Period {
    Period::Month
}

fn usual_hotfix_hours() -> u32 {
    USUAL_HOTFIX_HOURS
}

/// The figures of one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPeriod {
    /// Its first day within what was asked for.
    #[schema(format = Date)]
    from: String,
    /// The day after its last within what was asked for.
    #[schema(format = Date)]
    to: String,
    /// What its releases show.
    figures: DeliveryFigures,
}

/// The four measures.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryMetricsOutput {
    /// How long each period is.
    period: Period,
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The day after the last.
    #[schema(format = Date)]
    to: String,
    /// All the time taken together.
    total: DeliveryFigures,
    /// Every period in order, those without a release as well.
    periods: Vec<DeliveryPeriod>,
    /// What the next page of periods is asked for with; null on the last.
    next_cursor: Option<String>,
    /// What was left out or assumed.
    notes: Vec<String>,
}

impl Action for DeliveryMetrics {
    const NAME: &'static str = "delivery_metrics";
    const SUMMARY: &'static str = "The four DORA measures of software delivery, by period";
    const DESCRIPTION: &'static str = "\
Measures how software is delivered, from the releases in each day, week, month or quarter and in all. \
Deployment frequency: releases over the days of the period, as releases per week. \
Lead time for changes: from a change's commit to the release that shipped it; median and 90th \
percentile over changes, interpolated linearly; a change committed after its release, as clocks have \
it, is counted apart and left out. \
Change failure rate: the share of releases that failed. A release failed if a later release ships a \
change that reverts one of its changes, or if the very next release is a patch within `hotfix_hours` \
(12 unless said otherwise; 0 counts reverts alone, which is the stricter reading). A change reverted \
before its own release went out fails nothing. \
Time to restore: from a failed release to the first release that reverts its change or is that \
hotfix. A failure counts in the period of the release that failed, so that the newest releases may \
still turn out to have failed. Periods come a page at a time; `total` and the notes are of all of them.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "November 2025",
        input: r#"{"period": "month", "from": "2025-11-01", "to": "2025-12-01"}"#,
        output: include_str!("examples/delivery_metrics.json"),
    }];
    type Input = DeliveryMetricsInput;
    type Output = DeliveryMetricsOutput;

    async fn run(
        context: &ActionContext,
        input: DeliveryMetricsInput,
    ) -> Result<DeliveryMetricsOutput, ActionError> {
        let span = Span::read(input.from.as_deref(), input.to.as_deref())?;
        let history = context.dataset::<History>().await?;
        let (from, to) = span.closed(&history, context.now());
        let hotfix = Duration::from_secs(u64::from(input.hotfix_hours) * 3600);
        let failures = failures::find(&history, hotfix);
        let figures = |from: NaiveDate, to: NaiveDate| measure(&history, &failures, from, to);
        let total = figures(from, to);
        let last = to.pred_opt().unwrap_or(to);
        let starts = input
            .period
            .starts(from, last, MOST_PERIODS)
            .ok_or_else(|| {
                let problem =
                    format!("gives more than {MOST_PERIODS} periods; ask for longer or fewer");
                ActionError::invalid("period", problem)
            })?;
        let of = (
            Self::NAME,
            input.period,
            &input.from,
            &input.to,
            input.hotfix_hours,
        );
        let page = paginate(
            &starts,
            |start| *start,
            &of,
            input.cursor.as_deref(),
            input.limit,
        )?;
        let periods = page.items.iter().map(|start| {
            let end = input.period.next(*start).unwrap_or(to).min(to);
            let start = from.max(*start);
            DeliveryPeriod {
                from: start.to_string(),
                to: end.to_string(),
                figures: figures(start, end),
            }
        });
        Ok(DeliveryMetricsOutput {
            period: input.period,
            from: from.to_string(),
            to: to.to_string(),
            periods: periods.collect(),
            next_cursor: page.next_cursor,
            notes: notes(&history, &total, input.hotfix_hours),
            total,
        })
    }
}

fn notes(history: &History, total: &DeliveryFigures, hotfix_hours: u32) -> Vec<String> {
    let mut notes = history.notes();
    let after = total.changes_committed_after_release;
    if after > 0 {
        notes.push(format!(
            "{after} changes were committed after their release, as clocks have it, and have no lead time."
        ));
    }
    let unknown = total.changes - total.changes_with_lead_time - after;
    if unknown > 0 {
        notes.push(format!(
            "{unknown} changes have no commit time, and so no lead time."
        ));
    }
    notes.push(if hotfix_hours == 0 {
        "A release failed if a later one reverts a change of it.".to_owned()
    } else {
        format!(
            "A release failed if a later one reverts a change of it, or if the next one is a patch \
             within {hotfix_hours} hours."
        )
    });
    notes
}
