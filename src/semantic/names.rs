//! Which tables and columns a piece of SQL names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, ObjectNamePart, Query, Visit, Visitor};
use sqlparser::dialect;
use sqlparser::parser::{Parser, ParserError};

use super::model::SemanticModel;
use crate::warehouse::Dialect;

/// Deepest nesting that is parsed.
const DEEPEST: usize = 40;

/// The names in a piece of SQL, in lower case.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Tables that it reads; those that it defines itself by WITH are left out.
    pub tables: BTreeSet<String>,
    /// What stands before the dot of columns.
    pub qualifiers: BTreeSet<String>,
    /// Columns without a table before them.
    pub columns: BTreeSet<String>,
}

/// The names in statements.
///
/// # Errors
/// It cannot be parsed.
pub(super) fn of_statements(sql: &str, dialect: Dialect) -> Result<Names, ParserError> {
    let statements = parser(sql, dialect)?.parse_statements()?;
    Ok(collected(&statements))
}

/// The names in one expression.
///
/// # Errors
/// It cannot be parsed, or more stands behind it.
pub(super) fn of_expression(sql: &str, dialect: Dialect) -> Result<Names, ParserError> {
    let mut parser = parser(sql, dialect)?;
    let expression = parser.parse_expr()?;
    parser.expect_token(&sqlparser::tokenizer::Token::EOF)?;
    Ok(collected(&expression))
}

/// The datasets of a model that a metric's expression is computed from.
///
/// # Errors
/// Why that cannot be told.
pub(super) fn datasets_of_metric(
    expression: &str,
    model: &SemanticModel,
    dialect: Dialect,
) -> Result<BTreeSet<String>, String> {
    let names = of_expression(expression, dialect).map_err(|error| error.to_string())?;
    let mut datasets = BTreeSet::new();
    for qualifier in &names.qualifiers {
        let dataset = model
            .datasets
            .iter()
            .find(|dataset| dataset.name.eq_ignore_ascii_case(qualifier));
        match dataset {
            Some(dataset) => datasets.insert(dataset.name.clone()),
            None => return Err(format!("the model has no dataset {qualifier}")),
        };
    }
    for column in &names.columns {
        let mut having = model.datasets.iter().filter(|dataset| {
            let mut fields = dataset.fields.iter();
            fields.any(|field| field.name.eq_ignore_ascii_case(column))
        });
        match (having.next(), having.next()) {
            (Some(dataset), None) => datasets.insert(dataset.name.clone()),
            (None, _) => return Err(format!("no dataset of the model has a field {column}")),
            _ => {
                return Err(format!(
                    "{column} is a field of several datasets; write which"
                ));
            }
        };
    }
    match model.datasets.as_slice() {
        [only] if datasets.is_empty() => Ok(BTreeSet::from([only.name.clone()])),
        _ if datasets.is_empty() => Err("it names no field of any dataset".to_owned()),
        _ => Ok(datasets),
    }
}

fn parser(sql: &str, dialect: Dialect) -> Result<Parser<'static>, ParserError> {
    let dialect: &'static dyn dialect::Dialect = match dialect {
        Dialect::Sqlite => &dialect::SQLiteDialect {},
        Dialect::Postgres => &dialect::PostgreSqlDialect {},
        Dialect::Snowflake => &dialect::SnowflakeDialect,
    };
    Parser::new(dialect)
        .with_recursion_limit(DEEPEST)
        .try_with_sql(sql)
}

fn collected(sql: &impl Visit) -> Names {
    let mut collector = Collector::default();
    let _: ControlFlow<()> = sql.visit(&mut collector);
    let mut names = collector.names;
    names
        .tables
        .retain(|table| !collector.defined.contains(table));
    names
}

#[derive(Default)]
struct Collector {
    names: Names,
    defined: BTreeSet<String>,
}

impl Visitor for Collector {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.defined
                .insert(table.alias.name.value.to_ascii_lowercase());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let parts = relation.0.iter().map(|part| match part {
            ObjectNamePart::Identifier(name) => name.value.to_ascii_lowercase(),
            ObjectNamePart::Function(function) => function.name.value.to_ascii_lowercase(),
        });
        let name = parts.collect::<Vec<_>>().join(".");
        self.names.tables.insert(name);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Identifier(name) => {
                self.names.columns.insert(name.value.to_ascii_lowercase());
            }
            Expr::CompoundIdentifier(parts) => {
                if let [qualifier, _] = parts.as_slice() {
                    self.names
                        .qualifiers
                        .insert(qualifier.value.to_ascii_lowercase());
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
