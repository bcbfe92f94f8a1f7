//! What happened to one ticket.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::owned;
use super::event::Event;
use super::field::Field;
use super::selection::note;
use super::ticket::{Ticket, Tickets};
use crate::actions::calendar::rfc3339;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See [`Action`].
pub struct TicketTimeline;

/// Whose timeline is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketTimelineInput {
    /// The ticket's number.
    #[schema(min_length = 1, max_length = 100, example = "INC0000045")]
    number: String,
}

/// What happened to a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketTimelineOutput {
    /// The ticket's number.
    number: String,
    /// When it was opened.
    opened_at: Option<String>,
    /// When it was resolved, as the source wrote it in hindsight.
    resolved_at: Option<String>,
    /// When it was closed, as the source wrote it in hindsight.
    closed_at: Option<String>,
    /// Its events in the order in which they happened.
    events: Vec<TimelineEvent>,
    /// The states that it went through; events that follow each other in one state are one stay.
    states: Vec<TimelineState>,
    /// What was left out or is odd, with counts.
    notes: Vec<String>,
}

/// One event of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineEvent {
    /// When it happened.
    updated_at: String,
    /// Who did it.
    updated_by: Option<String>,
    /// How often the ticket had been modified before.
    sys_mod_count: Option<i64>,
    /// The state that the ticket was in from here on.
    state: Option<String>,
    /// The group that the ticket was assigned to from here on.
    group: Option<String>,
    /// What is not as the event before had it; nothing on the first.
    changes: Vec<TimelineChange>,
    /// Seconds until the next event; `null` on the last.
    seconds_until_next: Option<i64>,
}

/// One thing that an event changed.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimelineChange {
    /// What changed.
    #[schema(example = "group")]
    field: String,
    /// What it was; `null` if that was missing.
    from: Option<String>,
    /// What it became; `null` if that is missing.
    to: Option<String>,
}

/// A stay of a ticket in one state.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineState {
    /// The state; `null` if it is missing.
    state: Option<String>,
    /// When it began.
    entered_at: String,
    /// When the next began; `null` for the last.
    left_at: Option<String>,
    /// Seconds between these; `null` for the last, which has no end.
    duration_seconds: Option<i64>,
    /// How many events it comprises.
    events: usize,
}

impl Action for TicketTimeline {
    const NAME: &'static str = "ticket_timeline";
    const SUMMARY: &'static str =
        "Show what happened to one ticket, and how long each state lasted";
    const DESCRIPTION: &'static str = "Answers the events of a ticket in order, by sys_updated_at and \
        then sys_mod_count, each with what it changed against the event before, and the states that \
        the ticket went through with their duration in seconds. A stay in a state ends when an event \
        with another state happens; the last has no end. opened_at, resolved_at and closed_at are \
        those of the last event: the source writes them on all events of a ticket in hindsight.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The timeline of a ticket",
        input: include_str!("examples/ticket_timeline.input.json"),
        output: include_str!("examples/ticket_timeline.output.json"),
    }];
    type Input = TicketTimelineInput;
    type Output = TicketTimelineOutput;

    async fn run(
        context: &ActionContext,
        input: TicketTimelineInput,
    ) -> Result<TicketTimelineOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(
    tickets: &Tickets,
    input: &TicketTimelineInput,
) -> Result<TicketTimelineOutput, ActionError> {
    let ticket = tickets.by_number(&input.number)?;
    let present = ticket.present();
    let mut notes = tickets.notes();
    let opened = present.opened_at;
    let too_early = ticket
        .events()
        .filter(|event| opened.is_some_and(|opened| event.updated_at < opened))
        .count();
    note(
        &mut notes,
        too_early,
        "events happened before the ticket was opened, by the source's clock",
    );
    let falls = pairs(ticket)
        .filter(|(before, event)| event.modification < before.modification)
        .count();
    note(
        &mut notes,
        falls,
        "events have a lower sys_mod_count than the one before; the time decides",
    );
    Ok(TicketTimelineOutput {
        number: ticket.number().to_owned(),
        opened_at: opened.map(rfc3339),
        resolved_at: present.resolved_at.map(rfc3339),
        closed_at: present.closed_at.map(rfc3339),
        events: events(ticket),
        states: states(ticket),
        notes,
    })
}

