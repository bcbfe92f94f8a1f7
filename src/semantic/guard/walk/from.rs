//! FROM: tables, subqueries, joins.

use sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, TableAlias,
    TableAliasColumnDef, TableFactor, TableWithJoins,
};

use super::{MOST_RELATIONS, Outcome, Walk, ident, single, written};
use crate::semantic::guard::Applied;
use crate::semantic::guard::names::{Relation, find};
use crate::semantic::guard::refusal::{Place, Refusal, nearest_first, quoted};
use crate::warehouse::Dialect;

const UNKNOWN: Place = Place { line: 0, column: 0 };
const FROM_HAS: &str = "FROM has tables, subqueries and joins";

impl Walk<'_> {
    pub(super) fn tables(&mut self, from: &mut TableWithJoins) -> Outcome {
        let TableWithJoins { relation, joins } = from;
        self.relation(relation)?;
        joins.iter_mut().try_for_each(|join| self.join(join))
    }

    fn join(&mut self, join: &mut Join) -> Outcome {
        let Join {
            relation,
            global,
            join_operator,
        } = join;
        if *global {
            return Err(Refusal::not_allowed("GLOBAL", UNKNOWN, "leave it out"));
        }
        self.relation(relation)?;
        match join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::FullOuter(constraint)
            | JoinOperator::CrossJoin(constraint) => self.constraint(constraint),
            _ => Err(Refusal::not_allowed(
                "this kind of join",
                UNKNOWN,
                "there are INNER, LEFT, RIGHT, FULL and CROSS JOIN",
            )),
        }
    }

    fn constraint(&mut self, constraint: &mut JoinConstraint) -> Outcome {
        match constraint {
            JoinConstraint::On(condition) => self.expression(condition),
            JoinConstraint::Using(columns) => columns.iter_mut().try_for_each(|column| {
                let Some(name) = single(column) else {
                    return Err(Refusal::not_allowed(
                        "this USING",
                        UNKNOWN,
                        "it lists names of columns that both sides have",
                    ));
                };
                let known = self.own_column(name)?;
                *column = ObjectName::from(vec![ident(&known)]);
                Ok(())
            }),
            JoinConstraint::Natural | JoinConstraint::None => Ok(()),
        }
    }

    /// A column of this very FROM.
    fn own_column(&self, name: &Ident) -> Result<String, Refusal> {
        let columns = || {
            self.frames
                .last()
                .into_iter()
                .flat_map(|frame| &frame.relations)
                .flat_map(|relation| &relation.columns)
        };
        find(columns(), &name.value)
            .map(str::to_owned)
            .ok_or_else(|| Refusal::Column {
                name: quoted(&name.value),
                place: name.span.into(),
                near: nearest_first(&name.value, columns().map(String::as_str)),
            })
    }

    fn relation(&mut self, factor: &mut TableFactor) -> Outcome {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                *factor = self.named(name, alias.take())?;
                Ok(())
            }
            TableFactor::Table {
                name,
                args: Some(_),
                ..
            } => Err(table_function(name)),
            TableFactor::Function { name, .. } => Err(table_function(name)),
            TableFactor::Table { .. } => Err(Refusal::not_allowed(
                "what stands beside the table's name",
                UNKNOWN,
                "write the table and an alias only",
            )),
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample: None,
            } => {
                if *lateral && self.dialect == Dialect::Sqlite {
                    return Err(Refusal::not_allowed(
                        "LATERAL",
                        UNKNOWN,
                        "SQLite does not know it; join with a subquery, or select one",
                    ));
                }
                let columns = if *lateral {
                    self.query(subquery)?
                } else {
                    // Only LATERAL knows the tables that stand beside it.
                    let beside = self.frames.pop();
                    let columns = self.query(subquery);
                    self.frames.extend(beside);
                    columns?
                };
                self.add(alias, columns)?;
                if let Some((generated, columns)) = self.renames(alias) {
                    *subquery = written::renamed(subquery.clone(), &columns, &generated)?;
                }
                Ok(())
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => self.tables(table_with_joins),
            _ => Err(Refusal::not_allowed("this part of FROM", UNKNOWN, FROM_HAS)),
        }
    }

    /// What stands in for a name: the common table expression of that name, or else the rows and
    /// columns of the table that may be read.
    fn named(
        &mut self,
        name: &ObjectName,
        alias: Option<TableAlias>,
    ) -> Result<TableFactor, Refusal> {
        let Some(written) = single(name) else {
            return Err(self.unknown_table(name));
        };
        let common = self
            .expressions
            .iter()
            .rev()
            .find(|common| common.name.eq_ignore_ascii_case(&written.value))
            .cloned();
        if let Some(common) = common {
            let mut alias = alias.or_else(|| Some(plain_alias(&common.name)));
            self.add(&mut alias, common.columns)?;
            return match self.renames(&mut alias) {
                None => Ok(plain_table(&common.generated, alias)),
                Some((generated, columns)) => {
                    let everything = written::everything_of(&common.generated)?;
                    let subquery = written::renamed(everything, &columns, &generated)?;
                    Ok(derived(subquery, alias))
                }
            };
        }
        let Some(table) = self.readable.table(&written.value) else {
            return Err(self.unknown_table(name));
        };
        self.applied
            .entry(table.name.clone())
            .or_insert_with(|| Applied {
                table: table.name.clone(),
                row_filter: table.row_filter.clone(),
                masked_columns: table.masked.clone(),
            });
        let mut alias = alias.or_else(|| Some(plain_alias(&table.name)));
        self.add(&mut alias, table.columns.clone())?;
        let subquery = match self.renames(&mut alias) {
            None => table.query.clone(),
            Some((generated, columns)) => {
                written::renamed(table.query.clone(), &columns, &generated)?
            }
        };
        Ok(derived(subquery, alias))
    }

    /// Takes the names of columns from an alias where SQLite has no place for them: the names of all
    /// columns of the relation that was added last, and a name for what gives them.
    fn renames(&mut self, alias: &mut Option<TableAlias>) -> Option<(String, Vec<String>)> {
        let renamed = &mut alias.as_mut()?.columns;
        if self.dialect != Dialect::Sqlite || renamed.is_empty() {
            return None;
        }
        renamed.clear();
        let columns = self.frame()?.relations.last()?.columns.clone();
        Some((self.generated(), columns))
    }

    /// Makes a table or a subquery known by its alias, and gives it one if it has none.
    fn add(&mut self, alias: &mut Option<TableAlias>, columns: Vec<String>) -> Outcome {
        self.relations += 1;
        if self.relations > MOST_RELATIONS {
            return Err(Refusal::TooComplex("more than 50 tables and subqueries"));
        }
        let given = match alias {
            Some(given) => given,
            None => {
                self.made += 1;
                alias.insert(plain_alias(&format!("subquery_{}", self.made)))
            }
        };
        let (alias, columns) = self.alias(given, columns)?;
        if let Some(frame) = self.frame() {
            frame.relations.push(Relation { alias, columns });
        }
        Ok(())
    }

    /// Checks an alias; answers it and the names that the columns have under it.
    pub(super) fn alias(
        &self,
        alias: &mut TableAlias,
        mut columns: Vec<String>,
    ) -> Result<(String, Vec<String>), Refusal> {
        let TableAlias {
            explicit,
            name,
            columns: renamed,
            at,
        } = alias;
        *explicit = true;
        if at.is_some() || renamed.iter().any(|column| column.data_type.is_some()) {
            return Err(Refusal::not_allowed(
                "this alias",
                name.span,
                "an alias is a name, and the names of columns",
            ));
        }
        if renamed.len() > columns.len() {
            return Err(Refusal::not_allowed(
                "an alias with more columns than there are",
                name.span,
                "leave some out",
            ));
        }
        for (column, renamed) in columns.iter_mut().zip(renamed) {
            let TableAliasColumnDef { name, data_type: _ } = renamed;
            *column = self.given(name)?;
        }
        Ok((self.given(name)?, columns))
    }

    fn unknown_table(&self, name: &ObjectName) -> Refusal {
        let written: Vec<&Ident> = name
            .0
            .iter()
            .filter_map(|part| match part {
                ObjectNamePart::Identifier(ident) => Some(ident),
                ObjectNamePart::Function(_) => None,
            })
            .collect();
        let last = written.last().map_or("", |ident| ident.value.as_str());
        let known = self
            .expressions
            .iter()
            .map(|common| common.name.as_str())
            .chain(self.readable.tables.iter().map(|table| table.name.as_str()));
        Refusal::Table {
            name: quoted(
                &written
                    .iter()
                    .map(|ident| ident.value.as_str())
                    .collect::<Vec<_>>()
                    .join("."),
            ),
            place: written.first().map_or(UNKNOWN, |ident| ident.span.into()),
            readable: nearest_first(last, known),
        }
    }
}

fn table_function(name: &ObjectName) -> Refusal {
    let place = match name.0.first() {
        Some(ObjectNamePart::Identifier(ident)) => ident.span.into(),
        _ => UNKNOWN,
    };
    let name = single(name).map_or("", |name| name.value.as_str());
    Refusal::not_allowed(
        format!("the function {} in FROM", quoted(name)),
        place,
        FROM_HAS,
    )
}

fn derived(subquery: Box<Query>, alias: Option<TableAlias>) -> TableFactor {
    TableFactor::Derived {
        lateral: false,
        subquery,
        alias,
        sample: None,
    }
}

fn plain_alias(name: &str) -> TableAlias {
    TableAlias {
        explicit: true,
        name: ident(name),
        columns: Vec::new(),
        at: None,
    }
}

pub(super) fn plain_table(name: &str, alias: Option<TableAlias>) -> TableFactor {
    TableFactor::Table {
        name: ObjectName::from(vec![ident(name)]),
        alias,
        args: None,
        with_hints: Vec::<Expr>::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}
