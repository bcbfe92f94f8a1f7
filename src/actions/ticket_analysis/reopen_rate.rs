//! How many tickets had to be opened again.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{TicketDimension, missing_last, owned};
use super::field::Field;
use super::selection::{DayRange, note, opened_in};
use super::ticket::{Ticket, Tickets};
use crate::actions::statistics::share;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See [`Action`].
pub struct ReopenRate;

/// Which tickets are looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenRateInput {
    /// What the tickets are told apart by.
    #[serde(default)]
    #[schema(default = "none")]
    by: TicketDimension,
    /// The first day (UTC) of opening.
    #[schema(format = Date, example = "2016-03-01")]
    from: Option<String>,
    /// The day (UTC) after the last day of opening.
    #[schema(format = Date, example = "2016-03-02")]
    to: Option<String>,
}

/// How many tickets had to be opened again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReopenRateOutput {
    /// What the tickets are told apart by.
    by: TicketDimension,
    /// Of all tickets together.
    overall: ReopenFigures,
    /// Of each value, the most reopened tickets first; empty where nothing is told apart.
    values: Vec<ReopenFigures>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// How many tickets of one value had to be opened again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReopenFigures {
    /// The value; `null` for tickets that lack it, and for all tickets together.
    value: Option<String>,
    /// How many tickets were done at least once.
    tickets: usize,
    /// How many of them were opened again.
    reopened: usize,
    /// How often they were opened again, all together.
    reopenings: i64,
    /// The share of reopened tickets, from 0 to 1; `null` of no tickets.
    rate: Option<f64>,
}

impl Action for ReopenRate {
    const NAME: &'static str = "reopen_rate";
    const SUMMARY: &'static str = "Share of tickets that had to be opened again, by any dimension";
    const DESCRIPTION: &'static str = "A ticket was reopened when reopen_count of its last event is above \
        zero. The rate is the share of these in the tickets that were done at least once: one of their \
        events is in the state Resolved or Closed, or they have resolved_at or closed_at, or were \
        reopened. They are told apart by the value that their last event has. Tickets that were never \
        done, or lack reopen_count, are left out and counted in notes.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Reopened tickets by priority",
        input: include_str!("examples/reopen_rate.input.json"),
        output: include_str!("examples/reopen_rate.output.json"),
    }];
    type Input = ReopenRateInput;
    type Output = ReopenRateOutput;

    async fn run(
        context: &ActionContext,
        input: ReopenRateInput,
    ) -> Result<ReopenRateOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(tickets: &Tickets, input: &ReopenRateInput) -> Result<ReopenRateOutput, ActionError> {
    let range = DayRange::parse(input.from.as_deref(), input.to.as_deref())?;
    let (chosen, mut notes) = opened_in(tickets, range);
    let mut values: BTreeMap<Option<&str>, Vec<i64>> = BTreeMap::new();
    let mut all = Vec::with_capacity(chosen.len());
    let (mut unknown, mut never_done) = (0, 0);
    for ticket in chosen {
        let Some(reopenings) = ticket.present().reopen_count else {
            unknown += 1;
            continue;
        };
        if reopenings <= 0 && !was_done(ticket) {
            never_done += 1;
            continue;
        }
        all.push(reopenings);
        let value = input.by.value(ticket.present());
        values.entry(value).or_default().push(reopenings);
    }
    note(
        &mut notes,
        unknown,
        "tickets left out of which reopen_count is missing",
    );
    note(
        &mut notes,
        never_done,
        "tickets left out that were never resolved or closed",
    );

    let mut values: Vec<_> = match input.by {
        TicketDimension::None => Vec::new(),
        _ => values.into_iter().collect(),
    };
    values.sort_by_key(|(value, counts)| {
        (
            Reverse(reopened(counts)),
            Reverse(counts.len()),
            missing_last(*value),
        )
    });
    Ok(ReopenRateOutput {
        by: input.by,
        overall: figures(None, &all),
        values: values
            .iter()
            .map(|(value, counts)| figures(*value, counts))
            .collect(),
        notes,
    })
}

fn was_done(ticket: &Ticket) -> bool {
    let present = ticket.present();
    let is_end = |state: &str| ["resolved", "closed"].contains(&state.to_lowercase().as_str());
    present.resolved_at.is_some()
        || present.closed_at.is_some()
        || ticket
            .events()
            .any(|event| event.text(Field::State).is_some_and(is_end))
}

fn reopened(counts: &[i64]) -> usize {
    counts.iter().filter(|count| **count > 0).count()
}

fn figures(value: Option<&str>, counts: &[i64]) -> ReopenFigures {
    ReopenFigures {
        value: owned(value),
        tickets: counts.len(),
        reopened: reopened(counts),
        reopenings: counts
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count)),
        rate: share(reopened(counts), counts.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Row, tickets};
    use super::*;
    use crate::warehouse::Value;

    #[test]
    fn only_what_was_done_once_can_be_opened_again() {
        let row = |number: &str, hour: u32, state: &str, reopened: i64| {
            Row::new(number, &format!("2016-03-01T{hour:02}:00:00Z"), hour.into())
                .state(state)
                .set("reopen_count", Value::Integer(reopened))
        };
        let tickets = tickets(vec![
            row("A", 1, "Resolved", 0),
            row("A", 2, "Active", 2),
            row("B", 1, "Resolved", 0),
            row("B", 2, "Awaiting User Info", 0),
            row("C", 1, "New", 0),
            Row::new("D", "2016-03-01T00:00:00Z", 0).state("Closed"),
        ]);
        let rate = answer(&tickets, &serde_json::from_str("{}").unwrap()).unwrap();
        assert_eq!(rate.overall.tickets, 2);
        assert_eq!(rate.overall.reopened, 1);
        assert_eq!(rate.overall.reopenings, 2);
        assert_eq!(rate.overall.rate, Some(0.5));
        assert_eq!(rate.notes.len(), 2, "{:?}", rate.notes);
    }
}
