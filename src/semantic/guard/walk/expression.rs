//! Expressions: what is allowed is listed, and what it names must be known at its place.

use sqlparser::ast::{
    CaseWhen, CastKind, CeilFloorKind, DataType, DateTimeField, Expr, Interval, ObjectName,
    TypedString, Value,
};

use super::call::is_date_field;
use super::operator::OPERATORS;
use super::{Outcome, Walk, ident, single};
use crate::semantic::guard::data_types;
use crate::semantic::guard::refusal::{Place, Refusal};
use crate::warehouse::Dialect;

const UNKNOWN: Place = Place { line: 0, column: 0 };

impl Walk<'_> {
    pub(super) fn expressions(&mut self, expressions: &mut [Expr]) -> Outcome {
        expressions
            .iter_mut()
            .try_for_each(|expression| self.expression(expression))
    }

    pub(super) fn optional(&mut self, expression: &mut Option<Expr>) -> Outcome {
        expression
            .as_mut()
            .map_or(Ok(()), |expression| self.expression(expression))
    }

    /// Checks an expression and what it holds.
    pub(super) fn expression(&mut self, expression: &mut Expr) -> Outcome {
        match expression {
            Expr::Identifier(name) => self.column(name),
            Expr::CompoundIdentifier(parts) => self.qualified_column(parts),
            Expr::Value(value) => self.literal(value),
            Expr::Nested(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => self.expression(inner),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.expression(left)?;
                self.expression(right)
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::AnyOp { .. } | Expr::AllOp { .. } => self.quantified(expression),
            Expr::InList {
                expr,
                list,
                negated: _,
            } => {
                self.expression(expr)?;
                self.expressions(list)
            }
            Expr::InSubquery {
                expr,
                subquery,
                negated: _,
            } => {
                self.expression(expr)?;
                self.query(subquery).map(drop)
            }
            Expr::Between {
                expr,
                negated: _,
                low,
                high,
            } => {
                self.expression(expr)?;
                self.expression(low)?;
                self.expression(high)
            }
            Expr::ILike { .. } if self.dialect == Dialect::Sqlite => {
                self.like_of_any_case(expression)
            }
            Expr::Like {
                negated: _,
                any: false,
                expr,
                pattern,
                escape_char,
            }
            | Expr::ILike {
                negated: _,
                any: false,
                expr,
                pattern,
                escape_char,
            } => {
                self.expression(expr)?;
                self.expression(pattern)?;
                self.boxed(escape_char)
            }
            Expr::Exists {
                subquery,
                negated: _,
            }
            | Expr::Subquery(subquery) => self.query(subquery).map(drop),
            Expr::Tuple(parts) => self.expressions(parts),
            Expr::Case {
                case_token: _,
                end_token: _,
                operand,
                conditions,
                else_result,
            } => {
                self.boxed(operand)?;
                for CaseWhen { condition, result } in conditions {
                    self.expression(condition)?;
                    self.expression(result)?;
                }
                self.boxed(else_result)
            }
            Expr::Function(call) => self.call(call),
            special => self.special(special),
        }
    }

    pub(super) fn boxed(&mut self, expression: &mut Option<Box<Expr>>) -> Outcome {
        expression
            .as_mut()
            .map_or(Ok(()), |expression| self.expression(expression))
    }

    /// What has a syntax of its own.
    fn special(&mut self, expression: &mut Expr) -> Outcome {
        let sqlite = self.dialect == Dialect::Sqlite;
        if sqlite && self.temporal(expression)? {
            return Ok(());
        }
        match expression {
            Expr::Cast {
                kind,
                expr,
                data_type,
                format: None,
            } => {
                self.data_type(data_type)?;
                match kind {
                    CastKind::TryCast if self.dialect == Dialect::Snowflake => {}
                    CastKind::Cast | CastKind::DoubleColon => *kind = CastKind::Cast,
                    CastKind::TryCast | CastKind::SafeCast => {
                        return Err(not_here("this cast", "write CAST(... AS ...)"));
                    }
                }
                self.expression(expr)
            }
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => match field {
                CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {
                    self.function_named("ceil", UNKNOWN)?;
                    self.expression(expr)
                }
                _ => Err(not_here(
                    "this rounding",
                    "use round with a number of digits",
                )),
            },
            Expr::Substring { .. } | Expr::Trim { .. } => self.text(expression),
            Expr::Collate { expr, collation } => {
                self.collation(collation)?;
                self.expression(expr)
            }
            Expr::Position { expr, r#in } if !sqlite => {
                self.expression(expr)?;
                self.expression(r#in)
            }
            Expr::Position { .. } => Err(not_here("POSITION", "use instr(text, part)")),
            Expr::Extract {
                field,
                syntax: _,
                expr,
            } if !sqlite && is_date_field(field) => self.expression(expr),
            Expr::AtTimeZone {
                timestamp,
                time_zone,
            } if self.dialect == Dialect::Postgres => {
                self.expression(timestamp)?;
                self.expression(time_zone)
            }
            Expr::Interval(interval) if !sqlite => self.interval(interval),
            Expr::Interval(_) => Err(not_here(
                "INTERVAL",
                "use date(..., '-7 days') and its like",
            )),
            Expr::TypedString(TypedString {
                data_type,
                value,
                uses_odbc_syntax: false,
            }) if !sqlite => {
                self.data_type(data_type)?;
                self.literal(value)
            }
            Expr::TypedString(_) => {
                Err(not_here("a type before a text", "write CAST('...' AS ...)"))
            }
            _ => Err(not_here("this kind of expression", OPERATORS)),
        }
    }

    fn interval(&mut self, interval: &mut Interval) -> Outcome {
        let Interval {
            value,
            leading_field,
            leading_precision: None,
            last_field: None,
            fractional_seconds_precision: None,
        } = interval
        else {
            return Err(not_here("this interval", "write INTERVAL '7 days'"));
        };
        let is_text = matches!(&**value, Expr::Value(value)
            if matches!(value.value, Value::SingleQuotedString(_)));
        if !is_text
            || leading_field
                .as_ref()
                .is_some_and(|field| !is_date_field(field))
        {
            return Err(not_here("this interval", "write INTERVAL '7 days'"));
        }
        self.expression(value)
    }

    fn data_type(&self, data_type: &DataType) -> Outcome {
        if data_types::is_allowed(data_type, self.dialect) {
            return Ok(());
        }
        Err(not_here(
            "this type",
            "there are TEXT, INTEGER, BIGINT, REAL, DOUBLE PRECISION, NUMERIC, BOOLEAN, DATE, \
             TIMESTAMP",
        ))
    }

    fn collation(&self, collation: &mut ObjectName) -> Outcome {
        let known: &[&'static str] = match self.dialect {
            Dialect::Sqlite => &["NOCASE", "BINARY", "RTRIM"],
            Dialect::Postgres => &["C"],
            Dialect::Snowflake => &[],
        };
        let written = single(collation).map(|name| name.value.as_str());
        let found = known
            .iter()
            .find(|known| written.is_some_and(|name| known.eq_ignore_ascii_case(name)));
        match found {
            Some(found) => {
                *collation = vec![ident(found)].into();
                Ok(())
            }
            None => Err(not_here(
                "this collation",
                "compare lower(...) with lower(...)",
            )),
        }
    }
}

pub(super) fn not_here(what: &str, instead: &'static str) -> Refusal {
    Refusal::not_allowed(what, UNKNOWN, instead)
}