fn pairs(ticket: &Ticket) -> impl Iterator<Item = (&Event, &Event)> {
    ticket.events().zip(ticket.events().skip(1))
}

fn events(ticket: &Ticket) -> Vec<TimelineEvent> {
    let before = std::iter::once(None).chain(ticket.events().map(Some));
    let after = ticket.events().skip(1).map(Some).chain([None]);
    let all = ticket.events().zip(before).zip(after);
    all.map(|((event, before), after)| TimelineEvent {
        updated_at: rfc3339(event.updated_at),
        updated_by: owned(event.text(Field::UpdatedBy)),
        sys_mod_count: event.modification,
        state: owned(event.text(Field::State)),
        group: owned(event.text(Field::Group)),
        changes: before
            .map(|before| changes(before, event))
            .unwrap_or_default(),
        seconds_until_next: after.map(|after| seconds(event, after)),
    })
    .collect()
}

fn seconds(from: &Event, to: &Event) -> i64 {
    (to.updated_at - from.updated_at).num_seconds()
}

/// What differs between two events, besides their time, count of modifications and author.
fn changes(before: &Event, event: &Event) -> Vec<TimelineChange> {
    let mut changes = Vec::new();
    let mut compare = |field: &str, from: Option<String>, to: Option<String>| {
        if from != to {
            changes.push(TimelineChange {
                field: field.to_owned(),
                from,
                to,
            });
        }
    };
    for ((field, from), (_, to)) in before.texts().zip(event.texts()) {
        if field != Field::UpdatedBy {
            compare(field.name(), owned(from), owned(to));
        }
    }
    let text = |value: Option<bool>| value.map(|value| value.to_string());
    compare("active", text(before.active), text(event.active));
    compare("made_sla", text(before.made_sla), text(event.made_sla));
    let text = |value: Option<i64>| value.map(|value| value.to_string());
    let counts = (before.reassignment_count, event.reassignment_count);
    compare("reassignment_count", text(counts.0), text(counts.1));
    compare(
        "reopen_count",
        text(before.reopen_count),
        text(event.reopen_count),
    );
    changes
}

fn states(ticket: &Ticket) -> Vec<TimelineState> {
    let mut stays: Vec<(&Event, usize)> = Vec::new();
    for event in ticket.events() {
        match stays.last_mut() {
            Some((first, events)) if first.text(Field::State) == event.text(Field::State) => {
                *events += 1;
            }
            _ => stays.push((event, 1)),
        }
    }
    let next = stays
        .iter()
        .skip(1)
        .map(|(first, _)| Some(*first))
        .chain([None]);
    let stays = stays.iter().zip(next);
    stays
        .map(|((first, events), next)| TimelineState {
            state: owned(first.text(Field::State)),
            entered_at: rfc3339(first.updated_at),
            left_at: next.map(|next| rfc3339(next.updated_at)),
            duration_seconds: next.map(|next| seconds(first, next)),
            events: *events,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Row, tickets};
    use super::*;

    #[test]
    fn events_in_one_state_are_one_stay_and_changes_are_named() {
        let row = |hour: u32, state: &str, group: &str| {
            let at = format!("2016-03-01T{hour:02}:00:00Z");
            Row::new("A", &at, i64::from(hour))
                .state(state)
                .group(group)
        };
        let tickets = tickets(vec![
            row(1, "New", ""),
            row(2, "New", "X"),
            row(4, "Active", "X"),
            row(7, "New", "X"),
        ]);
        let number = "A".to_owned();
        let timeline = answer(&tickets, &TicketTimelineInput { number }).unwrap();
        let stays: Vec<_> = timeline
            .states
            .iter()
            .map(|stay| {
                (
                    stay.state.as_deref().unwrap(),
                    stay.duration_seconds,
                    stay.events,
                )
            })
            .collect();
        assert_eq!(
            stays,
            [
                ("New", Some(3 * 3600), 2),
                ("Active", Some(3 * 3600), 1),
                ("New", None, 1)
            ]
        );
        assert!(timeline.events[0].changes.is_empty());
        let change = TimelineChange {
            field: "group".to_owned(),
            from: None,
            to: Some("X".to_owned()),
        };
        assert_eq!(timeline.events[1].changes, [change]);
        assert_eq!(timeline.events[2].seconds_until_next, Some(3 * 3600));
    }
}
