//! Snowflake's types, and what their values look like in its answers: always text, or null.

use serde::Deserialize;

use super::super::backend::WarehouseError;
use super::super::value::{Column, Kind, Value};
use super::temporal::{day, moment, time_of_day};

/// A column of an answer, as its metadata describe it.
#[derive(Debug, Clone, Deserialize)]
pub struct RowType {
    /// Its name, in upper case unless the statement quoted it.
    pub name: String,
    /// `fixed`, `real`, `text`, `timestamp_ntz` and so on, in either case.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Digits behind the point.
    #[serde(default)]
    pub scale: Option<i64>,
}

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Boolean,
    Whole,
    Fraction,
    Day,
    TimeOfDay,
    Moment,
    /// Text, and whatever else Snowflake writes as text: semi-structured values as JSON, bytes in
    /// hexadecimal digits.
    Text,
}

/// A column that values can be read of.
#[derive(Debug, Clone)]
pub struct Reader {
    form: Form,
    /// The column as callers see it.
    pub column: Column,
}

impl Reader {
    /// For a column of an answer.
    pub fn new(row_type: &RowType) -> Self {
        let form = form(&row_type.type_name, row_type.scale);
        Self {
            form,
            column: Column {
                name: shown(&row_type.name),
                kind: kind_of(form),
            },
        }
    }

    /// The value that `cell` writes.
    ///
    /// # Errors
    /// A whole number of more than 64 bits, or one that is not finite, is for the statement to avoid;
    /// anything else that does not fit the column's type is no matter of the caller.
    pub fn value(&self, cell: Option<String>) -> Result<Value, WarehouseError> {
        let Some(text) = cell else {
            return Ok(Value::Null);
        };
        match self.form {
            Form::Text => Some(Value::Text(text)),
            Form::Boolean => boolean(&text),
            Form::Whole => return self.whole(&text),
            Form::Fraction => return self.fraction(&text),
            Form::Day => day(&text).map(Value::Text),
            Form::TimeOfDay => time_of_day(&text).map(Value::Text),
            Form::Moment => moment(&text).map(Value::Text),
        }
        .ok_or_else(|| self.misfit())
    }

    fn whole(&self, text: &str) -> Result<Value, WarehouseError> {
        if let Ok(whole) = text.parse() {
            return Ok(Value::Integer(whole));
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.misfit());
        }
        Err(WarehouseError::Statement(format!(
            "column {:?} has a whole number of more than 64 bits; cast it to VARCHAR",
            self.column.name
        )))
    }

    fn fraction(&self, text: &str) -> Result<Value, WarehouseError> {
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Number(number)),
            Ok(_) => Err(WarehouseError::Statement(format!(
                "column {:?} has a number that is not finite; leave such rows out",
                self.column.name
            ))),
            Err(_) => Err(self.misfit()),
        }
    }

    fn misfit(&self) -> WarehouseError {
        WarehouseError::Unavailable(format!(
            "Snowflake's answer has something else than {:?} in column {:?}",
            self.form, self.column.name
        ))
    }
}

/// What kind of values a column of a table holds; `type_name` as `INFORMATION_SCHEMA` has it.
pub fn table_kind(type_name: &str, scale: Option<i64>) -> Kind {
    kind_of(form(type_name, scale))
}

/// A name as statements may write it without quotes. Snowflake turns such a name into upper case and
/// ignores the case it was written in, so lower case says the same; any other name stays as it is.
pub fn shown(name: &str) -> String {
    let mut bytes = name.bytes();
    let begins = bytes
        .next()
        .is_some_and(|first| first.is_ascii_uppercase() || first == b'_');
    let goes_on = bytes.all(|next| {
        next.is_ascii_uppercase() || next.is_ascii_digit() || next == b'_' || next == b'$'
    });
    if begins && goes_on {
        name.to_ascii_lowercase()
    } else {
        name.to_owned()
    }
}

fn form(type_name: &str, scale: Option<i64>) -> Form {
    match type_name.to_ascii_uppercase().as_str() {
        "BOOLEAN" => Form::Boolean,
        "FIXED" | "NUMBER" if scale.unwrap_or(0) == 0 => Form::Whole,
        "FIXED" | "NUMBER" | "REAL" | "FLOAT" | "DECFLOAT" => Form::Fraction,
        "DATE" => Form::Day,
        "TIME" => Form::TimeOfDay,
        "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ" | "TIMESTAMP_TZ" => Form::Moment,
        _ => Form::Text,
    }
}

