//! Days and moments on SQLite, which has no types for them: they are text, and a cast to such a type
//! is one to a number (`CAST('2026-08-14' AS DATE)` is 2026). Nor has it EXTRACT.

use sqlparser::ast::{
    CastKind, DataType, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, TypedString, Value,
};

use super::Walk;
use crate::semantic::guard::refusal::{Place, Refusal};
use crate::warehouse::moment;

const UNKNOWN: Place = Place { line: 0, column: 0 };

impl Walk<'_> {
    /// Checks a cast to a day or a moment, a literal of one, or a part that is taken out of one, and
    /// writes it as SQLite needs it; false where the expression is none of these.
    pub(super) fn temporal(&mut self, expression: &mut Expr) -> Result<bool, Refusal> {
        let written = match expression {
            Expr::Cast {
                kind: CastKind::Cast | CastKind::DoubleColon,
                expr,
                data_type,
                format: None,
            } => {
                let Some(function) = conversion(data_type) else {
                    return Ok(false);
                };
                self.expression(expr)?;
                call(function, vec![taken(expr)])
            }
            Expr::Extract {
                field,
                syntax: _,
                expr,
            } => {
                let Some(part) = Part::named(field) else {
                    return Err(Refusal::not_allowed(
                        format!("EXTRACT({field} FROM ...)"),
                        UNKNOWN,
                        "there are YEAR, MONTH, DAY, DOW, DOY, HOUR, MINUTE, SECOND and EPOCH",
                    ));
                };
                if is_computed(expr) {
                    return Err(Refusal::not_allowed(
                        "EXTRACT of what is computed",
                        UNKNOWN,
                        "SQLite has no intervals; subtract one EXTRACT(EPOCH FROM ...) from another",
                    ));
                }
                self.expression(expr)?;
                part.of(taken(expr))
            }
            Expr::TypedString(TypedString {
                data_type: data_type @ (DataType::Date | DataType::Timestamp(None, _)),
                value,
                uses_odbc_syntax: false,
            }) => {
                let place = value.span;
                self.literal(value)?;
                let Value::SingleQuotedString(text) = &value.value else {
                    return Ok(false);
                };
                let stored = match data_type {
                    DataType::Date => moment::is_date(text).then(|| text.clone()),
                    _ => moment::parse_any(text).map(moment::stored),
                };
                let Some(stored) = stored else {
                    return Err(Refusal::not_allowed(
                        "this day or moment",
                        place,
                        "write DATE '2026-08-14' or TIMESTAMP '2026-08-14 09:30:00'",
                    ));
                };
                Expr::Value(Value::SingleQuotedString(stored).into())
            }
            _ => return Ok(false),
        };
        *expression = written;
        Ok(true)
    }
}

/// SQLite's function that brings a value into the stored form of a type.
fn conversion(data_type: &DataType) -> Option<&'static str> {
    match data_type {
        DataType::Date => Some("date"),
        DataType::Timestamp(None, _) => Some("datetime"),
        DataType::Time(None, _) => Some("time"),
        _ => None,
    }
}

/// A part of a moment, as SQLite's functions give it.
enum Part {
    /// What `strftime` writes by this format, which is a number of this type.
    Written(&'static str, DataType),
    /// Seconds since 1970.
    Epoch,
}

impl Part {
    fn named(field: &DateTimeField) -> Option<Self> {
        let whole = |format| Self::Written(format, DataType::Integer(None));
        Some(match field {
            DateTimeField::Year => whole("%Y"),
            DateTimeField::Month => whole("%m"),
            DateTimeField::Day => whole("%d"),
            DateTimeField::Dow => whole("%w"),
            DateTimeField::Doy => whole("%j"),
            DateTimeField::Hour => whole("%H"),
            DateTimeField::Minute => whole("%M"),
            DateTimeField::Second => Self::Written("%f", DataType::Real),
            DateTimeField::Epoch => Self::Epoch,
            _ => return None,
        })
    }

    fn of(self, moment: Expr) -> Expr {
        match self {
            Self::Written(format, data_type) => Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(call("strftime", vec![text(format), moment])),
                data_type,
                format: None,
            },
            Self::Epoch => call("unixepoch", vec![moment, text("subsec")]),
        }
    }
}

/// Whether the expression is arithmetic, whose outcome SQLite would take for a moment.
fn is_computed(expression: &Expr) -> bool {
    match expression {
        Expr::Nested(inner) => is_computed(inner),
        Expr::BinaryOp { .. } | Expr::UnaryOp { .. } => true,
        _ => false,
    }
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).into())
}

pub(super) fn taken(expression: &mut Expr) -> Expr {
    std::mem::replace(expression, Expr::Value(Value::Null.into()))
}

pub(super) fn call(function: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: vec![Ident::new(function)].into(),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments
                .into_iter()
                .map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)))
                .collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}
