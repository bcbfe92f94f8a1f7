//! Ties what the operator writes of a table's columns to that table.
//!
//! The operator's SQL ends up inside of the caller's query, and a warehouse looks further out for a
//! name that it does not find. So a name that the source lacks, left bare, would be a column of the
//! caller's choice. With the source's alias before it, it is an error.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    ObjectNamePart, Query, VisitMut, VisitorMut,
};

use super::functions;
use crate::warehouse::Dialect;

/// The alias of the source. No caller can give it to anything, since names with brackets are refused.
const ALIAS: &str = "ambit[source]";

/// The name under which the source is read.
pub(super) fn alias() -> Ident {
    Ident::with_quote('"', ALIAS)
}

/// A column of the source.
pub(super) fn column(name: Ident) -> Expr {
    Expr::CompoundIdentifier(vec![alias(), name])
}

/// Makes each name in the expression a column of the source.
///
/// # Errors
///
/// What there is that could name something else.
pub(super) fn qualify(
    expression: &mut Expr,
    source: &ObjectName,
    dialect: Dialect,
) -> Result<(), String> {
    match VisitMut::visit(expression, &mut Qualify { source, dialect }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(problem),
    }
}

struct Qualify<'a> {
    source: &'a ObjectName,
    dialect: Dialect,
}

impl Qualify<'_> {
    /// Whether the words before a column's name are the source's own, or the last of them.
    fn is_source(&self, qualifier: &[Ident]) -> bool {
        let parts = self.source.0.iter().rev();
        qualifier.len() <= parts.len()
            && qualifier.iter().rev().zip(parts).all(|(written, part)| {
                matches!(part, ObjectNamePart::Identifier(part)
                    if part.value.eq_ignore_ascii_case(&written.value))
            })
    }

    /// Takes the alias from words in a call that are no columns.
    fn words(&self, call: &mut Function) {
        let takes_date_part =
            functions::takes_date_part(&call.name.to_string().to_ascii_lowercase(), self.dialect);
        let FunctionArguments::List(list) = &mut call.args else {
            return;
        };
        for (position, argument) in list.args.iter_mut().enumerate() {
            match argument {
                FunctionArg::ExprNamed { name, .. } => bare(name, |_| true),
                FunctionArg::Unnamed(FunctionArgExpr::Expr(word))
                    if position == 0 && takes_date_part =>
                {
                    bare(word, |word| {
                        word.quote_style.is_none() && functions::is_date_part(&word.value)
                    });
                }
                _ => {}
            }
        }
    }
}

impl VisitorMut for Qualify<'_> {
    type Break = String;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<String> {
        // Its names would be looked for in the caller's query too.
        ControlFlow::Break(
            "a subquery cannot stand here; make it a view in the warehouse, and the view the source"
                .to_owned(),
        )
    }

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<String> {
        let can_be_tied = match expression {
            Expr::CompoundIdentifier(parts) => parts
                .split_last()
                .is_some_and(|(_, qualifier)| self.is_source(qualifier)),
            Expr::CompoundFieldAccess { access_chain, .. } => !access_chain
                .iter()
                .any(|access| matches!(access, AccessExpr::Dot(_))),
            Expr::Function(call) => !has_whole_rows(call),
            Expr::QualifiedWildcard(..) | Expr::MatchAgainst { .. } => false,
            _ => true,
        };
        if can_be_tied {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(format!("{expression} is no column of {}", self.source))
        }
    }

    // Afterwards, so that what is made here is not visited itself.
    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<String> {
        match expression {
            Expr::Identifier(name) => *expression = column(name.clone()),
            Expr::CompoundIdentifier(parts) => {
                if let Some(name) = parts.pop() {
                    *expression = column(name);
                }
            }
            // Without the parentheses it would be read as a chain that begins with the alias.
            Expr::CompoundFieldAccess { root, .. }
                if matches!(**root, Expr::CompoundIdentifier(_)) =>
            {
                **root = Expr::Nested(root.clone());
            }
            Expr::Function(call) => self.words(call),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Makes a column of the source a bare word again, if it is one of those meant.
fn bare(expression: &mut Expr, is_meant: impl Fn(&Ident) -> bool) {
    if let Expr::CompoundIdentifier(parts) = expression
        && let Some(word) = parts.pop_if(|word| is_meant(word))
    {
        *expression = Expr::Identifier(word);
    }
}

/// Whether the call is passed `table.*`.
fn has_whole_rows(call: &Function) -> bool {
    let FunctionArguments::List(list) = &call.args else {
        return false;
    };
    list.args.iter().any(|argument| {
        let (FunctionArg::Named { arg, .. }
        | FunctionArg::ExprNamed { arg, .. }
        | FunctionArg::Unnamed(arg)) = argument;
        !matches!(arg, FunctionArgExpr::Expr(_) | FunctionArgExpr::Wildcard)
    })
}
