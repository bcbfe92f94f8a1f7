//! Tickets for unit tests, written by hand.

use super::event::columns;
use super::field::Field;
use super::ticket::Tickets;
use crate::warehouse::Value;

/// A row of the table, of which all but a few columns are missing.
#[derive(Clone)]
pub struct Row(Vec<Value>);

impl Row {
    pub fn new(number: &str, updated_at: &str, modification: i64) -> Self {
        Self(vec![Value::Null; columns().len()])
            .set("number", Value::Text(number.to_owned()))
            .set("sys_updated_at", Value::Text(updated_at.to_owned()))
            .set("sys_mod_count", Value::Integer(modification))
    }

    pub fn set(mut self, column: &str, value: Value) -> Self {
        let place = columns().iter().position(|known| *known == column).unwrap();
        self.0[place] = value;
        self
    }

    pub fn text(self, field: Field, text: &str) -> Self {
        self.set(field.column(), Value::Text(text.to_owned()))
    }

    pub fn state(self, state: &str) -> Self {
        self.text(Field::State, state)
    }

    pub fn group(self, group: &str) -> Self {
        self.text(Field::Group, group)
    }

    /// When it was opened, resolved and closed; an empty text is missing.
    pub fn times(self, opened: &str, resolved: &str, closed: &str) -> Self {
        let value = |time: &str| match time {
            "" => Value::Null,
            time => Value::Text(time.to_owned()),
        };
        self.set("opened_at", value(opened))
            .set("resolved_at", value(resolved))
            .set("closed_at", value(closed))
    }
}

/// The tickets of these rows.
pub fn tickets(rows: Vec<Row>) -> Tickets {
    Tickets::from_rows(rows.into_iter().map(|row| row.0).collect())
}
