//! The types that values may be cast to.

use sqlparser::ast::{CharacterLength, DataType, ExactNumberInfo};

use crate::warehouse::Dialect;

/// Most characters of a type that fills up with spaces.
const LONGEST_PADDED: u64 = 255;

/// Whether a value may be cast to this type.
///
/// Types that only the dialect itself knows by name are refused with the rest: among them are those
/// that look names up in the catalog (`regclass`, `oid`).
pub(super) fn is_allowed(data_type: &DataType, dialect: Dialect) -> bool {
    match data_type {
        DataType::Text
        | DataType::Varchar(None)
        | DataType::Integer(None)
        | DataType::Int(None)
        | DataType::BigInt(None)
        | DataType::SmallInt(None)
        | DataType::Real
        | DataType::DoublePrecision
        | DataType::Float(ExactNumberInfo::None)
        | DataType::Boolean
        | DataType::Date
        | DataType::Timestamp(None, _)
        | DataType::Time(None, _) => true,
        DataType::Numeric(size) | DataType::Decimal(size) => fits(size),
        DataType::Varchar(Some(length)) | DataType::CharacterVarying(Some(length)) => {
            is_plain(length)
        }
        DataType::Char(length) | DataType::Character(length) => match length {
            None => true,
            Some(CharacterLength::IntegerLength { length, unit: None }) => {
                *length <= LONGEST_PADDED
            }
            Some(_) => false,
        },
        DataType::Bool | DataType::Interval { .. } => dialect != Dialect::Sqlite,
        DataType::Int2(None)
        | DataType::Int4(None)
        | DataType::Int8(None)
        | DataType::Float4
        | DataType::Float8 => dialect == Dialect::Postgres,
        DataType::String(None)
        | DataType::TimestampNtz(None)
        | DataType::Double(ExactNumberInfo::None) => dialect == Dialect::Snowflake,
        _ => false,
    }
}

fn fits(size: &ExactNumberInfo) -> bool {
    match size {
        ExactNumberInfo::None | ExactNumberInfo::Precision(_) => true,
        ExactNumberInfo::PrecisionAndScale(_, scale) => *scale >= 0,
    }
}

fn is_plain(length: &CharacterLength) -> bool {
    matches!(length, CharacterLength::IntegerLength { unit: None, .. })
}
