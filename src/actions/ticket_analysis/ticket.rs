//! The tickets, put together from their events.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{Event, EventReader, NoEvent, columns};
use super::field::Field;
use crate::actions::{ActionError, Dataset, Reader};
use crate::warehouse::Value;

/// The table that all of this is read from.
pub const TABLE: &str = "incident_events";

/// A moment in a ticket's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketMoment {
    /// It was opened.
    #[default]
    Opened,
    /// It was resolved, for the last time if it was reopened.
    Resolved,
    /// It was closed.
    Closed,
}

/// A moment at which a ticket counts as done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketEnd {
    /// It was resolved, for the last time if it was reopened.
    #[default]
    Resolved,
    /// It was closed.
    Closed,
}

/// A ticket: its events in the order in which they happened, and how it stands after them.
pub struct Ticket {
    earlier: Vec<Event>,
    last: Event,
}

impl Ticket {
    /// The number by which it is known.
    pub fn number(&self) -> &str {
        &self.last.number
    }

    /// Its last event, which is how it stands.
    pub fn present(&self) -> &Event {
        &self.last
    }

    /// Its events in order. There is at least one.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> + Clone {
        self.earlier.iter().chain([&self.last])
    }

    /// How many events it has.
    pub fn event_count(&self) -> usize {
        self.earlier.len() + 1
    }

    /// How it stood at a moment: its last event up to then, or its first when there was none yet.
    pub fn at(&self, moment: DateTime<Utc>) -> &Event {
        let until = self.events().take_while(|event| event.updated_at <= moment);
        until.last().or(self.events().next()).unwrap_or(&self.last)
    }

    /// When something happened to it, as its last event has it.
    pub fn time(&self, moment: TicketMoment) -> Option<DateTime<Utc>> {
        match moment {
            TicketMoment::Opened => self.last.opened_at,
            TicketMoment::Resolved => self.last.resolved_at,
            TicketMoment::Closed => self.last.closed_at,
        }
    }

    /// The groups that it was assigned to, one after another. Events without a group do not end an
    /// assignment.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = self
            .events()
            .filter_map(|event| event.text(Field::Group))
            .collect();
        groups.dedup();
        groups
    }
}

impl TicketMoment {
    /// What is said of tickets that are left out because this is not known of them.
    pub const fn unknown(self) -> &'static str {
        match self {
            Self::Opened => "tickets left out that do not say when they were opened",
            Self::Resolved => "tickets left out that do not say when they were resolved",
            Self::Closed => "tickets left out that do not say when they were closed",
        }
    }
}

impl From<TicketEnd> for TicketMoment {
    fn from(end: TicketEnd) -> Self {
        match end {
            TicketEnd::Resolved => Self::Resolved,
            TicketEnd::Closed => Self::Closed,
        }
    }
}

/// What was left out when the table was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct LeftOut {
    duplicates: usize,
    without_number: usize,
    without_time: usize,
    unreadable: usize,
}

/// Every ticket of the warehouse, by number.
pub struct Tickets {
    all: Vec<Ticket>,
    left_out: LeftOut,
}

impl Tickets {
    /// Puts the tickets together from rows of the table, in whatever order these come.
    pub fn from_rows(rows: Vec<Vec<Value>>) -> Self {
        let mut reader = EventReader::default();
        let mut left_out = LeftOut::default();
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            match reader.read(row) {
                Ok(event) => events.push(event),
                Err(NoEvent::Number) => left_out.without_number += 1,
                Err(NoEvent::Time) => left_out.without_time += 1,
            }
        }
        left_out.unreadable = reader.unreadable;
        events.sort_unstable();
        let read = events.len();
        events.dedup();
        left_out.duplicates = read - events.len();

