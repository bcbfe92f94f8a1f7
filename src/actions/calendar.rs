//! Days, weeks, months and quarters, all in UTC.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long the stretches of time are that something is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first of a month to the first of the next.
    Month,
    /// From the first of January, April, July or October to the first of the next.
    Quarter,
}

impl Period {
    /// The first day of the stretch that a day lies in.
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        let month = match self {
            Self::Day => return day,
            Self::Week => {
                let passed = day.weekday().num_days_from_monday();
                return day
                    .checked_sub_days(Days::new(passed.into()))
                    .unwrap_or(day);
            }
            Self::Month => day.month(),
            Self::Quarter => (day.month0() / 3) * 3 + 1,
        };
        NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day)
    }

    /// The first day of the next stretch; `None` at the end of the calendar.
    pub fn next(self, start: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => start.succ_opt(),
            Self::Week => start.checked_add_days(Days::new(7)),
            Self::Month => start.checked_add_months(Months::new(1)),
            Self::Quarter => start.checked_add_months(Months::new(3)),
        }
    }

    /// The starts of all stretches from the one that holds `first` to the one that holds `last`; `None`
    /// when there are more than `most`.
    pub fn starts(self, first: NaiveDate, last: NaiveDate, most: usize) -> Option<Vec<NaiveDate>> {
        let starts: Vec<NaiveDate> =
            std::iter::successors(Some(self.start(first)), |start| self.next(*start))
                .take_while(|start| *start <= last)
                .take(most.saturating_add(1))
                .collect();
        (starts.len() <= most).then_some(starts)
    }
}

/// The day that a moment lies in, in UTC.
pub fn day(time: DateTime<Utc>) -> NaiveDate {
    time.date_naive()
}

/// A moment as answers have it: RFC 3339 in UTC.
pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn stretches_start_where_they_should() {
        let starts = |period: Period, day: &str| period.start(date(day)).to_string();
        assert_eq!(starts(Period::Day, "2016-02-29"), "2016-02-29");
        assert_eq!(starts(Period::Week, "2016-03-06"), "2016-02-29");
        assert_eq!(starts(Period::Week, "2016-03-07"), "2016-03-07");
        assert_eq!(starts(Period::Month, "2016-02-29"), "2016-02-01");
        assert_eq!(starts(Period::Quarter, "2016-03-31"), "2016-01-01");
        assert_eq!(starts(Period::Quarter, "2016-12-31"), "2016-10-01");
    }

    #[test]
    fn empty_stretches_are_listed_and_too_many_are_not() {
        let (first, last) = (date("2016-02-29"), date("2017-02-04"));
        let months = Period::Month.starts(first, last, 13).unwrap();
        assert_eq!(months.len(), 13);
        assert_eq!(Period::Month.starts(first, last, 12), None);
        assert_eq!(Period::Day.starts(NaiveDate::MIN, NaiveDate::MAX, 9), None);
        assert!(
            Period::Week
                .starts(NaiveDate::MAX, NaiveDate::MAX, 9)
                .is_some()
        );
    }
}
