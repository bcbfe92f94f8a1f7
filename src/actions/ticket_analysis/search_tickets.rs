//! Finds tickets.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::owned;
use super::field::Field;
use super::selection::{DayRange, opened_in};
use super::ticket::{Ticket, TicketMoment, Tickets};
use crate::actions::calendar::rfc3339;
use crate::actions::page::{self, paginate};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// What a text is looked for in, besides the number.
const SEARCHED: &[Field] = &[
    Field::State,
    Field::Priority,
    Field::Category,
    Field::Subcategory,
    Field::Symptom,
    Field::Group,
    Field::AssignedTo,
    Field::Location,
    Field::ContactType,
    Field::Caller,
    Field::ConfigurationItem,
    Field::Problem,
    Field::ChangeRequest,
    Field::ClosedCode,
];

/// See [`Action`].
pub struct SearchTickets;

/// Which tickets are looked for. What is left out does not narrow the search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchTicketsInput {
    /// A text that stands in the number, state, priority, category, subcategory, symptom, group,
    /// assigned_to, location, contact_type, caller, configuration_item, problem, change_request or
    /// closed_code, whatever its case. `Symptom 4` finds `Symptom 470` too.
    #[schema(min_length = 1, max_length = 200, example = "symptom 470")]
    text: Option<String>,
    /// The whole state, whatever its case.
    #[schema(max_length = 200, example = "Closed")]
    state: Option<String>,
    /// The whole priority, whatever its case.
    #[schema(max_length = 200, example = "1 - Critical")]
    priority: Option<String>,
    /// The whole name of the group, whatever its case.
    #[schema(max_length = 200, example = "Group 70")]
    group: Option<String>,
    /// The whole category, whatever its case.
    #[schema(max_length = 200, example = "Category 53")]
    category: Option<String>,
    /// Whether the ticket is not closed yet.
    active: Option<bool>,
    /// The first day (UTC) of opening.
    #[schema(format = Date, example = "2016-03-01")]
    from: Option<String>,
    /// The day (UTC) after the last day of opening.
    #[schema(format = Date, example = "2016-03-02")]
    to: Option<String>,
    /// The `next_cursor` of the page before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Most tickets of a page.
    #[serde(default = "page::usual")]
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: u32,
}

/// Tickets, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchTicketsOutput {
    /// How many tickets fit, on all pages.
    total: usize,
    /// Those of this page.
    tickets: Vec<TicketSummary>,
    /// What the next page is asked for with; `null` on the last.
    next_cursor: Option<String>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// A ticket as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketSummary {
    /// The number by which it is known.
    #[schema(example = "INC0000045")]
    number: String,
    /// Its state.
    state: Option<String>,
    /// Whether it is not closed yet.
    active: Option<bool>,
    /// Its priority.
    priority: Option<String>,
    /// Its impact.
    impact: Option<String>,
    /// Its urgency.
    urgency: Option<String>,
    /// Its category.
    category: Option<String>,
    /// Its subcategory.
    subcategory: Option<String>,
    /// Its symptom.
    symptom: Option<String>,
    /// The group that it is assigned to.
    group: Option<String>,
    /// The person that it is assigned to.
    assigned_to: Option<String>,
    /// Where the caller is.
    location: Option<String>,
    /// How it came in.
    contact_type: Option<String>,
    /// When it was opened.
    opened_at: Option<String>,
    /// When it was resolved.
    resolved_at: Option<String>,
    /// When it was closed.
    closed_at: Option<String>,
    /// When its last event happened.
    updated_at: String,
    /// Whether it was within its service level agreement.
    made_sla: Option<bool>,
    /// How often it was assigned to another group.
    reassignment_count: Option<i64>,
    /// How often it was reopened.
    reopen_count: Option<i64>,
    /// How it was solved.
    closed_code: Option<String>,
    /// How many events it has.
    events: usize,
}

