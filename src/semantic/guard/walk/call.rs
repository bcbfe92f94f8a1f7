//! Calls of functions.

use sqlparser::ast::{
    DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName,
};

use super::{Outcome, Walk, single};
use crate::semantic::guard::functions::{self, allowed_functions};
use crate::semantic::guard::refusal::{Place, Refusal, nearest, quoted};
use crate::warehouse::Dialect;

const UNKNOWN: Place = Place { line: 0, column: 0 };
const ARGUMENTS: &str = "pass expressions by position";

impl Walk<'_> {
    pub(super) fn call(&mut self, call: &mut Function) -> Outcome {
        let known = self.function(&call.name)?;
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = call;
        *name = vec![Ident::new(known)].into();
        if *uses_odbc_syntax || *parameters != FunctionArguments::None {
            return Err(Refusal::not_allowed(
                format!("this form of {known}"),
                UNKNOWN,
                ARGUMENTS,
            ));
        }
        if null_treatment.is_some() && self.dialect != Dialect::Snowflake {
            return Err(Refusal::not_allowed(
                "IGNORE NULLS or RESPECT NULLS",
                UNKNOWN,
                "this warehouse does not know it",
            ));
        }
        if self.dialect == Dialect::Sqlite && !within_group.is_empty() {
            return Err(Refusal::not_allowed(
                "WITHIN GROUP",
                UNKNOWN,
                "this warehouse does not know it",
            ));
        }
        self.arguments(known, args)?;
        self.ordering(within_group)?;
        if let Some(filter) = filter {
            self.expression(filter)?;
        }
        over.as_mut().map_or(Ok(()), |over| self.window(over))
    }

    fn function(&self, name: &ObjectName) -> Result<&'static str, Refusal> {
        match single(name) {
            Some(name) => self.function_named(&name.value, name.span),
            None => self.function_named(&name.to_string(), UNKNOWN),
        }
    }

    pub(super) fn function_named(
        &self,
        name: &str,
        place: impl Into<Place>,
    ) -> Result<&'static str, Refusal> {
        functions::allowed(name, self.dialect).ok_or_else(|| Refusal::Function {
            near: nearest(name, allowed_functions(self.dialect)),
            name: quoted(name),
            place: place.into(),
            dialect: self.dialect,
        })
    }

    fn arguments(&mut self, function: &str, arguments: &mut FunctionArguments) -> Outcome {
        let list = match arguments {
            FunctionArguments::None if functions::is_bare(function) => return Ok(()),
            FunctionArguments::List(list) => list,
            FunctionArguments::None | FunctionArguments::Subquery(_) => {
                return Err(Refusal::not_allowed(
                    format!("this form of {function}"),
                    UNKNOWN,
                    ARGUMENTS,
                ));
            }
        };
        let FunctionArgumentList {
            duplicate_treatment: _,
            args,
            clauses,
        } = list;
        if functions::is_bare(function) {
            // Only Snowflake lets parentheses stand there that hold nothing.
            if args.is_empty() && clauses.is_empty() {
                *arguments = FunctionArguments::None;
                return Ok(());
            }
            if self.dialect == Dialect::Sqlite {
                return Err(Refusal::not_allowed(
                    format!("{function} with an argument"),
                    UNKNOWN,
                    "write it without parentheses",
                ));
            }
        }
        for (position, argument) in args.iter_mut().enumerate() {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => {
                    if position > 0 || !self.is_date_part(function, expression) {
                        self.expression(expression)?;
                    }
                }
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if function == "count" => {}
                _ => {
                    return Err(Refusal::not_allowed(
                        format!("this argument of {function}"),
                        UNKNOWN,
                        ARGUMENTS,
                    ));
                }
            }
        }
        for clause in clauses {
            match clause {
                FunctionArgumentClause::OrderBy(ordering) => self.ordering(ordering)?,
                _ => {
                    return Err(Refusal::not_allowed(
                        format!("what stands after the arguments of {function}"),
                        UNKNOWN,
                        "there may be ORDER BY",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether the expression is a word that Snowflake takes for a part of a date there.
    fn is_date_part(&self, function: &str, expression: &Expr) -> bool {
        functions::takes_date_part(function, self.dialect)
            && matches!(expression, Expr::Identifier(Ident { value, quote_style: None, .. })
                if functions::is_date_part(value))
    }
}

/// Whether a part of a date is one of those that any calendar has.
pub(super) fn is_date_field(field: &DateTimeField) -> bool {
    let word = field.to_string();
    functions::is_date_part(word.strip_suffix(['S', 's']).unwrap_or(&word))
}
