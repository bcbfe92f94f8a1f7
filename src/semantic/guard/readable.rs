//! What one caller may read: the tables of the semantic model that their scopes reach, each ready
//! to stand in for its name.
//!
//! A table is prepared once, when the models are loaded; a caller's [`Readable`] only picks from what
//! is prepared.

use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, TableAlias, TableFactor,
    Value, ValueWithSpan, VisitMut, VisitorMut,
};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::dialects::parser_dialect;
use super::printing::{self, Binding, Caller};
use super::qualified;
use super::reading;
use super::walk::GENERATED;
use crate::semantic::Mask;
use crate::warehouse::Dialect;

/// A table as the semantic model has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableTable {
    /// The name that agents write.
    pub name: String,
    /// The table in the warehouse, written as its dialect wants it; may be qualified.
    pub source: String,
    /// The only columns that can be named, and what `*` stands for.
    pub columns: Vec<ReadableColumn>,
    /// The rows that can be seen: a condition over the source's own columns, without subqueries,
    /// written by the operator and trusted. It may hold `:client_id`, `:subject` and `:tenant_id`.
    pub row_filter: Option<String>,
}

/// A column of a [`ReadableTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableColumn {
    /// The name that agents write.
    pub name: String,
    /// How it is computed from the source's columns, without subqueries, by the operator and trusted.
    /// `None`: it is the source's column of the same name.
    pub expression: Option<String>,
    /// What is shown in place of its values.
    pub mask: Option<Mask>,
}

/// Why a table of the model cannot be read by anyone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} of table {table:?}: {problem}")]
pub struct Unusable {
    /// The table.
    pub table: String,
    /// What of it.
    pub what: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A table that is ready to stand in for its name.
#[derive(Debug, Clone)]
pub struct PreparedTable {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) row_filter: Option<String>,
    pub(super) masked: Vec<String>,
    /// Reads the columns that are allowed, as they may be seen, from the rows that are.
    pub(super) query: Box<Query>,
}

impl PreparedTable {
    /// The name that agents write.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What one caller may read.
#[derive(Debug, Clone)]
pub struct Readable {
    /// The dialect that every table was prepared for.
    pub dialect: Dialect,
    /// The tables.
    pub tables: Vec<Arc<PreparedTable>>,
}

impl Readable {
    pub(super) fn table(&self, name: &str) -> Option<&PreparedTable> {
        self.tables
            .iter()
            .find(|table| table.name.eq_ignore_ascii_case(name))
            .map(AsRef::as_ref)
    }
}

impl ReadableTable {
    /// Reads the source, the expressions and the row filter, and builds what stands in for the name.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read in this dialect, or a name cannot be quoted.
    pub fn prepare(&self, dialect: Dialect) -> Result<PreparedTable, Unusable> {
        let reader = Reader {
            table: self,
            dialect,
        };
        reader.name("the name", &self.name)?;
        if self.columns.is_empty() {
            return Err(reader.unusable("the columns", "there is none"));
        }
        let query = reader.query()?;
        // What cannot be written down for any caller is said now.
        let caller = Caller {
            client_id: "",
            subject: "",
            tenant_id: "",
        };
        printing::print(query.clone(), &[], &caller, dialect)
            .map_err(|_| reader.unusable("the expressions", "they cannot be written down"))?;
        Ok(PreparedTable {
            name: self.name.clone(),
            columns: self
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
            row_filter: self.row_filter.clone(),
            masked: self
                .columns
                .iter()
                .filter(|column| column.mask.is_some())
                .map(|column| column.name.clone())
                .collect(),
            query,
        })
    }
}

/// The rows that pass the filter are worked out before anything of the caller's runs on them, so
/// that no error message of theirs (a cast that fails, a division) tells of a row beyond the filter.
/// All three keep conditions out of a subquery that has an offset.
fn fence(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "LIMIT -1 OFFSET 0",
        Dialect::Postgres => "OFFSET 0",
        Dialect::Snowflake => "LIMIT NULL OFFSET 0",
    }
}

struct Reader<'a> {
    table: &'a ReadableTable,
    dialect: Dialect,
}

