//! One change of a ticket's state, read from a row of `incident_events`.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::field::Field;
use crate::warehouse::Value;

/// The columns of an event that are no text, in the order in which they are read.
const TYPED_COLUMNS: &[&str] = &[
    "number",
    "sys_updated_at",
    "sys_mod_count",
    "opened_at",
    "resolved_at",
    "closed_at",
    "active",
    "made_sla",
    "reassignment_count",
    "reopen_count",
];

/// Every column that an event is read from.
pub fn columns() -> Vec<&'static str> {
    let texts = Field::ALL.iter().map(|field| field.column());
    TYPED_COLUMNS.iter().copied().chain(texts).collect()
}

/// A change of a ticket's state.
///
/// Their order is the order in which they happened, ticket by ticket: by time, then by the count of
/// modifications. What follows decides between events that are alike in these, so that the order of
/// the table's rows never does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// The ticket.
    pub number: Arc<str>,
    /// When it happened.
    pub updated_at: DateTime<Utc>,
    /// How often the ticket had been modified before.
    pub modification: Option<i64>,
    /// When the ticket was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When the ticket was resolved; the source writes it on all events of a ticket, in hindsight.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When the ticket was closed; the source writes it on all events of a ticket, in hindsight.
    pub closed_at: Option<DateTime<Utc>>,
    /// Whether the ticket was not yet closed.
    pub active: Option<bool>,
    /// Whether the ticket was within its service level agreement so far.
    pub made_sla: Option<bool>,
    /// How often the ticket had been assigned to another group.
    pub reassignment_count: Option<i64>,
    /// How often the ticket had been reopened.
    pub reopen_count: Option<i64>,
    texts: Vec<Option<Arc<str>>>,
}

impl Event {
    /// What a column of text holds, if it is known.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.texts.get(field.place())?.as_deref()
    }

    /// Every column of text with what it holds.
    pub fn texts(&self) -> impl Iterator<Item = (Field, Option<&str>)> {
        Field::ALL
            .iter()
            .copied()
            .zip(self.texts.iter().map(Option::as_deref))
    }
}

/// Why a row is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEvent {
    /// It names no ticket.
    Number,
    /// It does not say when it happened.
    Time,
}

/// Reads events, and keeps each text once, as most stand in many rows.
#[derive(Default)]
pub struct EventReader {
    texts: HashSet<Arc<str>>,
    /// How many cells held something else than their column is for, and count as missing.
    pub unreadable: usize,
}

impl EventReader {
    /// Reads a row of [`columns`].
    ///
    /// # Errors
    /// The row lacks what an event cannot do without.
    pub fn read(&mut self, row: Vec<Value>) -> Result<Event, NoEvent> {
        let mut cells = row.into_iter();
        let mut next = || cells.next().unwrap_or(Value::Null);
        let number = self.text(next()).ok_or(NoEvent::Number)?;
        let updated_at = self.time(&next()).ok_or(NoEvent::Time)?;
        Ok(Event {
            number,
            updated_at,
            modification: self.integer(&next()),
            opened_at: self.time(&next()),
            resolved_at: self.time(&next()),
            closed_at: self.time(&next()),
            active: self.boolean(&next()),
            made_sla: self.boolean(&next()),
            reassignment_count: self.integer(&next()),
            reopen_count: self.integer(&next()),
            texts: Field::ALL.iter().map(|_| self.text(next())).collect(),
        })
    }

    fn text(&mut self, value: Value) -> Option<Arc<str>> {
        let text = match value {
            Value::Null => return None,
            Value::Boolean(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::Text(text) => text,
        };
        if text.is_empty() {
            return None;
        }
        if let Some(known) = self.texts.get(text.as_str()) {
            return Some(Arc::clone(known));
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        Some(text)
    }

    fn time(&mut self, value: &Value) -> Option<DateTime<Utc>> {
        self.known(value, |value| match value {
            Value::Text(text) => DateTime::parse_from_rfc3339(text)
                .ok()
                .map(|time| time.to_utc()),
            _ => None,
        })
    }

    fn integer(&mut self, value: &Value) -> Option<i64> {
        self.known(value, |value| match value {
            Value::Integer(value) => Some(*value),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        })
    }

    fn boolean(&mut self, value: &Value) -> Option<bool> {
        self.known(value, |value| match value {
            Value::Boolean(value) => Some(*value),
            Value::Text(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        })
    }

    fn known<T>(&mut self, value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        if *value == Value::Null {
            return None;
        }
        let known = read(value);
        if known.is_none() {
            self.unreadable += 1;
        }
        known
    }
}
