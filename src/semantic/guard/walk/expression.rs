//! Expressions: what is allowed is listed, and what it names must be known at its place.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DataType, DateTimeField, Expr, Ident,
    Interval, ObjectName, TypedString, UnaryOperator, Value,
};

use super::call::is_date_field;
use super::{Outcome, Walk, ident, single};
use crate::semantic::guard::data_types;
use crate::semantic::guard::refusal::{Place, Refusal, nearest_first, quoted};
use crate::warehouse::Dialect;

const UNKNOWN: Place = Place { line: 0, column: 0 };
const OPERATORS: &str = "there are + - * / % || = <> < <= > >= AND OR NOT, IS, IN, BETWEEN, LIKE, \
                         EXISTS, CASE, CAST, subqueries and functions";

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
            | Expr::IsNotUnknown(inner)
            | Expr::UnaryOp {
                op: UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not,
                expr: inner,
            } => self.expression(inner),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.expression(left)?;
                self.expression(right)
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::AnyOp {
                left,
                compare_op,
                right,
                is_some: _,
            }
            | Expr::AllOp {
                left,
                compare_op,
                right,
            } if matches!(**right, Expr::Subquery(_)) => self.binary(left, compare_op, right),
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

    fn boxed(&mut self, expression: &mut Option<Box<Expr>>) -> Outcome {
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
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                special: _,
                shorthand: _,
            } => {
                self.expression(expr)?;
                self.boxed(substring_from)?;
                self.boxed(substring_for)
            }
            Expr::Trim {
                expr,
                trim_where: _,
                trim_what,
                trim_characters,
            } => {
                self.expression(expr)?;
                self.boxed(trim_what)?;
                match trim_characters {
                    Some(characters) => self.expressions(characters),
                    None => Ok(()),
                }
            }
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
            Expr::Extract { .. } if sqlite => {
                Err(not_here("EXTRACT", "use strftime('%Y', ...) and its like"))
            }
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

    fn binary(&mut self, left: &mut Expr, operator: &BinaryOperator, right: &mut Expr) -> Outcome {
        match operator {
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::StringConcat
            | BinaryOperator::Gt
            | BinaryOperator::Lt
            | BinaryOperator::GtEq
            | BinaryOperator::LtEq
            | BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::And
            | BinaryOperator::Or => {}
            BinaryOperator::Glob if self.dialect == Dialect::Sqlite => {}
            operator => {
                return Err(Refusal::not_allowed(
                    format!("the operator {operator}"),
                    UNKNOWN,
                    OPERATORS,
                ));
            }
        }
        self.expression(left)?;
        self.expression(right)
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

    /// The column of this name that is known at this place, the innermost first.
    pub(super) fn known_column(&self, name: &str) -> Option<String> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| frame.column(name))
            .map(str::to_owned)
    }

    fn column(&self, name: &mut Ident) -> Outcome {
        match self.known_column(&name.value) {
            Some(known) => {
                *name = ident(&known);
                Ok(())
            }
            None => Err(Refusal::Column {
                name: quoted(&name.value),
                place: name.span.into(),
                near: nearest_first(
                    &name.value,
                    self.frames.iter().flat_map(|frame| frame.names()),
                ),
            }),
        }
    }

    fn qualified_column(&self, parts: &mut Vec<Ident>) -> Outcome {
        let [qualifier, name] = parts.as_slice() else {
            return Err(not_here(
                "a name with more than two parts",
                "write a column, or an alias and a column",
            ));
        };
        let relation = self
            .frames
            .iter()
            .rev()
            .find_map(|frame| frame.relation(&qualifier.value));
        let Some(relation) = relation else {
            let aliases = self
                .frames
                .iter()
                .flat_map(|frame| &frame.relations)
                .map(|relation| relation.alias.as_str());
            return Err(Refusal::Qualifier {
                name: quoted(&qualifier.value),
                place: qualifier.span.into(),
                near: nearest_first(&qualifier.value, aliases),
            });
        };
        let columns = || relation.columns.iter();
        let Some(known) = crate::semantic::guard::names::find(columns(), &name.value) else {
            return Err(Refusal::Column {
                name: quoted(&format!("{}.{}", qualifier.value, name.value)),
                place: qualifier.span.into(),
                near: nearest_first(&name.value, columns().map(String::as_str)),
            });
        };
        *parts = vec![ident(&relation.alias), ident(known)];
        Ok(())
    }
}

fn not_here(what: &str, instead: &'static str) -> Refusal {
    Refusal::not_allowed(what, UNKNOWN, instead)
}