impl Reader<'_> {
    fn unusable(&self, what: &str, problem: impl ToString) -> Unusable {
        Unusable {
            table: self.table.name.clone(),
            what: what.to_owned(),
            problem: problem.to_string(),
        }
    }

    fn name(&self, what: &str, name: &str) -> Result<(), Unusable> {
        if super::names::can_be_quoted(name) {
            Ok(())
        } else {
            Err(self.unusable(what, format!("{name:?} cannot be a name")))
        }
    }

    fn query(&self) -> Result<Box<Query>, Unusable> {
        let what = "the source";
        let source = self.source()?;
        let template = match self.table.row_filter {
            Some(_) => format!("SELECT 1 FROM t WHERE TRUE {}", fence(self.dialect)),
            None => "SELECT 1 FROM t".to_owned(),
        };
        let mut query = reading::query(&template, self.dialect)
            .map_err(|refusal| self.unusable(what, refusal))?;
        let SetExpr::Select(select) = query.body.as_mut() else {
            return Err(self.unusable(what, "it cannot be selected from"));
        };
        for from in &mut select.from {
            if let TableFactor::Table { name, alias, .. } = &mut from.relation {
                *name = source.clone();
                *alias = Some(TableAlias {
                    explicit: true,
                    name: qualified::alias(),
                    columns: Vec::new(),
                    at: None,
                });
            }
        }
        select.projection = self
            .table
            .columns
            .iter()
            .map(|column| self.column(column, &source))
            .collect::<Result<_, _>>()?;
        if let Some(filter) = &self.table.row_filter {
            let filter = self.expression("the row filter", filter, &source)?;
            select.selection = Some(Expr::Nested(Box::new(filter)));
        }
        Ok(query)
    }

    fn source(&self) -> Result<ObjectName, Unusable> {
        let name = self.parse("the source", &self.table.source, |parser| {
            parser.parse_object_name(false)
        })?;
        let generated = name.0.iter().any(|part| match part {
            ObjectNamePart::Identifier(ident) => {
                ident.value.to_ascii_lowercase().starts_with(GENERATED)
            }
            ObjectNamePart::Function(_) => true,
        });
        if generated {
            return Err(self.unusable("the source", "it is no table that can be read"));
        }
        Ok(name)
    }

    fn column(&self, column: &ReadableColumn, source: &ObjectName) -> Result<SelectItem, Unusable> {
        let what = format!("column {:?}", column.name);
        self.name(&what, &column.name)?;
        let value = match &column.expression {
            Some(expression) => self.expression(&what, expression, source)?,
            None => qualified::column(self.source_column(&column.name)),
        };
        let value = match column.mask {
            Some(mask) => self.masked(mask, value)?,
            None => value,
        };
        Ok(SelectItem::ExprWithAlias {
            expr: value,
            alias: Ident::with_quote('"', column.name.clone()),
        })
    }

    /// Snowflake knows a column by its name in capitals unless that is quoted, so a plain name is left
    /// to its own rules.
    fn source_column(&self, name: &str) -> Ident {
        let plain = name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_');
        if self.dialect == Dialect::Snowflake && plain {
            Ident::new(name)
        } else {
            Ident::with_quote('"', name)
        }
    }

    fn masked(&self, mask: Mask, value: Expr) -> Result<Expr, Unusable> {
        let last = match self.dialect {
            Dialect::Sqlite => "substr(CAST(x AS TEXT), -4)",
            Dialect::Postgres | Dialect::Snowflake => "right(CAST(x AS TEXT), 4)",
        };
        let shown = match mask {
            // A NULL of the column's own type, so that arithmetic and comparisons still fit.
            Mask::Null => "CASE WHEN 1 = 0 THEN (x) END".to_owned(),
            Mask::Redact => "CASE WHEN (x) IS NOT NULL THEN 'redacted' END".to_owned(),
            Mask::Last4 => format!(
                "CASE WHEN (x) IS NULL THEN NULL \
                 WHEN length(CAST(x AS TEXT)) > 7 THEN '****' || {last} ELSE '****' END"
            ),
        };
        let mut shown = self.parse("the mask", &shown, Parser::parse_expr)?;
        let _: ControlFlow<()> = VisitMut::visit(&mut shown, &mut Put(value));
        Ok(shown)
    }

    /// What the operator has written over the source's columns.
    fn expression(&self, what: &str, text: &str, source: &ObjectName) -> Result<Expr, Unusable> {
        let mut expression = self.parse(what, text, Parser::parse_expr)?;
        qualified::qualify(&mut expression, source, self.dialect)
            .map_err(|problem| self.unusable(what, problem))?;
        match VisitMut::visit(&mut expression, &mut KnownBindings) {
            ControlFlow::Continue(()) => Ok(expression),
            ControlFlow::Break(name) => Err(self.unusable(
                what,
                format!("{name} is not known; there are :client_id, :subject and :tenant_id"),
            )),
        }
    }

    fn parse<T>(
        &self,
        what: &str,
        text: &str,
        read: impl FnOnce(&mut Parser<'static>) -> Result<T, sqlparser::parser::ParserError>,
    ) -> Result<T, Unusable> {
        let tokens = Tokenizer::new(parser_dialect(self.dialect), text)
            .tokenize_with_location()
            .map_err(|error| self.unusable(what, error))?;
        let mut parser =
            Parser::new(parser_dialect(self.dialect)).with_tokens_with_locations(tokens);
        let read = read(&mut parser).map_err(|error| self.unusable(what, error))?;
        match parser.peek_token().token {
            Token::EOF => Ok(read),
            token => Err(self.unusable(what, format!("{token} is not expected here"))),
        }
    }
}

/// Puts a value in place of each `x`.
struct Put(Expr);

impl VisitorMut for Put {
    type Break = ();

    // Afterwards, so that what has been put is not visited itself.
    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if matches!(expression, Expr::Identifier(name) if name.value == "x") {
            *expression = self.0.clone();
        }
        ControlFlow::Continue(())
    }
}

/// Stops at a placeholder that stands for nothing.
struct KnownBindings;

impl VisitorMut for KnownBindings {
    type Break = String;

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<String> {
        match &value.value {
            Value::Placeholder(name) if Binding::named(name).is_none() => {
                ControlFlow::Break(name.clone())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
