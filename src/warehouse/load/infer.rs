//! What kind of values each column of a file holds, found by reading all of it.

use super::super::value::Kind;
use super::cells::{self, Reading};

/// What is known of one column so far.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Kinds that every cell so far fits, the narrowest first; text is always among them.
    kinds: Vec<Kind>,
    /// Cells that are null.
    pub nulls: u64,
    /// Cells that are not.
    pub values: u64,
    /// Cells that are a question mark, as many sources write what is missing.
    pub question_marks: u64,
}

impl Candidate {
    pub(super) fn new() -> Self {
        Self {
            kinds: Kind::ALL.to_vec(),
            nulls: 0,
            values: 0,
            question_marks: 0,
        }
    }

    /// Takes a cell into account; `None` is a null.
    pub(super) fn see(&mut self, cell: Option<&str>) {
        let Some(cell) = cell else {
            self.nulls = self.nulls.saturating_add(1);
            return;
        };
        self.values = self.values.saturating_add(1);
        if cell == "?" {
            self.question_marks = self.question_marks.saturating_add(1);
        }
        if self.kinds.len() > 1 {
            self.kinds
                .retain(|kind| cells::read(cell, *kind, Reading::Strict).is_some());
        }
    }

    /// The narrowest kind that all cells fit. A column without a value is text.
    pub(super) fn kind(&self) -> Kind {
        match self.kinds.first() {
            Some(kind) if self.values > 0 => *kind,
            _ => Kind::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(cells: &[&str]) -> Kind {
        let mut candidate = Candidate::new();
        for cell in cells {
            candidate.see((!cell.is_empty()).then_some(*cell));
        }
        candidate.kind()
    }

    #[test]
    fn the_narrowest_kind_that_fits_all_is_taken() {
        for (cells, expected) in [
            (&["TRUE", "", "false"][..], Kind::Boolean),
            (&["1", "-20", ""], Kind::Integer),
            (&["1", "2.5"], Kind::Number),
            (&["2026-01-31", "2024-02-29"], Kind::Date),
            (
                &["29-02-2016 01:16", "2026-01-31T00:00:00Z"],
                Kind::Timestamp,
            ),
            (&["1", "2", "LOHARU"], Kind::Text),
            (&["1", "?"], Kind::Text),
            (&["TRUE", "1"], Kind::Text),
            (&["2026-01-31", "2026-01-31T00:00"], Kind::Text),
            (&["0.5.22"], Kind::Text),
            (&["007", "008"], Kind::Text),
            (&["", ""], Kind::Text),
            (&[], Kind::Text),
        ] {
            assert_eq!(kind(cells), expected, "{cells:?}");
        }
    }
}
