//! Tickets like one, and how those were solved.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{TicketCount, owned};
use super::field::Field;
use super::ticket::{Ticket, Tickets};
use crate::actions::calendar::rfc3339;
use crate::actions::statistics::{count, median};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// What makes tickets alike. Impact and urgency are left out, as the priority follows from them; so is
/// all that is known only once a ticket is solved.
const ATTRIBUTES: &[Field] = &[
    Field::Category,
    Field::Subcategory,
    Field::Symptom,
    Field::Group,
    Field::Location,
    Field::ContactType,
    Field::Priority,
    Field::Caller,
    Field::ConfigurationItem,
    Field::Problem,
    Field::ChangeRequest,
];

/// See [`Action`].
pub struct SimilarTickets;

/// Which ticket others shall be like.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimilarTicketsInput {
    /// The ticket's number.
    #[schema(min_length = 1, max_length = 100, example = "INC0000269")]
    number: String,
    /// Whether only tickets that were resolved or closed are looked at.
    #[serde(default = "usual_resolved_only")]
    #[schema(default = true)]
    resolved_only: bool,
    /// Most tickets that are answered.
    #[serde(default = "usual_limit")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    limit: usize,
}

fn usual_resolved_only() -> bool {
    true
}

fn usual_limit() -> usize {
    10
}

/// Tickets like one.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarTicketsOutput {
    /// The ticket that others are compared with.
    number: String,
    /// What it is compared by: its attributes, and how rare each is.
    attributes: Vec<SimilarAttribute>,
    /// How many tickets share anything with it that not all tickets have.
    found: usize,
    /// The most similar first.
    tickets: Vec<SimilarTicket>,
    /// How the tickets answered were solved, the most frequent way first.
    closed_codes: Vec<TicketCount>,
    /// The median time to resolve of the tickets answered, in seconds; `null` if of none it is known.
    median_time_to_resolve_seconds: Option<f64>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// An attribute of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarAttribute {
    /// Which attribute.
    #[schema(example = "symptom")]
    attribute: String,
    /// What it is.
    value: String,
    /// How rare it is: ln(tickets / tickets with this value).
    weight: f64,
}

/// A ticket like another.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarTicket {
    /// Its number.
    number: String,
    /// How alike they are: the weight of what they share over the weight of all that is known of the
    /// other, from 0 to 1.
    score: f64,
    /// What they share.
    shared: Vec<SimilarAttribute>,
    /// Its state.
    state: Option<String>,
    /// The group that it was assigned to last.
    group: Option<String>,
    /// How it was solved.
    closed_code: Option<String>,
    /// When it was resolved.
    resolved_at: Option<String>,
    /// From opening to resolution, in seconds; `null` if a time is missing or they run backwards.
    time_to_resolve_seconds: Option<i64>,
}

impl Action for SimilarTickets {
    const NAME: &'static str = "similar_tickets";
    const SUMMARY: &'static str =
        "Find tickets like one, what they share, and how they were solved";
    const DESCRIPTION: &'static str = "Compares category, subcategory, symptom, group, location, \
        contact_type, priority, caller, configuration_item, problem and change_request of the tickets' \
        last events. A shared value weighs ln(N / n), where n of all N tickets have it: rare values \
        weigh much, a value that all have weighs nothing. The score is the weight shared over the \
        weight of all that is known of the ticket asked for. Tickets of one score are sorted by \
        number. The same data gives the same answer.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Tickets like one",
        input: include_str!("examples/similar_tickets.input.json"),
        output: include_str!("examples/similar_tickets.output.json"),
    }];
    type Input = SimilarTicketsInput;
    type Output = SimilarTicketsOutput;

    async fn run(
        context: &ActionContext,
        input: SimilarTicketsInput,
    ) -> Result<SimilarTicketsOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(
    tickets: &Tickets,
    input: &SimilarTicketsInput,
) -> Result<SimilarTicketsOutput, ActionError> {
    let ticket = tickets.by_number(&input.number)?;
    let weights = weights(tickets, ticket);
    let whole: f64 = weights.iter().map(|(.., weight)| weight).sum();
    let others = tickets.all().iter().filter(|other| {
        let present = other.present();
        let is_done = present.resolved_at.is_some() || present.closed_at.is_some();
        other.number() != ticket.number() && (is_done || !input.resolved_only)
    });
    let mut found: Vec<(f64, &Ticket)> = others
        .map(|other| {
            let shared: f64 = shared(&weights, other).map(|(.., weight)| weight).sum();
            (shared / whole, other)
        })
        .filter(|(score, _)| *score > 0.0)
        .collect();
    // Stable, and tickets come sorted by number.
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let number_found = found.len();
    found.truncate(input.limit);

    let times = found.iter().filter_map(|(_, other)| time_to_resolve(other));
    let mut times: Vec<i64> = times.collect();
    times.sort_unstable();
    let codes = found
        .iter()
        .map(|(_, other)| other.present().text(Field::ClosedCode));
    Ok(SimilarTicketsOutput {
        number: ticket.number().to_owned(),
        attributes: weights.iter().map(SimilarAttribute::of).collect(),
        found: number_found,
        closed_codes: TicketCount::of(codes),
        median_time_to_resolve_seconds: median(&times),
        tickets: found
            .iter()
            .map(|(score, other)| SimilarTicket::of(*score, other, &weights))
            .collect(),
        notes: tickets.notes(),
    })
}

