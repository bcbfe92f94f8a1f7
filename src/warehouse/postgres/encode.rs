//! Parameters as the types that the server takes them for.

use bytes::BytesMut;
use rust_decimal::Decimal;
use tokio_postgres::types::{IsNull, Kind as TypeKind, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::super::backend::WarehouseError;
use super::super::moment;
use super::super::value::Value;

/// A parameter that can be bound.
pub(super) type Parameter = Box<dyn ToSql + Sync + Send>;

/// The values as parameters of these types, in their order.
pub(super) fn parameters(
    values: &[Value],
    types: &[Type],
) -> Result<Vec<Parameter>, WarehouseError> {
    if values.len() != types.len() {
        return Err(WarehouseError::Statement(format!(
            "the statement has {} parameters, and {} values were given",
            types.len(),
            values.len()
        )));
    }
    let pairs = values.iter().zip(types).zip(1_usize..);
    pairs
        .map(|((value, wanted), position)| {
            parameter(value, wanted).ok_or_else(|| {
                WarehouseError::Statement(format!(
                    "parameter {position} cannot be taken as {wanted}; cast it in the statement"
                ))
            })
        })
        .collect()
}

fn parameter(value: &Value, wanted: &Type) -> Option<Parameter> {
    if *value == Value::Null {
        return Some(Box::new(Nothing));
    }
    Some(match *wanted {
        Type::BOOL => Box::new(boolean(value)?),
        Type::INT2 => Box::new(i16::try_from(integer(value)?).ok()?),
        Type::INT4 => Box::new(i32::try_from(integer(value)?).ok()?),
        Type::INT8 => Box::new(integer(value)?),
        Type::FLOAT4 => Box::new(
            plain(value)?
                .parse::<f32>()
                .ok()
                .filter(|n| n.is_finite())?,
        ),
        Type::FLOAT8 => Box::new(
            plain(value)?
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())?,
        ),
        Type::NUMERIC => Box::new(Decimal::from_str_exact(&plain(value)?).ok()?),
        Type::DATE => Box::new(moment::parse_day(&plain(value)?)?),
        Type::TIMESTAMP => Box::new(moment::parse_any(&plain(value)?)?),
        Type::TIMESTAMPTZ => Box::new(moment::parse_any(&plain(value)?)?.and_utc()),
        Type::UUID => Box::new(plain(value)?.parse::<Uuid>().ok()?),
        Type::JSON | Type::JSONB => {
            Box::new(serde_json::from_str::<serde_json::Value>(&plain(value)?).ok()?)
        }
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
            Box::new(plain(value)?)
        }
        _ if matches!(wanted.kind(), TypeKind::Enum(_)) => Box::new(Word(plain(value)?)),
        _ => return None,
    })
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        Value::Integer(0) => Some(false),
        Value::Integer(1) => Some(true),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(value) => Some(*value),
        Value::Number(value) if value.fract() == 0.0 => format!("{value:.0}").parse().ok(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The value as text; PostgreSQL's text holds no NUL.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Boolean(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::Text(text) => (!text.contains('\0')).then(|| text.clone()),
    }
}

/// A null of any type.
#[derive(Debug)]
struct Nothing;

/// A word of an enumeration, sent as its text.
#[derive(Debug)]
struct Word(String);

type Encoded = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

impl ToSql for Nothing {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Encoded {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Word {
    fn to_sql(&self, _: &Type, buffer: &mut BytesMut) -> Encoded {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(wanted: &Type) -> bool {
        matches!(wanted.kind(), TypeKind::Enum(_))
    }

    to_sql_checked!();
}
