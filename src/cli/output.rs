//! How results are printed.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

use crate::model::Timestamp;

/// Writes to stdout, all of it or an error.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes a line to stdout.
pub fn print_line(line: &str) -> io::Result<()> {
    print(&format!("{line}\n"))
}

/// Writes a value to stdout as JSON that people can read too.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(print_line(&serde_json::to_string_pretty(value)?)?)
}

/// An error's text on one line; databases answer in several at times.
pub fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// Text by others as a terminal may show it: what would move its cursor, colour it or turn its
/// direction round is written out.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Seconds since the epoch as UTC, to the second; `-` for never.
pub fn time(seconds: Option<i64>) -> String {
    let whole = |seconds| {
        let text = Timestamp::from_seconds(seconds).rfc3339();
        text.split_once('.')
            .map_or(text.clone(), |(date, _)| format!("{date}Z"))
    };
    seconds.map_or_else(|| "-".to_owned(), whole)
}

/// Columns as wide as what stands in them.
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// With these headings.
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self(vec![headings.map(str::to_owned).to_vec()])
    }

    /// Without headings, for names and what they stand for.
    pub fn plain() -> Self {
        Self(Vec::new())
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.0.push(cells.map(printable).to_vec());
    }

    /// The table as lines of text.
    pub fn text(&self) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.0 {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(line, "{cell:width$}  ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_steered_by_others() {
        assert_eq!(
            printable("a\u{1b}[31mb\n\u{202e}c\u{9b}"),
            "a\\u{1b}[31mb\\n\\u{202e}c\\u{9b}"
        );
        assert_eq!(printable("Zoë, 日本"), "Zoë, 日本");
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["NAME", "SCOPE"]);
        table.row(["é", "protected"]);
        table.row(["longer", ""]);
        assert_eq!(table.text(), "NAME    SCOPE\né       protected\nlonger\n");
    }

    #[test]
    fn times_are_utc_to_the_second() {
        assert_eq!(time(Some(1_795_000_000)), "2026-11-18T11:06:40Z");
        assert_eq!(time(None), "-");
    }
}
