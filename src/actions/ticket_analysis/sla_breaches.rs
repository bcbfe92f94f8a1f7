//! Which tickets missed their service level agreement.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{Place, TicketGrouping, missing_last, owned};
use super::selection::{DayRange, note, opened_in};
use super::ticket::Tickets;
use crate::actions::statistics::share;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See [`Action`].
pub struct SlaBreaches;

/// Which tickets are looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlaBreachesInput {
    /// What the tickets are told apart by.
    #[serde(default)]
    #[schema(default = "group")]
    by: TicketGrouping,
    /// The first day (UTC) of opening.
    #[schema(format = Date, example = "2016-03-01")]
    from: Option<String>,
    /// The day (UTC) after the last day of opening.
    #[schema(format = Date, example = "2016-03-02")]
    to: Option<String>,
}

/// How many tickets missed their service level agreement.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlaBreachesOutput {
    /// What the tickets are told apart by.
    by: TicketGrouping,
    /// Of all tickets together.
    overall: SlaBreachFigures,
    /// Of each part; those with the most breaches first.
    parts: Vec<SlaBreachFigures>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// How many tickets of one part missed their service level agreement.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlaBreachFigures {
    /// The group; `null` where groups are not told apart, or the ticket has none.
    group: Option<String>,
    /// The priority; `null` where priorities are not told apart, or the ticket has none.
    priority: Option<String>,
    /// How many tickets there are.
    tickets: usize,
    /// How many of them missed it.
    breaches: usize,
    /// The share of breaches, from 0 to 1; `null` of no tickets.
    rate: Option<f64>,
}

impl Action for SlaBreaches {
    const NAME: &'static str = "sla_breaches";
    const SUMMARY: &'static str =
        "Count and rate of missed service level agreements, by group and priority";
    const DESCRIPTION: &'static str = "A ticket missed its service level agreement when made_sla of its \
        last event is false. Group and priority are those of the last event too: the group that holds \
        a ticket at its end need not be the one that lost the time. Tickets whose made_sla is missing \
        are left out and counted in notes.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Breaches by priority",
        input: include_str!("examples/sla_breaches.input.json"),
        output: include_str!("examples/sla_breaches.output.json"),
    }];
    type Input = SlaBreachesInput;
    type Output = SlaBreachesOutput;

    async fn run(
        context: &ActionContext,
        input: SlaBreachesInput,
    ) -> Result<SlaBreachesOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(tickets: &Tickets, input: &SlaBreachesInput) -> Result<SlaBreachesOutput, ActionError> {
    let range = DayRange::parse(input.from.as_deref(), input.to.as_deref())?;
    let (chosen, mut notes) = opened_in(tickets, range);
    let judged: Vec<(Place<'_>, bool)> = chosen
        .iter()
        .filter_map(|ticket| Some((input.by.place(ticket), ticket.present().made_sla?)))
        .collect();
    let unknown = chosen.len() - judged.len();
    note(
        &mut notes,
        unknown,
        "tickets left out of which made_sla is missing",
    );

    let mut parts: BTreeMap<Place<'_>, Vec<bool>> = BTreeMap::new();
    for (place, made) in &judged {
        parts.entry(*place).or_default().push(*made);
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|((group, priority), made)| {
        let most = (Reverse(breaches(made)), Reverse(made.len()));
        (most, missing_last(*group), missing_last(*priority))
    });
    let all: Vec<bool> = judged.into_iter().map(|(_, made)| made).collect();
    Ok(SlaBreachesOutput {
        by: input.by,
        overall: figures((None, None), &all),
        parts: parts
            .iter()
            .map(|(place, made)| figures(*place, made))
            .collect(),
        notes,
    })
}

fn breaches(made: &[bool]) -> usize {
    made.iter().filter(|made| !**made).count()
}

fn figures((group, priority): Place<'_>, made: &[bool]) -> SlaBreachFigures {
    SlaBreachFigures {
        group: owned(group),
        priority: owned(priority),
        tickets: made.len(),
        breaches: breaches(made),
        rate: share(breaches(made), made.len()),
    }
}
