//! Rows as they come in, within limits.

use super::{Limits, Truncation, Value};

/// What a value costs in JSON besides its own text: quotes, a comma.
const AROUND: usize = 3;

/// Rows up to the limits of their query.
pub(super) struct Collector {
    limits: Limits,
    bytes: usize,
    rows: Vec<Vec<Value>>,
    truncated: Option<Truncation>,
}

impl Collector {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            bytes: 0,
            rows: Vec::new(),
            truncated: None,
        }
    }

    /// Takes a row in. `false` says that it is one too many, and that no more is wanted.
    pub(super) fn push(&mut self, row: Vec<Value>) -> bool {
        let bytes = row
            .iter()
            .fold(self.bytes, |sum, value| sum.saturating_add(size(value)));
        self.truncated = if self.rows.len() >= self.limits.rows {
            Some(Truncation::Rows)
        } else if bytes > self.limits.bytes {
            Some(Truncation::Bytes)
        } else {
            self.bytes = bytes;
            self.rows.push(row);
            return true;
        };
        false
    }

    /// Bytes of values that there is still room for.
    pub(super) fn room(&self) -> usize {
        self.limits.bytes.saturating_sub(self.bytes)
    }

    /// Says that bytes were cut off before they became a row.
    pub(super) fn cut(&mut self) {
        self.truncated = Some(Truncation::Bytes);
    }

    /// All rows that fitted, and what cut them short.
    pub(super) fn finish(self) -> (Vec<Vec<Value>>, Option<Truncation>) {
        (self.rows, self.truncated)
    }
}

/// Roughly how many bytes a value has in JSON.
pub(super) fn size(value: &Value) -> usize {
    let own = match value {
        Value::Null => 4,
        Value::Boolean(_) => 5,
        Value::Integer(number) => number.unsigned_abs().checked_ilog10().map_or(1, |digits| {
            usize::try_from(digits).map_or(20, |digits| digits.saturating_add(2))
        }),
        Value::Number(_) => 18,
        Value::Text(text) => text.len(),
    };
    own.saturating_add(AROUND)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn collector(rows: usize, bytes: usize) -> Collector {
        let time = Duration::from_secs(1);
        Collector::new(Limits { rows, bytes, time })
    }

    #[test]
    fn the_row_after_the_last_one_cuts_short() {
        let mut exact = collector(2, 1000);
        assert!(exact.push(vec![Value::Null]) && exact.push(vec![Value::Null]));
        let mut over = collector(1, 1000);
        assert!(over.push(vec![Value::Null]) && !over.push(vec![Value::Null]));
        assert_eq!(exact.finish().1, None);
        let (rows, truncated) = over.finish();
        assert_eq!((rows.len(), truncated), (1, Some(Truncation::Rows)));
    }

    #[test]
    fn bytes_cut_short_too() {
        let mut collector = collector(10, 100);
        assert!(collector.push(vec![Value::Integer(i64::MIN)]));
        assert!(!collector.push(vec![Value::Text("x".repeat(100))]));
        assert_eq!(collector.finish().1, Some(Truncation::Bytes));
    }
}