/// An attribute with a value and its weight.
type Weight<'a> = (Field, &'a str, f64);

/// How rare each attribute of a ticket is among all tickets.
fn weights<'a>(tickets: &Tickets, ticket: &'a Ticket) -> Vec<Weight<'a>> {
    let known = |field: &Field| Some((*field, ticket.present().text(*field)?));
    let attributes: Vec<(Field, &str)> = ATTRIBUTES.iter().filter_map(known).collect();
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for other in tickets.all() {
        for (field, value) in &attributes {
            if other.present().text(*field) == Some(*value) {
                *holders.entry(field.name()).or_default() += 1;
            }
        }
    }
    attributes
        .into_iter()
        .map(|(field, value)| {
            let holders = holders.get(field.name()).copied().unwrap_or(1);
            (
                field,
                value,
                (count(tickets.all().len()) / count(holders)).ln(),
            )
        })
        .collect()
}

/// What another ticket shares.
fn shared<'a>(
    weights: &'a [Weight<'a>],
    other: &'a Ticket,
) -> impl Iterator<Item = &'a Weight<'a>> {
    let is_shared = |(field, value, _): &&Weight<'_>| other.present().text(*field) == Some(*value);
    weights.iter().filter(is_shared)
}

fn time_to_resolve(ticket: &Ticket) -> Option<i64> {
    let present = ticket.present();
    let seconds = (present.resolved_at? - present.opened_at?).num_seconds();
    (seconds >= 0).then_some(seconds)
}

impl SimilarAttribute {
    fn of((field, value, weight): &Weight<'_>) -> Self {
        Self {
            attribute: field.name().to_owned(),
            value: (*value).to_owned(),
            weight: *weight,
        }
    }
}

impl SimilarTicket {
    fn of(score: f64, ticket: &Ticket, weights: &[Weight<'_>]) -> Self {
        let present = ticket.present();
        Self {
            number: ticket.number().to_owned(),
            score,
            shared: shared(weights, ticket).map(SimilarAttribute::of).collect(),
            state: owned(present.text(Field::State)),
            group: owned(present.text(Field::Group)),
            closed_code: owned(present.text(Field::ClosedCode)),
            resolved_at: present.resolved_at.map(rfc3339),
            time_to_resolve_seconds: time_to_resolve(ticket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Row, tickets};
    use super::*;

    #[test]
    fn rare_values_weigh_more_than_common_ones() {
        let row = |number: &str, category: &str, symptom: &str| {
            Row::new(number, "2016-03-01T00:00:00Z", 0)
                .text(Field::Category, category)
                .text(Field::Symptom, symptom)
                .text(Field::ContactType, "Phone")
                .times("2016-03-01T00:00:00Z", "2016-03-01T01:00:00Z", "")
        };
        let tickets = tickets(vec![
            row("A", "common", "rare"),
            row("B", "common", "other"),
            row("C", "unlike", "rare"),
            row("D", "common", "other"),
            row("E", "unlike", "other"),
        ]);
        let input = serde_json::from_str(r#"{"number": "A"}"#).unwrap();
        let similar = answer(&tickets, &input).unwrap();
        let numbers: Vec<_> = similar
            .tickets
            .iter()
            .map(|ticket| ticket.number.as_str())
            .collect();
        assert_eq!(numbers, ["C", "B", "D"]);
        assert_eq!(similar.median_time_to_resolve_seconds, Some(3600.0));
    }
}
