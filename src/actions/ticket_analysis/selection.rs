//! Which tickets are looked at: those of which something happened in a stretch of days.

use chrono::{DateTime, NaiveDate, Utc};

use super::ticket::{Ticket, TicketMoment, Tickets};
use crate::actions::ActionError;
use crate::actions::calendar::{Period, day};

/// Days from one on, up to but without another; open on either side where none is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayRange {
    /// The first day that belongs to it.
    pub from: Option<NaiveDate>,
    /// The first day after it.
    pub to: Option<NaiveDate>,
}

impl DayRange {
    /// Reads the inputs `from` and `to`.
    ///
    /// # Errors
    /// One is no day, or no day lies between them.
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, ActionError> {
        let range = Self {
            from: from.map(|text| date("from", text)).transpose()?,
            to: to.map(|text| date("to", text)).transpose()?,
        };
        match range {
            Self {
                from: Some(from),
                to: Some(to),
            } if to <= from => Err(ActionError::invalid(
                "to",
                "must be a later day than `from`",
            )),
            _ => Ok(range),
        }
    }

    /// Whether a day belongs to it.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }

    /// Whether every day belongs to it.
    pub fn is_unbounded(self) -> bool {
        self == Self::default()
    }
}

fn date(field: &str, text: &str) -> Result<NaiveDate, ActionError> {
    text.parse()
        .map_err(|_| ActionError::invalid(field, "must be a day such as 2016-03-01"))
}

/// The tickets that were opened on these days, and what must be said of the choice.
pub fn opened_in(tickets: &Tickets, range: DayRange) -> (Vec<&Ticket>, Vec<String>) {
    let mut notes = tickets.notes();
    if range.is_unbounded() {
        return (tickets.all().iter().collect(), notes);
    }
    let (dated, chosen) = happened_in(tickets, TicketMoment::Opened, range);
    note(
        &mut notes,
        tickets.all().len() - dated,
        TicketMoment::Opened.unknown(),
    );
    let chosen = chosen.into_iter().map(|(ticket, _)| ticket).collect();
    (chosen, notes)
}

/// How many tickets say when something happened to them, and those of which it happened on these days,
/// with the moment.
pub fn happened_in(
    tickets: &Tickets,
    moment: TicketMoment,
    range: DayRange,
) -> (usize, Vec<(&Ticket, DateTime<Utc>)>) {
    let dated: Vec<_> = tickets
        .all()
        .iter()
        .filter_map(|ticket| Some((ticket, ticket.time(moment)?)))
        .collect();
    let count = dated.len();
    let chosen = dated
        .into_iter()
        .filter(|(_, time)| range.contains(day(*time)))
        .collect();
    (count, chosen)
}

/// Most periods that one answer looks at.
const MOST_PERIODS: usize = 2000;

/// The starts of all periods from the one that holds `first` to the one that holds `last`.
///
/// # Errors
/// There are too many.
pub fn starts(
    period: Period,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<NaiveDate>, ActionError> {
    period.starts(first, last, MOST_PERIODS).ok_or_else(|| {
        let detail = "makes more than 2000 periods; take a longer one, or fewer days";
        ActionError::invalid("period", detail)
    })
}

/// Says how many of something there are, if there are any.
pub fn note(notes: &mut Vec<String>, count: usize, what: &str) {
    if count > 0 {
        notes.push(format!("{count} {what}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_does_not_belong_to_a_range() {
        let range = DayRange::parse(Some("2016-03-01"), Some("2016-03-03")).unwrap();
        let contains = |day: &str| range.contains(day.parse().unwrap());
        assert!(!contains("2016-02-29"));
        assert!(contains("2016-03-01"));
        assert!(contains("2016-03-02"));
        assert!(!contains("2016-03-03"));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        assert!(DayRange::parse(Some("2016-03-01"), Some("2016-03-01")).is_err());
        assert!(DayRange::parse(Some("2016-02-30"), None).is_err());
        assert!(DayRange::parse(None, Some("tomorrow")).is_err());
        assert!(DayRange::parse(None, None).unwrap().is_unbounded());
    }
}
