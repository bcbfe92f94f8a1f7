//! What the columns of an answer hold. SQLite types values, not columns: a column's declared type is a
//! promise that is looked at, and an expression has none.

use super::super::moment;
use super::super::value::{Column, Kind, Value};

/// The kind that a declared type promises; `None` where it promises nothing.
pub(super) fn declared(text: &str) -> Option<Kind> {
    let text = text.to_ascii_uppercase();
    let has = |part: &str| text.contains(part);
    if has("BOOL") {
        Some(Kind::Boolean)
    } else if has("TIMESTAMP") || has("DATETIME") {
        Some(Kind::Timestamp)
    } else if text == "DATE" {
        Some(Kind::Date)
    } else if has("INT") {
        Some(Kind::Integer)
    } else if has("CHAR") || has("TEXT") || has("CLOB") {
        Some(Kind::Text)
    } else if has("REAL") || has("FLOA") || has("DOUB") || has("NUMERIC") || has("DECIMAL") {
        Some(Kind::Number)
    } else {
        None
    }
}

/// Settles what a column holds, and brings its values into the form of that kind.
pub(super) fn settle(
    name: String,
    declared: Option<Kind>,
    rows: &mut [Vec<Value>],
    place: usize,
) -> Column {
    let kind = kind_of(declared, || rows.iter().filter_map(|row| row.get(place)));
    for value in rows.iter_mut().filter_map(|row| row.get_mut(place)) {
        convert(value, kind);
    }
    Column { name, kind }
}

fn kind_of<'a, I: Iterator<Item = &'a Value>>(
    declared: Option<Kind>,
    values: impl Fn() -> I,
) -> Kind {
    let all = |kind: Kind| values().all(|value| holds(kind, value));
    if let Some(kind) = declared
        && all(kind)
    {
        return kind;
    }
    if values().all(|value| *value == Value::Null) {
        return Kind::Text;
    }
    // A text column that happens to hold days is still text; an expression over days is days.
    let from_values: &[Kind] = match declared {
        Some(_) => &[Kind::Integer, Kind::Number],
        None => &[Kind::Integer, Kind::Number, Kind::Timestamp, Kind::Date],
    };
    from_values
        .iter()
        .copied()
        .find(|kind| all(*kind))
        .unwrap_or(Kind::Text)
}

fn holds(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Null) => true,
        (Kind::Boolean, Value::Integer(number)) => matches!(number, 0 | 1),
        (Kind::Integer | Kind::Number, Value::Integer(_)) => true,
        (Kind::Number, Value::Number(_)) => true,
        (Kind::Text, Value::Text(_)) => true,
        (Kind::Date, Value::Text(text)) => moment::is_date(text),
        (Kind::Timestamp, Value::Text(text)) => moment::is_stored(text),
        _ => false,
    }
}

#[expect(
    clippy::as_conversions,
    reason = "the nearest number is what is wanted"
)]
fn convert(value: &mut Value, kind: Kind) {
    let converted = match (kind, &*value) {
        (Kind::Boolean, Value::Integer(number)) => Value::Boolean(*number != 0),
        (Kind::Number, Value::Integer(number)) => Value::Number(*number as f64),
        (Kind::Timestamp, Value::Text(text)) => Value::Text(moment::answered_from_stored(text)),
        (Kind::Text, Value::Integer(number)) => Value::Text(number.to_string()),
        (Kind::Text, Value::Number(number)) => Value::Text(number.to_string()),
        _ => return,
    };
    *value = converted;
}
