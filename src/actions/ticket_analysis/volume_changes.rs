//! When there were suddenly many more or many fewer tickets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{TicketDimension, missing_last, owned};
use super::selection::{DayRange, happened_in, note, starts};
use super::ticket::{TicketMoment, Tickets};
use crate::actions::calendar::{Period, day};
use crate::actions::page::{self, paginate};
use crate::actions::statistics::{median, real};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// The median of the deviations from the median, times this, estimates the standard deviation of
/// normal noise.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// Most counts that are looked at for one answer, each as often as windows hold it.
const MOST_WORK: usize = 20_000_000;

/// See [`Action`].
pub struct VolumeChanges;

/// What is counted, and what counts as sudden.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeChangesInput {
    /// What the tickets are told apart by; each value is judged by itself.
    #[serde(default)]
    #[schema(default = "none")]
    by: TicketDimension,
    /// What the tickets are counted by. Weeks begin on Monday.
    #[serde(default = "usual_period")]
    #[schema(default = "day")]
    period: Period,
    /// Whether a ticket counts when it is opened, resolved or closed.
    #[serde(default)]
    #[schema(default = "opened")]
    moment: TicketMoment,
    /// How many periods before the one that is judged say what is usual.
    #[serde(default = "usual_window")]
    #[schema(minimum = 3, maximum = 365, default = 14)]
    window: usize,
    /// From which score on, up or down, a change is sudden.
    #[serde(default = "usual_threshold")]
    #[schema(minimum = 0.1, maximum = 1000.0, default = 3.5)]
    threshold: f64,
    /// The first day (UTC) on which a period that is judged may begin; the window reaches back further.
    #[schema(format = Date, example = "2016-03-01")]
    from: Option<String>,
    /// The day (UTC) before which a period that is judged begins.
    #[schema(format = Date, example = "2016-04-01")]
    to: Option<String>,
    /// The `next_cursor` of the page before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Most changes of a page.
    #[serde(default = "page::usual_figures")]
    #[schema(minimum = 1, maximum = 200, default = 100)]
    limit: u32,
}

fn usual_period() -> Period {
    Period::Day
}

fn usual_window() -> usize {
    14
}

fn usual_threshold() -> f64 {
    3.5
}

/// The sudden changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct VolumeChangesOutput {
    /// What the tickets are told apart by.
    by: TicketDimension,
    /// What the tickets are counted by.
    period: Period,
    /// When a ticket counts.
    moment: TicketMoment,
    /// How many periods say what is usual.
    window: usize,
    /// From which score on a change is sudden.
    threshold: f64,
    /// How many counts were judged: periods with a whole window before them, times values.
    judged: usize,
    /// How many sudden changes there are, on all pages.
    found: usize,
    /// Those of this page, strongest first.
    changes: Vec<VolumeChange>,
    /// What the next page is asked for with; `null` on the last.
    next_cursor: Option<String>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// A period with suddenly many more or many fewer tickets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VolumeChange {
    /// Its first day.
    #[schema(format = Date, example = "2016-03-24")]
    starts_on: String,
    /// The value; `null` for tickets that lack it, and where nothing is told apart.
    value: Option<String>,
    /// How many tickets there were.
    tickets: i64,
    /// How many are usual: the median of the window.
    usual: f64,
    /// How much is usually more or less: what the score is measured in.
    scale: f64,
    /// How many scales there are between count and usual; negative when there were fewer.
    score: f64,
}

