//! Days, times and moments as Snowflake's answers have them.
//!
//! Days count from 1970-01-01; moments are seconds from then with their fraction, and `TIMESTAMP_TZ`
//! has a space and an offset after them, which changes nothing of when it was.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};

use super::super::moment::answered;

/// The last second of the year 9999, which no moment in Snowflake is behind.
const LAST_SECOND: i128 = 253_402_300_799;
const NANOS: i128 = 1_000_000_000;

/// A day, from the number of days since 1970-01-01.
pub fn day(text: &str) -> Option<String> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let day = epoch.checked_add_signed(TimeDelta::try_days(text.parse().ok()?)?)?;
    Some(day.format("%Y-%m-%d").to_string())
}

/// A time of day, from the seconds since midnight.
pub fn time_of_day(text: &str) -> Option<String> {
    let (seconds, nanos) = split(nanoseconds(text)?)?;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(seconds).ok()?, nanos)?;
    Some(time.format("%H:%M:%S%.f").to_string())
}

/// A moment, from the seconds since 1970-01-01 in UTC.
pub fn moment(text: &str) -> Option<String> {
    let seconds = match text.split_once(' ') {
        Some((seconds, offset)) => {
            offset.parse::<i32>().ok()?;
            seconds
        }
        None => text,
    };
    let (seconds, nanos) = split(nanoseconds(seconds)?)?;
    DateTime::from_timestamp(seconds, nanos).map(|moment| answered(moment.naive_utc()))
}

fn split(nanoseconds: i128) -> Option<(i64, u32)> {
    let seconds = i64::try_from(nanoseconds.div_euclid(NANOS)).ok()?;
    let nanos = u32::try_from(nanoseconds.rem_euclid(NANOS)).ok()?;
    Some((seconds, nanos))
}

/// Seconds with a fraction, as nanoseconds. A number without a point that lies behind the last moment
/// there is counts nanoseconds already, as one of the documentation's examples does.
fn nanoseconds(text: &str) -> Option<i128> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let magnitude = if !digits.contains('.') && whole > LAST_SECOND {
        whole
    } else {
        let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
        whole.checked_mul(NANOS)?.checked_add(fraction)?
    };
    Some(if is_negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_the_epoch() {
        for (written, expected) in [
            ("18262", "2020-01-01"),
            ("0", "1970-01-01"),
            ("-1", "1969-12-31"),
            ("-719162", "0001-01-01"),
        ] {
            assert_eq!(day(written).as_deref(), Some(expected));
        }
        for written in ["2020-01-01", "1.0", "", "9223372036854775807"] {
            assert_eq!(day(written), None);
        }
    }

    #[test]
    fn moments_count_seconds_on_both_sides_of_the_epoch() {
        for (written, expected) in [
            ("1616173619.000000000", "2021-03-19T17:06:59Z"),
            ("1616173619.120000000", "2021-03-19T17:06:59.12Z"),
            ("1616173619.123456789", "2021-03-19T17:06:59.123456789Z"),
            ("1616173619.123", "2021-03-19T17:06:59.123Z"),
            ("0", "1970-01-01T00:00:00Z"),
            ("-1.500000000", "1969-12-31T23:59:58.5Z"),
            ("-0.000000001", "1969-12-31T23:59:59.999999999Z"),
            ("-2208988800.000000000", "1900-01-01T00:00:00Z"),
            ("253402300799.999999999", "9999-12-31T23:59:59.999999999Z"),
            ("1616173619000000000", "2021-03-19T17:06:59Z"),
            ("1616173619000000000 960", "2021-03-19T17:06:59Z"),
        ] {
            assert_eq!(moment(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn an_offset_does_not_change_when_it_was() {
        for offset in ["1440", "960", "0"] {
            let written = format!("1616173619.500000000 {offset}");
            let expected = "2021-03-19T17:06:59.5Z";
            assert_eq!(moment(&written).as_deref(), Some(expected));
        }
    }

    #[test]
    fn times_of_day_count_from_midnight() {
        for (written, expected) in [
            ("82919.000000000", "23:01:59"),
            ("3661.250000000", "01:01:01.250"),
            ("0", "00:00:00"),
        ] {
            assert_eq!(time_of_day(written).as_deref(), Some(expected));
        }
        for written in ["86400.000000000", "-1.0", "01:01:01"] {
            assert_eq!(time_of_day(written), None);
        }
    }

    #[test]
    fn what_is_no_moment() {
        for written in [
            "",
            ".",
            "-",
            "2020-01-01 00:00:00",
            "1.0000000001",
            "1e9",
            "99999999999999999999999999999999999999999",
            "1616173619.5 +0100 x",
        ] {
            assert_eq!(moment(written), None, "{written}");
        }
    }
}
