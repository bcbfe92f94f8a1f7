//! Values as PostgreSQL sends them in its binary form.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Kind as TypeKind, Type};
use uuid::Uuid;

use super::super::backend::WarehouseError;
use super::super::moment;
use super::super::value::Value;

/// The bytes of a value of whatever type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Why a value cannot be answered, in words that follow the column's name.
type Problem = &'static str;

const NOT_FINITE: Problem = "has a value that is not finite; leave such rows out";
const OUT_OF_RANGE: Problem = "has a time outside of the years 1 to 9999; leave such rows out";
const MALFORMED: Problem = "cannot be read";

/// The values of a row.
pub(super) fn values(row: &Row) -> Result<Vec<Value>, WarehouseError> {
    let columns = row.columns().iter().enumerate();
    columns
        .map(|(place, column)| {
            let refused = |problem: Problem| {
                WarehouseError::Statement(format!("column {:?} {problem}", column.name()))
            };
            let raw: Option<Raw<'_>> = row.try_get(place).map_err(|_| refused(MALFORMED))?;
            match raw {
                None => Ok(Value::Null),
                Some(Raw(bytes)) => value(column.type_(), bytes).map_err(refused),
            }
        })
        .collect()
}

/// Whether values of this type can be answered.
pub(super) fn is_readable(column: &Type) -> bool {
    matches!(
        *column,
        Type::BOOL
            | Type::INT2
            | Type::INT4
            | Type::INT8
            | Type::FLOAT4
            | Type::FLOAT8
            | Type::NUMERIC
            | Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::UNKNOWN
            | Type::CHAR
            | Type::DATE
            | Type::TIMESTAMP
            | Type::TIMESTAMPTZ
            | Type::UUID
            | Type::JSON
            | Type::JSONB
    ) || matches!(column.kind(), TypeKind::Enum(_))
}

fn value(column: &Type, bytes: &[u8]) -> Result<Value, Problem> {
    Ok(match *column {
        Type::BOOL => Value::Boolean(bytes != [0]),
        Type::INT2 => Value::Integer(i16::from_be_bytes(array(bytes)?).into()),
        Type::INT4 => Value::Integer(i32::from_be_bytes(array(bytes)?).into()),
        Type::INT8 => Value::Integer(i64::from_be_bytes(array(bytes)?)),
        // By way of its text: 0.1 stays 0.1.
        Type::FLOAT4 => {
            let shortest = f32::from_be_bytes(array(bytes)?).to_string();
            finite(shortest.parse().map_err(|_| MALFORMED)?)?
        }
        Type::FLOAT8 => finite(f64::from_be_bytes(array(bytes)?))?,
        Type::NUMERIC => numeric(bytes)?,
        Type::DATE => Value::Text(date(bytes)?),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => Value::Text(timestamp(bytes)?),
        Type::UUID => Value::Text(Uuid::from_bytes(array(bytes)?).to_string()),
        // A version stands before the text.
        Type::JSONB => text(bytes.strip_prefix(&[1]).ok_or(MALFORMED)?)?,
        _ => text(bytes)?,
    })
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Problem> {
    bytes.try_into().map_err(|_| MALFORMED)
}

fn text(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| MALFORMED)?;
    Ok(Value::Text(text.to_owned()))
}

fn finite(number: f64) -> Result<Value, Problem> {
    if number.is_finite() {
        Ok(Value::Number(number))
    } else {
        Err(NOT_FINITE)
    }
}

/// Days since 2000-01-01; the ends of the range mean infinity.
fn date(bytes: &[u8]) -> Result<String, Problem> {
    let days = i32::from_be_bytes(array(bytes)?);
    let since = Days::new(days.unsigned_abs().into());
    let epoch = epoch()?.date();
    let date = match days {
        i32::MIN | i32::MAX => return Err(NOT_FINITE),
        0.. => epoch.checked_add_days(since),
        _ => epoch.checked_sub_days(since),
    };
    let date = date
        .filter(|date| is_common(date.year()))
        .ok_or(OUT_OF_RANGE)?;
    Ok(date.format("%Y-%m-%d").to_string())
}