impl Action for VolumeChanges {
    const NAME: &'static str = "volume_changes";
    const SUMMARY: &'static str = "Find days or weeks with suddenly many more or fewer tickets";
    const DESCRIPTION: &'static str = "Counts tickets by period, as ticket_volume does, from the first \
        ticket to the last with empty periods as zero, and compares each count with the `window` \
        periods before it, its own left out. The score is (count - median) / scale with scale = \
        max(1.4826 MAD, sqrt(median), 1): MAD is the median of the absolute deviations from the \
        window's median; the square root is the noise that counts have anyway (Poisson), and keeps \
        quiet windows, whose MAD is zero, from making every ticket an alarm. A change is sudden when \
        the score reaches `threshold` up or down. Periods without a whole window before them are not \
        judged. Days of a week differ: take a window of several whole weeks, or count by week.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Days on which suddenly many or few tickets were closed",
        input: include_str!("examples/volume_changes.input.json"),
        output: include_str!("examples/volume_changes.output.json"),
    }];
    type Input = VolumeChangesInput;
    type Output = VolumeChangesOutput;

    async fn run(
        context: &ActionContext,
        input: VolumeChangesInput,
    ) -> Result<VolumeChangesOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(
    tickets: &Tickets,
    input: &VolumeChangesInput,
) -> Result<VolumeChangesOutput, ActionError> {
    let VolumeChangesInput {
        by,
        period,
        moment,
        window,
        threshold,
        ..
    } = *input;
    let judged_days = DayRange::parse(input.from.as_deref(), input.to.as_deref())?;
    let (dated, counted) = happened_in(tickets, moment, DayRange::default());
    let mut notes = tickets.notes();
    note(&mut notes, tickets.all().len() - dated, moment.unknown());

    let days = || counted.iter().map(|(_, time)| day(*time));
    let starts = match (days().min(), days().max()) {
        (Some(first), Some(last)) => starts(period, first, last)?,
        _ => Vec::new(),
    };
    let places: HashMap<NaiveDate, usize> = starts.iter().copied().zip(0..).collect();
    let mut series: BTreeMap<(bool, Option<&str>), Vec<i64>> = BTreeMap::new();
    for (ticket, time) in &counted {
        let counts = series
            .entry(missing_last(by.value(ticket.present())))
            .or_insert_with(|| vec![0; starts.len()]);
        let place = places.get(&period.start(day(*time)));
        if let Some(count) = place.and_then(|place| counts.get_mut(*place)) {
            *count += 1;
        }
    }
    let judged = starts
        .len()
        .saturating_sub(window)
        .saturating_mul(series.len());
    if judged.saturating_mul(window) > MOST_WORK {
        let detail = "is too wide for so many periods and values; take longer periods";
        return Err(ActionError::invalid("window", detail));
    }
    note(
        &mut notes,
        starts.len().min(window),
        "periods at the beginning were not judged, as they have no whole window before them",
    );

    let mut judged = 0;
    let mut changes = Vec::new();
    for ((_, value), counts) in &series {
        for (before, (start, count)) in counts
            .windows(window)
            .zip(starts.iter().zip(counts).skip(window))
        {
            if !judged_days.contains(*start) {
                continue;
            }
            judged += 1;
            let (usual, scale) = usual(before);
            let score = (real(*count) - usual) / scale;
            if score.abs() >= threshold {
                changes.push(VolumeChange {
                    starts_on: start.to_string(),
                    value: owned(*value),
                    tickets: *count,
                    usual,
                    scale,
                    score,
                });
            }
        }
    }
    changes.sort_by_cached_key(VolumeChange::key);
    let chosen_by = (
        VolumeChanges::NAME,
        (by, period, moment, window, threshold),
        [&input.from, &input.to],
    );
    let page = paginate(
        &changes,
        VolumeChange::key,
        &chosen_by,
        input.cursor.as_deref(),
        input.limit,
    )?;
    Ok(VolumeChangesOutput {
        by,
        period,
        moment,
        window,
        threshold,
        judged,
        found: changes.len(),
        changes: page.items.to_vec(),
        next_cursor: page.next_cursor,
        notes,
    })
}

impl VolumeChange {
    /// What the list is sorted by: strongest first; those of one strength by day, then by value,
    /// missing ones last.
    fn key(&self) -> (Reverse<u64>, String, bool, Option<String>) {
        // The bits of numbers above zero are in the order of the numbers.
        let strength = self.score.abs().to_bits();
        let (is_missing, value) = missing_last(self.value.as_deref());
        (
            Reverse(strength),
            self.starts_on.clone(),
            is_missing,
            owned(value),
        )
    }
}

/// What is usual after these counts, and how much is usually more or less.
fn usual(counts: &[i64]) -> (f64, f64) {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    // The median of whole numbers is whole or a half, so twice each deviation is whole.
    let middle = |place: usize| sorted.get(place).copied().unwrap_or(0);
    let twice_usual = middle(sorted.len().saturating_sub(1) / 2) + middle(sorted.len() / 2);
    let mut twice: Vec<i64> = sorted
        .iter()
        .map(|count| (2 * count - twice_usual).abs())
        .collect();
    twice.sort_unstable();
    let usual = real(twice_usual) / 2.0;
    let deviation = median(&twice).unwrap_or(0.0) / 2.0;
    let scale = (MAD_TO_DEVIATION * deviation).max(usual.sqrt()).max(1.0);
    (usual, scale)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Row, tickets};
    use super::*;

    #[test]
    fn quiet_windows_have_a_scale() {
        assert_eq!(usual(&[0, 0, 0]), (0.0, 1.0));
        assert_eq!(usual(&[9, 9, 9, 100]), (9.0, 3.0));
        assert_eq!(usual(&[0, 10, 20, 30]), (15.0, MAD_TO_DEVIATION * 10.0));
    }

    #[test]
    fn a_jump_is_found_with_what_was_usual() {
        let counts = [1, 1, 1, 6, 1];
        let rows = counts.iter().enumerate().flat_map(|(day, count)| {
            (0..*count).map(move |number| {
                let opened = format!("2016-03-{:02}T08:00:00Z", day + 1);
                Row::new(&format!("{day}-{number}"), &opened, 0).times(&opened, "", "")
            })
        });
        let tickets = tickets(rows.collect());
        let input = serde_json::from_str(r#"{"window": 3}"#).unwrap();
        let found = answer(&tickets, &input).unwrap();
        assert_eq!((found.judged, found.found), (2, 1));
        let jump = VolumeChange {
            starts_on: "2016-03-04".to_owned(),
            value: None,
            tickets: 6,
            usual: 1.0,
            scale: 1.0,
            score: 5.0,
        };
        assert_eq!(found.changes, [jump]);
    }
}