impl Action for SearchTickets {
    const NAME: &'static str = "search_tickets";
    const SUMMARY: &'static str =
        "Find tickets by text, state, priority, group and time of opening";
    const DESCRIPTION: &'static str = "Answers the tickets that fit every filter given, the one opened \
        last first. A ticket stands as its last event has it, by sys_updated_at and then sys_mod_count; \
        filters look at that, not at earlier events. `from` is the first day of opening and `to` the \
        day after the last, both in UTC. Missing values are null and fit no filter.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Critical tickets of a group",
        input: include_str!("examples/search_tickets.input.json"),
        output: include_str!("examples/search_tickets.output.json"),
    }];
    type Input = SearchTicketsInput;
    type Output = SearchTicketsOutput;

    async fn run(
        context: &ActionContext,
        input: SearchTicketsInput,
    ) -> Result<SearchTicketsOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(
    tickets: &Tickets,
    input: &SearchTicketsInput,
) -> Result<SearchTicketsOutput, ActionError> {
    let range = DayRange::parse(input.from.as_deref(), input.to.as_deref())?;
    let (mut found, notes) = opened_in(tickets, range);
    let text = input.text.as_deref().map(str::to_lowercase);
    found.retain(|ticket| {
        fits(ticket, input) && text.as_deref().is_none_or(|text| holds(ticket, text))
    });
    found.sort_by_cached_key(|ticket| key(ticket));
    let chosen_by = (
        SearchTickets::NAME,
        [
            &input.text,
            &input.state,
            &input.priority,
            &input.group,
            &input.category,
        ],
        input.active,
        [&input.from, &input.to],
    );
    let page = paginate(
        &found,
        |ticket| key(ticket),
        &chosen_by,
        input.cursor.as_deref(),
        input.limit,
    )?;
    Ok(SearchTicketsOutput {
        total: found.len(),
        tickets: page.items.iter().copied().map(TicketSummary::of).collect(),
        next_cursor: page.next_cursor,
        notes,
    })
}

/// What the list is sorted by: newest first; those that do not say when they were opened last.
fn key(ticket: &Ticket) -> (Reverse<Option<i64>>, String) {
    let opened = ticket
        .time(TicketMoment::Opened)
        .map(|time| time.timestamp());
    (Reverse(opened), ticket.number().to_owned())
}

fn fits(ticket: &Ticket, input: &SearchTicketsInput) -> bool {
    let present = ticket.present();
    let filters = [
        (&input.state, Field::State),
        (&input.priority, Field::Priority),
        (&input.group, Field::Group),
        (&input.category, Field::Category),
    ];
    let texts_fit = filters.into_iter().all(|(wanted, field)| {
        wanted.as_deref().is_none_or(|wanted| {
            let value = present.text(field);
            value.is_some_and(|value| value.to_lowercase() == wanted.to_lowercase())
        })
    });
    texts_fit
        && input
            .active
            .is_none_or(|wanted| present.active == Some(wanted))
}

fn holds(ticket: &Ticket, text: &str) -> bool {
    let present = ticket.present();
    let mut texts = SEARCHED
        .iter()
        .filter_map(|field| present.text(*field))
        .chain([ticket.number()]);
    texts.any(|value| value.to_lowercase().contains(text))
}

impl TicketSummary {
    /// A ticket as it stands.
    fn of(ticket: &Ticket) -> Self {
        let present = ticket.present();
        let text = |field| owned(present.text(field));
        Self {
            number: ticket.number().to_owned(),
            state: text(Field::State),
            active: present.active,
            priority: text(Field::Priority),
            impact: text(Field::Impact),
            urgency: text(Field::Urgency),
            category: text(Field::Category),
            subcategory: text(Field::Subcategory),
            symptom: text(Field::Symptom),
            group: text(Field::Group),
            assigned_to: text(Field::AssignedTo),
            location: text(Field::Location),
            contact_type: text(Field::ContactType),
            opened_at: present.opened_at.map(rfc3339),
            resolved_at: present.resolved_at.map(rfc3339),
            closed_at: present.closed_at.map(rfc3339),
            updated_at: rfc3339(present.updated_at),
            made_sla: present.made_sla,
            reassignment_count: present.reassignment_count,
            reopen_count: present.reopen_count,
            closed_code: text(Field::ClosedCode),
            events: ticket.event_count(),
        }
    }
}
