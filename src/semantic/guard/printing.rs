//! Prints a checked query: the only text that a warehouse sees is written here, from the tree.
//!
//! The text is read once more and must be the same tree again. So nothing that the printer gets
//! wrong (a quote in a string, a name) can turn what was checked into something else.

use std::ops::ControlFlow;

use sqlparser::ast::{Query, Value as Literal, ValueWithSpan, VisitMut, VisitorMut};
use sqlparser::parser::{Parser, ParserOptions};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::dialects::parser_dialect;
use super::reading::only_query;
use super::refusal::Refusal;
use crate::warehouse::{Dialect, Statement, Value};

/// Who asks; what row filters can compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The client that the token was issued to.
    pub client_id: &'a str,
    /// On whose behalf it acts.
    pub subject: &'a str,
    /// Whose the caller is.
    pub tenant_id: &'a str,
}

/// What of the caller a row filter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    ClientId,
    Subject,
    TenantId,
}

impl Binding {
    pub(super) fn named(placeholder: &str) -> Option<Self> {
        match placeholder {
            ":client_id" => Some(Self::ClientId),
            ":subject" => Some(Self::Subject),
            ":tenant_id" => Some(Self::TenantId),
            _ => None,
        }
    }

    fn value(self, caller: &Caller<'_>) -> Value {
        let text = match self {
            Self::ClientId => caller.client_id,
            Self::Subject => caller.subject,
            Self::TenantId => caller.tenant_id,
        };
        Value::Text(text.to_owned())
    }
}

/// The statement that the query is, with the caller's parameters and those of row filters bound.
pub(super) fn print(
    mut query: Box<Query>,
    parameters: &[Value],
    caller: &Caller<'_>,
    dialect: Dialect,
) -> Result<Statement, Refusal> {
    let mut finish = Finish {
        dialect,
        caller,
        values: parameters.to_vec(),
        bound: Vec::new(),
    };
    if query.visit(&mut finish).is_break() {
        return Err(Refusal::Unprintable);
    }
    let mut parameters = finish.values;
    if dialect == Dialect::Snowflake {
        parameters = in_order(&query.to_string(), parameters)?;
        let _: ControlFlow<()> = query.visit(&mut Unnumbered);
    }
    let sql = query.to_string();
    same(&sql, &query, dialect)?;
    Ok(Statement { sql, parameters })
}

/// Writes literals and placeholders as the dialect and the printer want them.
struct Finish<'a> {
    dialect: Dialect,
    caller: &'a Caller<'a>,
    values: Vec<Value>,
    /// Where among the values each of the caller's properties stands, once it is named.
    bound: Vec<(Binding, usize)>,
}

impl Finish<'_> {
    fn position(&mut self, binding: Binding) -> usize {
        if let Some((_, position)) = self.bound.iter().find(|(known, _)| *known == binding) {
            return *position;
        }
        self.values.push(binding.value(self.caller));
        let position = self.values.len();
        self.bound.push((binding, position));
        position
    }

    /// A literal that says this text, however the server reads backslashes.
    fn text(&self, text: String) -> Literal {
        match self.dialect {
            Dialect::Postgres if text.contains('\\') => Literal::EscapedStringLiteral(text),
            Dialect::Sqlite | Dialect::Postgres => Literal::SingleQuotedString(doubled(&text)),
            Dialect::Snowflake => Literal::SingleQuotedString(doubled(&text.replace('\\', "\\\\"))),
        }
    }

    fn placeholder(&mut self, name: &str) -> Option<String> {
        let position = match Binding::named(name) {
            Some(binding) => self.position(binding),
            None => name.strip_prefix('?')?.parse().ok()?,
        };
        Some(match self.dialect {
            Dialect::Sqlite | Dialect::Postgres => self.dialect.placeholder(position),
            Dialect::Snowflake => format!("?{position}"),
        })
    }
}

/// The printer leaves a quote alone that it takes for an escaped one; a quote that is doubled already
/// is always left alone.
fn doubled(text: &str) -> String {
    text.replace('\'', "''")
}

impl VisitorMut for Finish<'_> {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        match &mut value.value {
            Literal::SingleQuotedString(text) => value.value = self.text(std::mem::take(text)),
            Literal::Placeholder(name) => match self.placeholder(name) {
                Some(placeholder) => *name = placeholder,
                None => return ControlFlow::Break(()),
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The values in the order in which their placeholders stand in the text, for a dialect that knows
/// no numbers.
fn in_order(sql: &str, values: Vec<Value>) -> Result<Vec<Value>, Refusal> {
    let tokens = Tokenizer::new(parser_dialect(Dialect::Snowflake), sql)
        .tokenize()
        .map_err(|_| Refusal::Unprintable)?;
    tokens
        .iter()
        .filter_map(|token| match token {
            Token::Placeholder(name) => Some(name),
            _ => None,
        })
        .map(|name| {
            let position: usize = name.strip_prefix('?')?.parse().ok()?;
            values.get(position.checked_sub(1)?).cloned()
        })
        .collect::<Option<_>>()
        .ok_or(Refusal::Unprintable)
}

/// Takes the numbers from placeholders.
struct Unnumbered;

impl VisitorMut for Unnumbered {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Literal::Placeholder(name) = &mut value.value {
            *name = "?".to_owned();
        }
        ControlFlow::Continue(())
    }
}

/// Reads the text once more, strings left as they are written, and compares.
fn same(sql: &str, query: &Query, dialect: Dialect) -> Result<(), Refusal> {
    let parser = Parser::new(parser_dialect(dialect))
        .with_options(ParserOptions::new().with_unescape(false))
        .with_recursion_limit(REREAD_DEPTH)
        .try_with_sql(sql)
        .map_err(|_| Refusal::Unprintable)?;
    match only_query(parser) {
        Ok(read) if *read == *query => Ok(()),
        _ => Err(Refusal::Unprintable),
    }
}

/// Deeper than what is read at first, since each table has become a query of its own.
const REREAD_DEPTH: usize = 100;
