//! What tickets are told apart by.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::Event;
use super::field::Field;
use super::ticket::Ticket;

/// What tickets are told apart by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketDimension {
    /// Nothing: all of them together.
    #[default]
    None,
    /// Its priority.
    Priority,
    /// The group that it is assigned to.
    Group,
    /// Its category.
    Category,
    /// Its subcategory.
    Subcategory,
    /// Its symptom.
    Symptom,
    /// How it came in.
    ContactType,
    /// Where the caller is.
    Location,
    /// Its state.
    State,
    /// Its impact.
    Impact,
    /// Its urgency.
    Urgency,
}

impl TicketDimension {
    /// The value of an event in this dimension; `None` if it is missing, and where nothing is told apart.
    pub fn value(self, event: &Event) -> Option<&str> {
        let field = match self {
            Self::None => return None,
            Self::Priority => Field::Priority,
            Self::Group => Field::Group,
            Self::Category => Field::Category,
            Self::Subcategory => Field::Subcategory,
            Self::Symptom => Field::Symptom,
            Self::ContactType => Field::ContactType,
            Self::Location => Field::Location,
            Self::State => Field::State,
            Self::Impact => Field::Impact,
            Self::Urgency => Field::Urgency,
        };
        event.text(field)
    }
}

/// Whether tickets are told apart by group, by priority, or by both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketGrouping {
    /// By neither: all of them together.
    None,
    /// By the group that they are assigned to.
    #[default]
    Group,
    /// By priority.
    Priority,
    /// By both.
    GroupAndPriority,
}

/// Where a ticket belongs in a grouping: its group and its priority, each if it is told apart by that
/// and known.
pub type Place<'a> = (Option<&'a str>, Option<&'a str>);

impl TicketGrouping {
    /// Where a ticket belongs, as it stands.
    pub fn place(self, ticket: &Ticket) -> Place<'_> {
        let (by_group, by_priority) = match self {
            Self::None => (false, false),
            Self::Group => (true, false),
            Self::Priority => (false, true),
            Self::GroupAndPriority => (true, true),
        };
        let present = ticket.present();
        let group = present.text(Field::Group).filter(|_| by_group);
        let priority = present.text(Field::Priority).filter(|_| by_priority);
        (group, priority)
    }
}

/// How many tickets have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TicketCount {
    /// The value; `null` for tickets that lack it.
    #[schema(example = "Group 70")]
    pub value: Option<String>,
    /// How many tickets.
    pub tickets: usize,
}

impl TicketCount {
    /// Counts how often each value occurs: most frequent first, then by value, missing ones last.
    pub fn of<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Vec<Self> {
        let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(value, tickets)| (Reverse(*tickets), missing_last(*value)));
        counts
            .into_iter()
            .map(|(value, tickets)| Self {
                value: value.map(str::to_owned),
                tickets,
            })
            .collect()
    }
}

/// Sorts by value, missing ones last.
pub fn missing_last(value: Option<&str>) -> (bool, Option<&str>) {
    (value.is_none(), value)
}

/// A value as answers have it.
pub fn owned(value: Option<&str>) -> Option<String> {
    value.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_value_comes_first_and_a_missing_one_last_among_equals() {
        let values = [None, Some("b"), Some("a"), Some("c"), Some("c")];
        let counts = TicketCount::of(values.into_iter());
        let counts: Vec<_> = counts
            .iter()
            .map(|count| (count.value.as_deref(), count.tickets))
            .collect();
        assert_eq!(
            counts,
            [(Some("c"), 2), (Some("a"), 1), (Some("b"), 1), (None, 1)]
        );
    }
}