/// Microseconds since 2000-01-01, in UTC.
fn timestamp(bytes: &[u8]) -> Result<String, Problem> {
    let micros = i64::from_be_bytes(array(bytes)?);
    if matches!(micros, i64::MIN | i64::MAX) {
        return Err(NOT_FINITE);
    }
    let moment = epoch()?.checked_add_signed(TimeDelta::microseconds(micros));
    let moment = moment
        .filter(|at| is_common(at.year()))
        .ok_or(OUT_OF_RANGE)?;
    Ok(moment::answered(moment))
}

fn is_common(year: i32) -> bool {
    (1..=9999).contains(&year)
}

fn epoch() -> Result<NaiveDateTime, Problem> {
    NaiveDate::from_ymd_opt(2000, 1, 1)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .ok_or(MALFORMED)
}

/// Digits to the base of 10,000: how many, the power of the first, sign, decimal places, the digits. A
/// whole number that fits is an integer.
fn numeric(bytes: &[u8]) -> Result<Value, Problem> {
    const NEGATIVE: u16 = 0x4000;
    let mut halves = bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let mut half = || halves.next().ok_or(MALFORMED);
    let (_count, weight, sign, places) = (half()?, half()?, half()?, half()?);
    if sign & !NEGATIVE != 0 {
        return Err(NOT_FINITE);
    }
    let mut digits = String::from(if sign == NEGATIVE { "-" } else { "" });
    let mut count: i32 = 0;
    for digit in halves {
        digits.push_str(&format!("{digit:04}"));
        count = count.saturating_add(1);
    }
    if count == 0 {
        digits.push('0');
    }
    let weight = i32::from(i16::from_be_bytes(weight.to_be_bytes()));
    let exponent = weight
        .saturating_add(1)
        .saturating_sub(count)
        .saturating_mul(4);
    let number: f64 = format!("{digits}e{exponent}")
        .parse()
        .map_err(|_| MALFORMED)?;
    if places > 0 || !(0..=16).contains(&exponent) {
        return finite(number);
    }
    let noughts = "0".repeat(usize::try_from(exponent).unwrap_or(0));
    match format!("{digits}{noughts}").parse() {
        Ok(whole) => Ok(Value::Integer(whole)),
        Err(_) => finite(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric_of(weight: i16, sign: u16, places: u16, digits: &[u16]) -> Result<Value, Problem> {
        let count = u16::try_from(digits.len()).unwrap();
        let mut bytes = Vec::new();
        for half in [
            count,
            u16::from_be_bytes(weight.to_be_bytes()),
            sign,
            places,
        ] {
            bytes.extend(half.to_be_bytes());
        }
        for digit in digits {
            bytes.extend(digit.to_be_bytes());
        }
        numeric(&bytes)
    }

    #[test]
    fn numerics_are_read() {
        assert_eq!(numeric_of(0, 0, 2, &[12, 3400]), Ok(Value::Number(12.34)));
        assert_eq!(numeric_of(0, 0x4000, 0, &[5]), Ok(Value::Integer(-5)));
        assert_eq!(numeric_of(2, 0, 0, &[1]), Ok(Value::Integer(100_000_000)));
        assert_eq!(numeric_of(-1, 0, 4, &[25]), Ok(Value::Number(0.0025)));
        assert_eq!(numeric_of(0, 0, 0, &[]), Ok(Value::Integer(0)));
        assert_eq!(numeric_of(5, 0, 0, &[1]), Ok(Value::Number(1e20)));
        assert_eq!(numeric_of(0, 0xC000, 0, &[]), Err(NOT_FINITE));
        assert_eq!(numeric_of(0, 0xD000, 0, &[]), Err(NOT_FINITE));
    }

    #[test]
    fn times_are_read() {
        assert_eq!(date(&(-1_i32).to_be_bytes()), Ok("1999-12-31".to_owned()));
        assert_eq!(date(&i32::MAX.to_be_bytes()), Err(NOT_FINITE));
        assert_eq!(date(&5_000_000_i32.to_be_bytes()), Err(OUT_OF_RANGE));
        let half = timestamp(&500_000_i64.to_be_bytes());
        assert_eq!(half, Ok("2000-01-01T00:00:00.5Z".to_owned()));
        assert_eq!(timestamp(&i64::MIN.to_be_bytes()), Err(NOT_FINITE));
        assert_eq!(timestamp(&[1]), Err(MALFORMED));
    }
}
