//! Stretches of whole days that callers ask about.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::history::History;
use super::records::Release;
use crate::actions::ActionError;
use crate::model::Timestamp;

const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Days from `from`, which belongs to it, to `to`, which does not. Either may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The day after the last.
    pub to: Option<NaiveDate>,
}

impl Span {
    /// Reads the two ends of an input.
    ///
    /// # Errors
    /// An end that is no date, or a `to` that does not lie after `from`.
    pub fn read(from: Option<&str>, to: Option<&str>) -> Result<Self, ActionError> {
        let from = from.map(|text| date("from", text)).transpose()?;
        let to = to.map(|text| date("to", text)).transpose()?;
        match (from, to) {
            (Some(first), Some(end)) if end <= first => Err(ActionError::invalid(
                "to",
                "must lie after from; it is not included itself",
            )),
            _ => Ok(Self { from, to }),
        }
    }

    /// Whether a release lies in it.
    pub fn holds(self, release: &Release) -> bool {
        self.from.is_none() && self.to.is_none() || {
            let day = day(release.released_at);
            self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
        }
    }

    /// Both ends: an open one is where the history begins or ends, though no earlier than 1970 and no
    /// later than tomorrow, so that no row with a wrong year stretches it; without any release, today.
    pub fn closed(self, history: &History, now: Timestamp) -> (NaiveDate, NaiveDate) {
        let releases = history.releases();
        let first = releases.first().map_or(now, |release| release.released_at);
        let last = releases.last().map_or(now, |release| release.released_at);
        let tomorrow = day(now.plus(A_DAY));
        let within = |time| day(time).max(NaiveDate::default()).min(tomorrow);
        let (first, last) = (within(first), within(last));
        let end = last.succ_opt().unwrap_or(last);
        let from = match (self.from, self.to) {
            (Some(from), _) => from,
            (None, Some(to)) => first.min(to.pred_opt().unwrap_or(to)),
            (None, None) => first,
        };
        let to = self
            .to
            .unwrap_or_else(|| end.max(from.succ_opt().unwrap_or(from)));
        (from, to)
    }
}

/// The day that a moment lies in, in UTC.
pub fn day(time: Timestamp) -> NaiveDate {
    DateTime::<Utc>::from_timestamp_micros(time.micros())
        .unwrap_or_default()
        .date_naive()
}

fn date(field: &str, text: &str) -> Result<NaiveDate, ActionError> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|day| (1970..=2200).contains(&day.year()))
        .ok_or_else(|| {
            ActionError::invalid(
                field,
                "must be a day of the years 1970 to 2200, such as 2026-01-31",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_cannot_be_are_refused() {
        for text in ["", "2026-02-30", "2026-1", "1969-12-31", "2201-01-01", "x"] {
            assert!(Span::read(Some(text), None).is_err(), "{text}");
        }
        assert!(Span::read(Some("2026-01-02"), Some("2026-01-02")).is_err());
        assert!(Span::read(Some("2026-01-02"), Some("2026-01-03")).is_ok());
    }

    #[test]
    fn an_open_span_is_never_empty() {
        let history = History::of(Vec::new());
        let now = Timestamp::from_seconds(0);
        for (from, to) in [
            (None, None),
            (Some("2026-01-01"), None),
            (None, Some("1970-01-01")),
        ] {
            let (first, end) = Span::read(from, to).unwrap().closed(&history, now);
            assert!(first < end, "{first} {end}");
        }
    }

    #[test]
    fn a_wrong_year_does_not_stretch_an_open_span() {
        let year = 365 * 24 * 3600;
        let releases = [-500, 50, 5000].map(|years| {
            super::super::testing::release(&format!("in{years}"), years * year, Vec::new())
        });
        let history = History::of(releases.to_vec());
        let now = Timestamp::from_seconds(0);
        let (first, end) = Span::default().closed(&history, now);
        assert_eq!(first.to_string(), "1970-01-01");
        assert_eq!(end.to_string(), "1970-01-03");
    }
}
