//! What a cell of a CSV file says, as a value of some kind.

use chrono::NaiveDateTime;

use super::super::moment;
use super::super::value::{Kind, Value};

/// How much is accepted as a value of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Only what comes out again as it went in, or nearly: what kinds are inferred from.
    Strict,
    /// Also what somebody who named the kind will have meant: spaces around, noughts and a plus before a
    /// number, 0 and 1 for false and true, a day for its midnight.
    Named,
}

/// The cell as a value, or `None` if it is no value of this kind.
pub(super) fn read(cell: &str, kind: Kind, reading: Reading) -> Option<Value> {
    let cell = match reading {
        Reading::Strict => cell,
        Reading::Named if kind == Kind::Text => cell,
        Reading::Named => cell.trim(),
    };
    match kind {
        Kind::Boolean => boolean(cell, reading).map(Value::Boolean),
        Kind::Integer => integer(cell, reading).map(Value::Integer),
        Kind::Number => number(cell, reading).map(Value::Number),
        Kind::Date => moment::is_date(cell).then(|| Value::Text(cell.to_owned())),
        Kind::Timestamp => timestamp(cell, reading).map(|at| Value::Text(moment::answered(at))),
        Kind::Text => Some(Value::Text(cell.to_owned())),
    }
}

fn boolean(cell: &str, reading: Reading) -> Option<bool> {
    let is = |word: &str| cell.eq_ignore_ascii_case(word);
    let named = reading == Reading::Named;
    if is("true") || (named && cell == "1") {
        Some(true)
    } else if is("false") || (named && cell == "0") {
        Some(false)
    } else {
        None
    }
}

fn integer(cell: &str, reading: Reading) -> Option<i64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    // Codes such as 00123 would lose their noughts, and -0 its sign.
    let is_code = digits.starts_with('0') && cell != "0";
    if reading == Reading::Strict && (is_code || cell.starts_with('+')) {
        return None;
    }
    cell.parse().ok()
}

fn number(cell: &str, reading: Reading) -> Option<f64> {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    // f64 would also read "inf" and "nan".
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if reading == Reading::Strict {
        let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_code = digits.len() > 1
            && digits.starts_with('0')
            && !digits.starts_with("0.")
            && !digits.starts_with(['e', 'E']);
        // A number of more digits than an integer has room for is an identifier.
        if is_code
            || cell.starts_with('+')
            || (is_whole && integer(cell, reading).is_none() && cell != "-0")
        {
            return None;
        }
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A moment; who named the kind may also mean the midnight of a day.
fn timestamp(cell: &str, reading: Reading) -> Option<NaiveDateTime> {
    match reading {
        Reading::Strict => moment::parse(cell),
        Reading::Named => moment::parse_any(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(cell: &str, kind: Kind) -> Option<Value> {
        read(cell, kind, Reading::Strict)
    }

    #[test]
    fn numbers_that_are_codes_stay_text() {
        for cell in ["0", "-5", "9223372036854775807"] {
            assert!(strict(cell, Kind::Integer).is_some(), "{cell}");
            assert!(strict(cell, Kind::Number).is_some(), "{cell}");
        }
        for cell in [
            "007",
            "+5",
            "1 000",
            "",
            "-",
            "1e3",
            "9223372036854775808",
            "-0",
            "0x1f",
        ] {
            assert_eq!(strict(cell, Kind::Integer), None, "{cell}");
        }
        for cell in ["1.5", "-0.5", ".5", "1e-3", "3.380", "-0"] {
            assert!(strict(cell, Kind::Number).is_some(), "{cell}");
        }
        for cell in [
            "007",
            "00.5",
            "inf",
            "NaN",
            "1e999",
            "12345678901234567890123",
            "1.2.3",
            "+1.5",
            "-",
        ] {
            assert_eq!(strict(cell, Kind::Number), None, "{cell}");
        }
    }

    #[test]
    fn moments_have_many_forms() {
        for (cell, answer) in [
            ("29-02-2016 01:16", "2016-02-29T01:16:00Z"),
            ("2025-01-21T22:03:55Z", "2025-01-21T22:03:55Z"),
            ("2025-01-21 22:03:55.250", "2025-01-21T22:03:55.25Z"),
            ("2025-01-21T22:03", "2025-01-21T22:03:00Z"),
            ("2025-01-21T22:03:55+02:00", "2025-01-21T20:03:55Z"),
            ("2025-01-01T00:30-01:30", "2025-01-01T02:00:00Z"),
        ] {
            let expected = Some(Value::Text(answer.to_owned()));
            assert_eq!(strict(cell, Kind::Timestamp), expected, "{cell}");
        }
        for cell in [
            "2025-01-21",
            "30-02-2016 01:16",
            "2025-13-01T00:00",
            "22:03",
            "T",
            " ",
            "2025-01-21T",
            "+",
            "0001-01-01T00:00:00+23:00",
            "2025-01-21T25:00",
            "2025-01-21T22:03:55+2",
            "1-2-2016 01:16",
        ] {
            assert_eq!(strict(cell, Kind::Timestamp), None, "{cell}");
        }
        assert_eq!(
            read("2025-01-21", Kind::Timestamp, Reading::Named),
            Some(Value::Text("2025-01-21T00:00:00Z".to_owned()))
        );
    }

    #[test]
    fn who_names_a_kind_is_understood() {
        assert_eq!(
            read(" 007 ", Kind::Integer, Reading::Named),
            Some(Value::Integer(7))
        );
        assert_eq!(
            read("1", Kind::Boolean, Reading::Named),
            Some(Value::Boolean(true))
        );
        assert_eq!(read("LOHARU", Kind::Integer, Reading::Named), None);
        assert_eq!(strict("TRUE", Kind::Boolean), Some(Value::Boolean(true)));
        assert_eq!(strict("1", Kind::Boolean), None);
    }
}
