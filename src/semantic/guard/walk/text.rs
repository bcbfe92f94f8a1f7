//! Functions of text that have a syntax of their own. SQLite has them as plain functions alone.

use sqlparser::ast::{Expr, TrimWhereField, Value};

use super::temporal::{call, taken};
use super::{Outcome, Walk};
use crate::warehouse::Dialect;

impl Walk<'_> {
    /// SUBSTRING and TRIM.
    pub(super) fn text(&mut self, expression: &mut Expr) -> Outcome {
        let is_sqlite = self.dialect == Dialect::Sqlite;
        match expression {
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                special,
                shorthand: _,
            } => {
                self.expression(expr)?;
                self.boxed(substring_from)?;
                self.boxed(substring_for)?;
                if is_sqlite {
                    *special = true;
                    let first =
                        || Box::new(Expr::Value(Value::Number("1".to_owned(), false).into()));
                    substring_from.get_or_insert_with(first);
                }
            }
            Expr::Trim {
                expr,
                trim_where,
                trim_what,
                trim_characters,
            } => {
                self.expression(expr)?;
                self.boxed(trim_what)?;
                if let Some(characters) = trim_characters {
                    self.expressions(characters)?;
                }
                if !is_sqlite || trim_characters.is_some() {
                    return Ok(());
                }
                let what = trim_what.take().map(|what| *what);
                let one_sided = match trim_where.take() {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    Some(TrimWhereField::Both) | None => {
                        *trim_characters = what.map(|what| vec![what]);
                        return Ok(());
                    }
                };
                let arguments = std::iter::once(taken(expr)).chain(what).collect();
                *expression = call(one_sided, arguments);
            }
            other => return self.expression(other),
        }
        Ok(())
    }

    /// ILIKE on SQLite, whose LIKE takes small and capital letters of ASCII as the same.
    pub(super) fn like_of_any_case(&mut self, expression: &mut Expr) -> Outcome {
        if let Expr::ILike {
            negated,
            any,
            expr,
            pattern,
            escape_char,
        } = expression
        {
            *expression = Expr::Like {
                negated: *negated,
                any: *any,
                expr: Box::new(taken(expr)),
                pattern: Box::new(taken(pattern)),
                escape_char: escape_char.take(),
            };
        }
        self.expression(expression)
    }
}