fn kind_of(form: Form) -> Kind {
    match form {
        Form::Boolean => Kind::Boolean,
        Form::Whole => Kind::Integer,
        Form::Fraction => Kind::Number,
        Form::Day => Kind::Date,
        Form::Moment => Kind::Timestamp,
        Form::TimeOfDay | Form::Text => Kind::Text,
    }
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(Value::Boolean(true)),
        "false" | "0" => Some(Value::Boolean(false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(type_name: &str, scale: i64, text: &str) -> Result<Value, WarehouseError> {
        let row_type = RowType {
            name: "X".to_owned(),
            type_name: type_name.to_owned(),
            scale: Some(scale),
        };
        Reader::new(&row_type).value(Some(text.to_owned()))
    }

    fn text(text: &str) -> Result<Value, WarehouseError> {
        Ok(Value::Text(text.to_owned()))
    }

    #[test]
    fn numbers_have_their_scale() {
        assert_eq!(read("fixed", 0, "123"), Ok(Value::Integer(123)));
        assert_eq!(
            read("FIXED", 0, "-9223372036854775808"),
            Ok(Value::Integer(i64::MIN))
        );
        assert_eq!(read("fixed", 2, "-12.50"), Ok(Value::Number(-12.5)));
        assert_eq!(read("real", 0, "1.5e300"), Ok(Value::Number(1.5e300)));
        for not_finite in ["NaN", "inf", "-inf"] {
            assert!(matches!(
                read("real", 0, not_finite),
                Err(WarehouseError::Statement(_))
            ));
        }
    }

    #[test]
    fn whole_numbers_that_do_not_fit_are_said_to_be_cast() {
        let error = read("fixed", 0, "99999999999999999999999999999999999999").unwrap_err();
        assert!(
            matches!(&error, WarehouseError::Statement(text) if text.contains("cast")),
            "{error}"
        );
    }

    #[test]
    fn booleans_and_text() {
        assert_eq!(read("boolean", 0, "true"), Ok(Value::Boolean(true)));
        assert_eq!(read("BOOLEAN", 0, "false"), Ok(Value::Boolean(false)));
        assert_eq!(read("text", 0, "true"), text("true"));
        assert_eq!(read("variant", 0, "{\"a\":1}"), text("{\"a\":1}"));
        assert_eq!(read("binary", 0, "00FF"), text("00FF"));
    }

    #[test]
    fn what_does_not_fit_its_type_is_not_guessed() {
        for (type_name, written) in [
            ("boolean", "yes"),
            ("fixed", "1.0"),
            ("fixed", ""),
            ("fixed", "-"),
            ("real", "one"),
            ("timestamp_ntz", "2020-01-01 00:00:00"),
        ] {
            assert!(
                matches!(
                    read(type_name, 0, written),
                    Err(WarehouseError::Unavailable(_))
                ),
                "{type_name} {written}"
            );
        }
    }

    #[test]
    fn names_without_quotes_are_in_lower_case() {
        for (name, expected) in [
            ("VERSION", "version"),
            ("_A1$", "_a1$"),
            ("Version", "Version"),
            ("a b", "a b"),
            ("1A", "1A"),
            ("COUNT(*)", "COUNT(*)"),
            ("", ""),
        ] {
            assert_eq!(shown(name), expected);
        }
    }

    #[test]
    fn tables_have_the_kinds_that_answers_have() {
        for (type_name, scale, kind) in [
            ("NUMBER", Some(0), Kind::Integer),
            ("NUMBER", Some(2), Kind::Number),
            ("FLOAT", None, Kind::Number),
            ("TEXT", None, Kind::Text),
            ("BOOLEAN", None, Kind::Boolean),
            ("DATE", None, Kind::Date),
            ("TIME", None, Kind::Text),
            ("TIMESTAMP_NTZ", None, Kind::Timestamp),
            ("VARIANT", None, Kind::Text),
        ] {
            assert_eq!(table_kind(type_name, scale), kind, "{type_name}");
        }
    }
}
