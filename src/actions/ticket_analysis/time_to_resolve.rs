//! How long tickets take.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{Place, TicketGrouping, missing_last, owned};
use super::selection::{DayRange, note, opened_in};
use super::ticket::{TicketEnd, TicketMoment, Tickets};
use crate::actions::statistics::{mean, median, quantile};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See [`Action`].
pub struct TimeToResolve;

/// Which tickets are measured, and up to when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeToResolveInput {
    /// What the tickets are told apart by.
    #[serde(default)]
    #[schema(default = "group")]
    by: TicketGrouping,
    /// Whether the time runs until the ticket is resolved or until it is closed.
    #[serde(default)]
    #[schema(default = "resolved")]
    until: TicketEnd,
    /// The first day (UTC) of opening.
    #[schema(format = Date, example = "2016-03-01")]
    from: Option<String>,
    /// The day (UTC) after the last day of opening.
    #[schema(format = Date, example = "2016-03-02")]
    to: Option<String>,
}

/// How long tickets take.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeToResolveOutput {
    /// What the tickets are told apart by.
    by: TicketGrouping,
    /// Up to when the time runs.
    until: TicketEnd,
    /// Of all tickets together.
    overall: TimeToResolveFigures,
    /// Of each part; those with the most tickets first.
    parts: Vec<TimeToResolveFigures>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// How long the tickets of one part take.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct TimeToResolveFigures {
    /// The group; `null` where groups are not told apart, or the ticket has none.
    group: Option<String>,
    /// The priority; `null` where priorities are not told apart, or the ticket has none.
    priority: Option<String>,
    /// How many tickets were measured.
    tickets: usize,
    /// The median, in seconds; `null` if no ticket was measured.
    median_seconds: Option<f64>,
    /// The 90th percentile, in seconds; `null` if no ticket was measured.
    p90_seconds: Option<f64>,
    /// The arithmetic mean, in seconds; `null` if no ticket was measured.
    mean_seconds: Option<f64>,
}

impl Action for TimeToResolve {
    const NAME: &'static str = "time_to_resolve";
    const SUMMARY: &'static str =
        "Median, 90th percentile and mean time to resolve, by group and priority";
    const DESCRIPTION: &'static str = "Measures the seconds from opened_at to resolved_at (or closed_at) \
        of each ticket, by the clock and not by working hours; of a reopened ticket the last resolution \
        counts. Group and priority are those of the ticket's last event. Percentiles are interpolated \
        linearly: of n sorted times, counted from 0, the quantile q lies at place (n - 1) q. Tickets \
        that lack one of the times, or whose end lies before their opening, are left out and counted \
        in notes.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Time to resolve by priority",
        input: include_str!("examples/time_to_resolve.input.json"),
        output: include_str!("examples/time_to_resolve.output.json"),
    }];
    type Input = TimeToResolveInput;
    type Output = TimeToResolveOutput;

    async fn run(
        context: &ActionContext,
        input: TimeToResolveInput,
    ) -> Result<TimeToResolveOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(
    tickets: &Tickets,
    input: &TimeToResolveInput,
) -> Result<TimeToResolveOutput, ActionError> {
    let range = DayRange::parse(input.from.as_deref(), input.to.as_deref())?;
    let (chosen, mut notes) = opened_in(tickets, range);
    let end = TicketMoment::from(input.until);
    let mut parts: BTreeMap<Place<'_>, Vec<i64>> = BTreeMap::new();
    let mut all = Vec::with_capacity(chosen.len());
    let (mut unopened, mut unended, mut negative) = (0, 0, 0);
    for ticket in chosen {
        let Some(opened) = ticket.time(TicketMoment::Opened) else {
            unopened += 1;
            continue;
        };
        let Some(ended) = ticket.time(end) else {
            unended += 1;
            continue;
        };
        let seconds = (ended - opened).num_seconds();
        if seconds < 0 {
            negative += 1;
            continue;
        }
        parts
            .entry(input.by.place(ticket))
            .or_default()
            .push(seconds);
        all.push(seconds);
    }
    note(&mut notes, unopened, TicketMoment::Opened.unknown());
    note(&mut notes, unended, end.unknown());
    note(
        &mut notes,
        negative,
        "tickets left out whose end lies before their opening",
    );

    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|((group, priority), seconds)| {
        (
            Reverse(seconds.len()),
            missing_last(*group),
            missing_last(*priority),
        )
    });
    let parts = parts
        .into_iter()
        .map(|(place, seconds)| figures(place, seconds));
    Ok(TimeToResolveOutput {
        by: input.by,
        until: input.until,
        parts: parts.collect(),
        overall: figures((None, None), all),
        notes,
    })
}

fn figures((group, priority): Place<'_>, mut seconds: Vec<i64>) -> TimeToResolveFigures {
    seconds.sort_unstable();
    TimeToResolveFigures {
        group: owned(group),
        priority: owned(priority),
        tickets: seconds.len(),
        median_seconds: median(&seconds),
        p90_seconds: quantile(&seconds, 9, 10),
        mean_seconds: mean(&seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Row, tickets};
    use super::*;

    #[test]
    fn times_that_are_missing_or_run_backwards_are_left_out_and_counted() {
        let row = |number: &str, opened: &str, resolved: &str| {
            Row::new(number, "2016-03-09T00:00:00Z", 1).times(opened, resolved, "")
        };
        let tickets = tickets(vec![
            row("A", "2016-03-01T00:00:00Z", "2016-03-01T00:01:00Z"),
            row("B", "2016-03-01T00:00:00Z", "2016-03-01T00:02:00Z"),
            row("C", "2016-03-01T00:00:00Z", ""),
            row("D", "", "2016-03-01T00:00:00Z"),
            row("E", "2016-03-01T00:00:01Z", "2016-03-01T00:00:00Z"),
        ]);
        let input = serde_json::from_str(r#"{"by": "none"}"#).unwrap();
        let times = answer(&tickets, &input).unwrap();
        assert_eq!(times.overall.tickets, 2);
        assert_eq!(times.overall.median_seconds, Some(90.0));
        assert_eq!(times.overall.p90_seconds, Some(114.0));
        assert_eq!(times.parts, [times.overall]);
        assert_eq!(times.notes.len(), 3, "{:?}", times.notes);
    }
}
