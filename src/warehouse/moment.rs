//! Days and moments as text: as answers have them, and as SQLite stores them.
//!
//! An answer has a moment as `2026-11-22T18:51:30.5Z`. SQLite stores it as `2026-11-22 18:51:30.5`, the
//! form of its own date functions, so that both compare as text.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};

const NANOS_A_SECOND: u32 = 1_000_000_000;

/// Whether this is a day, as `2026-11-22`.
pub(crate) fn is_date(text: &str) -> bool {
    parse_day(text).is_some()
}

/// Whether this is a moment as SQLite stores it.
pub(super) fn is_stored(text: &str) -> bool {
    parse_stored(text).is_some()
}

/// The moment that SQLite stores as this text.
pub(super) fn parse_stored(text: &str) -> Option<NaiveDateTime> {
    let (whole, fraction) = text.split_at_checked(19)?;
    let digits = match fraction.strip_prefix('.') {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()),
        None => fraction.is_empty(),
    };
    if !digits || fraction.len() > 10 || !fits(whole, "0000-00-00 00:00:00") {
        return None;
    }
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    // SQLite's date functions know no leap second.
    (moment.nanosecond() < NANOS_A_SECOND).then_some(moment)
}

/// A moment as people write it: ISO 8601 with a space or a `T`, with or without seconds and a zone (else
/// UTC), and `DD-MM-YYYY HH:MM`.
pub(super) fn parse(text: &str) -> Option<NaiveDateTime> {
    let (local_time, zone) = split_zone(text);
    let moment = local(local_time)?;
    let moment = match zone {
        None | Some("Z") => moment,
        Some(zone) => {
            let zoned = format!("{}{zone}", stored(moment));
            let form = "%Y-%m-%d %H:%M:%S%.f%:z";
            DateTime::parse_from_str(&zoned, form).ok()?.naive_utc()
        }
    };
    (1..=9999).contains(&moment.year()).then_some(moment)
}

/// As [`parse`], and a day for its midnight.
pub(crate) fn parse_any(text: &str) -> Option<NaiveDateTime> {
    match parse_day(text) {
        Some(day) => day.and_hms_opt(0, 0, 0),
        None => parse(text),
    }
}

/// A day, as `2026-11-22`.
pub(super) fn parse_day(text: &str) -> Option<NaiveDate> {
    if !fits(text, "0000-00-00") {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// How SQLite stores a moment.
pub(crate) fn stored(moment: NaiveDateTime) -> String {
    let text = moment.format("%Y-%m-%d %H:%M:%S%.9f").to_string();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How an answer has a moment in UTC.
pub(super) fn answered(moment: NaiveDateTime) -> String {
    let mut text = stored(moment).replacen(' ', "T", 1);
    text.push('Z');
    text
}

/// How an answer has what SQLite stores as this text.
pub(super) fn answered_from_stored(text: &str) -> String {
    let mut answered = text.replacen(' ', "T", 1);
    answered.push('Z');
    answered
}

/// How SQLite stores what an answer has as this text, if it is a moment.
pub(crate) fn stored_from_answered(text: &str) -> Option<String> {
    let text = text.strip_suffix('Z')?;
    let (day, time) = text.split_once('T')?;
    let stored = format!("{day} {time}");
    is_stored(&stored).then_some(stored)
}

/// Whether the text has a digit wherever the form has one, and else is the same.
fn fits(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, like)| {
            if like == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == like
            }
        })
}

/// The text before the zone, and the zone: `Z`, or as `+02:00`.
fn split_zone(cell: &str) -> (&str, Option<&str>) {
    if let Some(text) = cell.strip_suffix('Z') {
        return (text, Some("Z"));
    }
    let time = cell.find(['T', ' ']).unwrap_or(cell.len());
    match cell.get(time..).and_then(|rest| rest.rfind(['+', '-'])) {
        Some(offset) => {
            let (text, zone) = cell
                .split_at_checked(time.saturating_add(offset))
                .unwrap_or((cell, ""));
            (text, Some(zone))
        }
        None => (cell, None),
    }
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let (day, time) = text.split_once(['T', ' '])?;
    let day = match day.as_bytes() {
        [_, _, b'-', _, _, b'-', ..] => {
            let (day_and_month, year) = day.rsplit_once('-')?;
            let (day, month) = day_and_month.split_once('-')?;
            format!("{year}-{month}-{day}")
        }
        _ => day.to_owned(),
    };
    let seconds = if time.len() == 5 { ":00" } else { "" };
    parse_stored(&format!("{day} {time}{seconds}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_there_and_back() {
        for (stored_form, answer) in [
            ("2026-11-22 18:51:30", "2026-11-22T18:51:30Z"),
            ("2026-11-22 00:00:00.000001", "2026-11-22T00:00:00.000001Z"),
            ("0001-01-01 23:59:59.5", "0001-01-01T23:59:59.5Z"),
        ] {
            let moment = parse_stored(stored_form).unwrap();
            assert_eq!(stored(moment), stored_form);
            assert_eq!(answered(moment), answer);
            assert_eq!(answered_from_stored(stored_form), answer);
            assert_eq!(stored_from_answered(answer).as_deref(), Some(stored_form));
        }
    }

    #[test]
    fn a_whole_ten_keeps_its_nought() {
        let moment = parse_stored("2026-11-20 10:00:10").unwrap();
        assert_eq!(stored(moment), "2026-11-20 10:00:10");
    }

    #[test]
    fn nothing_else_is_a_moment() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T18:51:30",
            "2026-1-22 18:51:30",
            "2026-11-22 18:51",
            "2026-11-22 24:00:00",
            "2026-11-22 23:59:60",
            "2026-02-30 00:00:00",
            "2026-11-22 18:51:30.",
            "2026-11-22 18:51:30Z",
            "+026-11-22 18:51:30",
            "ü26-11-22 18:51:30",
        ] {
            assert!(!is_stored(text), "{text}");
        }
        assert!(is_date("2024-02-29"));
        assert!(!is_date("2023-02-29"));
        assert!(!is_date("2023-2-9"));
        assert_eq!(stored_from_answered("TZ"), None);
    }
}