        let mut all: Vec<Ticket> = Vec::new();
        for event in events {
            match all.last_mut() {
                Some(ticket) if ticket.last.number == event.number => {
                    let earlier = std::mem::replace(&mut ticket.last, event);
                    ticket.earlier.push(earlier);
                }
                _ => all.push(Ticket {
                    earlier: Vec::new(),
                    last: event,
                }),
            }
        }
        Self { all, left_out }
    }

    /// All of them, sorted by number.
    pub fn all(&self) -> &[Ticket] {
        &self.all
    }

    /// The ticket of a number.
    ///
    /// # Errors
    /// There is none.
    pub fn by_number(&self, number: &str) -> Result<&Ticket, ActionError> {
        let place = self
            .all
            .binary_search_by(|ticket| ticket.number().cmp(number));
        let ticket = place.ok().and_then(|place| self.all.get(place));
        ticket.ok_or_else(|| ActionError::NotFound(format!("There is no ticket {number}.")))
    }

    /// What must be said of every figure: what was left out when the table was read.
    pub fn notes(&self) -> Vec<String> {
        let LeftOut {
            duplicates,
            without_number,
            without_time,
            unreadable,
        } = self.left_out;
        let mut notes = Vec::new();
        let mut note = |count: usize, what: &str| {
            if count > 0 {
                notes.push(format!("{count} {what}"));
            }
        };
        note(
            duplicates,
            "events left out that repeat another in every column",
        );
        note(without_number, "events left out that name no ticket");
        note(
            without_time,
            "events left out that do not say when they happened",
        );
        note(
            unreadable,
            "cells taken as missing that do not hold what their column is for",
        );
        notes
    }
}

impl Dataset for Tickets {
    const WRITTEN_BY: &'static [&'static str] = &[];

    async fn load(reader: &Reader) -> Result<Self, ActionError> {
        let rows = reader.table(TABLE, &columns()).await?;
        Ok(Self::from_rows(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Row, tickets};
    use super::*;

    #[test]
    fn the_present_is_the_last_event_whatever_the_order_of_rows() {
        let rows = vec![
            Row::new("A", "2016-03-01T10:00:00Z", 3).state("Resolved"),
            Row::new("B", "2016-03-01T08:00:00Z", 0).state("New"),
            Row::new("A", "2016-03-01T10:00:00Z", 2).state("Active"),
            Row::new("A", "2016-03-01T09:00:00Z", 4).state("New"),
        ];
        let tickets = tickets(rows);
        assert_eq!(tickets.all().len(), 2);
        let ticket = tickets.by_number("A").unwrap();
        assert_eq!(ticket.present().text(Field::State), Some("Resolved"));
        let states: Vec<_> = ticket
            .events()
            .map(|event| event.text(Field::State))
            .collect();
        assert_eq!(states, [Some("New"), Some("Active"), Some("Resolved")]);
        assert!(tickets.by_number("C").is_err());
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let row = || Row::new("A", "2016-03-01T10:00:00Z", 1).state("New");
        let tickets = tickets(vec![
            row(),
            row(),
            Row::new("", "2016-03-01T10:00:00Z", 1),
            Row::new("A", "yesterday", 1),
        ]);
        assert_eq!(tickets.all().len(), 1);
        let notes = tickets.notes().join("; ");
        assert!(notes.contains("1 events left out that repeat"), "{notes}");
        assert!(notes.contains("1 events left out that name no"), "{notes}");
        assert!(
            notes.contains("1 events left out that do not say when"),
            "{notes}"
        );
        assert!(notes.contains("1 cells taken as missing"), "{notes}");
    }

    #[test]
    fn how_a_ticket_stood_is_its_last_event_up_to_then() {
        let tickets = tickets(vec![
            Row::new("A", "2016-03-01T10:00:00Z", 0).state("New"),
            Row::new("A", "2016-03-01T12:00:00Z", 1).state("Active"),
        ]);
        let ticket = tickets.by_number("A").unwrap();
        let state = |moment: &str| {
            let moment = moment.parse().unwrap();
            ticket
                .at(moment)
                .text(Field::State)
                .map(str::to_owned)
                .unwrap()
        };
        assert_eq!(state("2016-03-01T09:00:00Z"), "New");
        assert_eq!(state("2016-03-01T11:59:59Z"), "New");
        assert_eq!(state("2016-03-01T12:00:00Z"), "Active");
    }

    #[test]
    fn an_event_without_a_group_ends_no_assignment() {
        let row = |hour: u32, group: &str| {
            Row::new(
                "A",
                &format!("2016-03-01T{hour:02}:00:00Z"),
                i64::from(hour),
            )
            .group(group)
        };
        let tickets = tickets(vec![
            row(1, "X"),
            row(2, ""),
            row(3, "X"),
            row(4, "Y"),
            row(5, "X"),
        ]);
        assert_eq!(tickets.by_number("A").unwrap().groups(), ["X", "Y", "X"]);
    }
}
