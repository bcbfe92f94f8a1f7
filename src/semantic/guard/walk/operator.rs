//! Operators: those of arithmetic, bits, text and comparison, and comparisons with ANY and ALL.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};

use super::expression::not_here;
use super::{Outcome, Walk};
use crate::semantic::guard::refusal::{Place, Refusal};
use crate::warehouse::Dialect;

const UNKNOWN: Place = Place { line: 0, column: 0 };
pub(super) const OPERATORS: &str = "there are + - * / % || = <> < <= > >= AND OR NOT, IS, IN, \
                                    BETWEEN, LIKE, EXISTS, CASE, CAST, subqueries and functions";

impl Walk<'_> {
    pub(super) fn unary(&mut self, operator: UnaryOperator, operand: &mut Box<Expr>) -> Outcome {
        match operator {
            UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not => {}
            UnaryOperator::BitwiseNot if self.has_bits() => {}
            operator => return Err(unknown(operator)),
        }
        // Side by side, two signs are another operator, or begin a comment.
        if matches!(**operand, Expr::UnaryOp { .. }) {
            **operand = Expr::Nested(operand.clone());
        }
        self.expression(operand)
    }

    pub(super) fn binary(
        &mut self,
        left: &mut Expr,
        operator: &BinaryOperator,
        right: &mut Expr,
    ) -> Outcome {
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
            BinaryOperator::BitwiseAnd
            | BinaryOperator::BitwiseOr
            | BinaryOperator::PGBitwiseShiftLeft
            | BinaryOperator::PGBitwiseShiftRight
                if self.has_bits() => {}
            BinaryOperator::Glob if self.dialect == Dialect::Sqlite => {}
            operator => return Err(unknown(operator)),
        }
        self.expression(left)?;
        self.expression(right)
    }

    /// Whether there are operators on the bits of a number; Snowflake has functions for them.
    fn has_bits(&self) -> bool {
        self.dialect != Dialect::Snowflake
    }

    /// A comparison with ANY or ALL rows of a subquery. SQLite knows the two that IN and NOT IN are.
    pub(super) fn quantified(&mut self, expression: &mut Expr) -> Outcome {
        let (left, operator, right, any) = match expression {
            Expr::AnyOp {
                left,
                compare_op,
                right,
                is_some: _,
            } => (left, compare_op, right, true),
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => (left, compare_op, right, false),
            other => return self.expression(other),
        };
        if !matches!(**right, Expr::Subquery(_)) {
            return Err(not_here(
                "ANY or ALL of what is no subquery",
                "write IN and a list, or a subquery",
            ));
        }
        self.binary(left, operator, right)?;
        if self.dialect != Dialect::Sqlite {
            return Ok(());
        }
        let negated = match (any, operator) {
            (true, BinaryOperator::Eq) => false,
            (false, BinaryOperator::NotEq) => true,
            _ => {
                return Err(not_here(
                    "this comparison with ANY or ALL",
                    "SQLite has IN and NOT IN; compare with a subquery that selects min or max",
                ));
            }
        };
        let null = || Box::new(Expr::Value(sqlparser::ast::Value::Null.into()));
        let left = std::mem::replace(left, null());
        if let Expr::Subquery(subquery) = *std::mem::replace(right, null()) {
            *expression = Expr::InSubquery {
                expr: left,
                subquery,
                negated,
            };
        }
        Ok(())
    }
}

fn unknown(operator: impl std::fmt::Display) -> Refusal {
    Refusal::not_allowed(format!("the operator {operator}"), UNKNOWN, OPERATORS)
}
