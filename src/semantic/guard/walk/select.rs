//! One SELECT: its parts in the order in which names become known.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Ident, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::{Outcome, Walk, ident, single};
use crate::semantic::guard::names::{Frame, can_be_quoted};
use crate::semantic::guard::refusal::{Place, Refusal, nearest_first, quoted};
use crate::warehouse::Dialect;

const UNKNOWN: Place = Place { line: 0, column: 0 };

impl Walk<'_> {
    /// Checks a SELECT; answers what an ORDER BY after it can name, with the names of its columns.
    pub(super) fn select(&mut self, select: &mut Select) -> Result<Frame, Refusal> {
        plain(select)?;
        self.frames.push(Frame::default());
        select
            .from
            .iter_mut()
            .try_for_each(|from| self.tables(from))?;
        if let Some(Distinct::On(expressions)) = &mut select.distinct {
            self.only_in(Dialect::Postgres, "DISTINCT ON")?;
            self.expressions(expressions)?;
        }
        let outputs = self.projection(&mut select.projection)?;
        // PostgreSQL's WHERE does not know what the SELECT puts out; the others' do.
        if self.dialect != Dialect::Postgres {
            self.put_out(&outputs);
        }
        self.optional(&mut select.selection)?;
        self.put_out(&outputs);
        self.group_by(&mut select.group_by)?;
        self.optional(&mut select.having)?;
        self.named_windows(&mut select.named_window)?;
        if select.qualify.is_some() {
            self.only_in(Dialect::Snowflake, "QUALIFY")?;
            self.optional(&mut select.qualify)?;
        }
        let mut frame = self.frames.pop().unwrap_or_default();
        frame.outputs = outputs;
        Ok(frame)
    }

    fn put_out(&mut self, outputs: &[String]) {
        if let Some(frame) = self.frame() {
            frame.outputs = outputs.to_vec();
        }
    }

    fn only_in(&self, dialect: Dialect, what: &str) -> Outcome {
        if self.dialect == dialect {
            return Ok(());
        }
        Err(Refusal::not_allowed(
            what,
            UNKNOWN,
            "this warehouse does not know it; use a window function in a subquery",
        ))
    }

    fn projection(&mut self, projection: &mut [SelectItem]) -> Result<Vec<String>, Refusal> {
        if projection.is_empty() {
            return Err(Refusal::not_allowed(
                "a SELECT of nothing",
                UNKNOWN,
                "name the columns",
            ));
        }
        let mut outputs = Vec::new();
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expression) => {
                    let name = self.implied_name(expression);
                    self.expression(expression)?;
                    outputs.push(name.clone());
                    *item = SelectItem::ExprWithAlias {
                        expr: expression.clone(),
                        alias: ident(&name),
                    };
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    self.expression(expr)?;
                    outputs.push(self.given(alias)?);
                    // Only Snowflake knows a name already in the list that gives it.
                    if self.dialect == Dialect::Snowflake {
                        self.put_out(&outputs);
                    }
                }
                SelectItem::Wildcard(options) => {
                    no_options(options)?;
                    outputs.extend(self.all_columns()?);
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    no_options(options)?;
                    let Some(alias) = single(name) else {
                        return Err(not_everything_of("a qualified name"));
                    };
                    let (alias, columns) = self.everything_of(alias)?;
                    *name = vec![ident(&alias)].into();
                    outputs.extend(columns);
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _) => {
                    return Err(not_everything_of("an expression"));
                }
                SelectItem::ExprWithAliases { .. } => {
                    return Err(Refusal::not_allowed(
                        "an expression with several names",
                        UNKNOWN,
                        "give it one",
                    ));
                }
            }
        }
        Ok(outputs)
    }

    fn all_columns(&self) -> Result<Vec<String>, Refusal> {
        match self.frames.last() {
            Some(frame) if !frame.relations.is_empty() => Ok(frame
                .relations
                .iter()
                .flat_map(|relation| relation.columns.clone())
                .collect()),
            _ => Err(Refusal::not_allowed(
                "* without a table",
                UNKNOWN,
                "write FROM and a table",
            )),
        }
    }

    fn everything_of(&self, alias: &Ident) -> Result<(String, Vec<String>), Refusal> {
        let frame = self.frames.last();
        frame
            .and_then(|frame| frame.relation(&alias.value))
            .map(|relation| (relation.alias.clone(), relation.columns.clone()))
            .ok_or_else(|| Refusal::Qualifier {
                name: quoted(&alias.value),
                place: alias.span.into(),
                near: nearest_first(
                    &alias.value,
                    frame
                        .into_iter()
                        .flat_map(|frame| &frame.relations)
                        .map(|relation| relation.alias.as_str()),
                ),
            })
    }

    /// The name of a column that the caller has not named, the same in every dialect.
    fn implied_name(&self, expression: &Expr) -> String {
        let name = match expression {
            Expr::Identifier(name) => self.known_column(&name.value),
            Expr::CompoundIdentifier(parts) => {
                parts.last().and_then(|name| self.known_column(&name.value))
            }
            Expr::Function(function) => {
                single(&function.name).map(|name| name.value.to_lowercase())
            }
            Expr::Cast { expr, .. } | Expr::Nested(expr) => return self.implied_name(expr),
            Expr::Case { .. } => Some("case".to_owned()),
            Expr::Extract { .. } => Some("extract".to_owned()),
            Expr::Exists { .. } => Some("exists".to_owned()),
            Expr::Substring { .. } => Some("substring".to_owned()),
            Expr::Trim { .. } => Some("trim".to_owned()),
            Expr::Ceil { .. } => Some("ceil".to_owned()),
            Expr::Floor { .. } => Some("floor".to_owned()),
            _ => None,
        };
        name.filter(|name| can_be_quoted(name))
            .unwrap_or_else(|| "column".to_owned())
    }

    fn group_by(&mut self, group_by: &mut GroupByExpr) -> Outcome {
        let expressions = match group_by {
            GroupByExpr::Expressions(expressions, modifiers) if modifiers.is_empty() => expressions,
            GroupByExpr::All(modifiers)
                if modifiers.is_empty() && self.dialect == Dialect::Snowflake =>
            {
                return Ok(());
            }
            GroupByExpr::Expressions(..) | GroupByExpr::All(_) => {
                return Err(Refusal::not_allowed(
                    "this GROUP BY",
                    UNKNOWN,
                    "list the expressions to group by",
                ));
            }
        };
        for expression in expressions {
            match expression {
                Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets)
                    if self.dialect != Dialect::Sqlite =>
                {
                    sets.iter_mut().try_for_each(|set| self.expressions(set))?;
                }
                expression => self.expression(expression)?,
            }
        }
        Ok(())
    }
}

/// Refuses the parts of a SELECT that only other databases have, or that do more than read.
fn plain(select: &Select) -> Outcome {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct: _,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify: _,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    let refused = [
        (into.is_some(), "INTO"),
        (!optimizer_hints.is_empty(), "an optimizer hint"),
        (select_modifiers.is_some(), "what stands after SELECT"),
        (top.is_some(), "TOP"),
        (exclude.is_some(), "EXCLUDE"),
        (!lateral_views.is_empty(), "LATERAL VIEW"),
        (prewhere.is_some(), "PREWHERE"),
        (!connect_by.is_empty(), "CONNECT BY"),
        (!cluster_by.is_empty(), "CLUSTER BY"),
        (!distribute_by.is_empty(), "DISTRIBUTE BY"),
        (!sort_by.is_empty(), "SORT BY"),
        (value_table_mode.is_some(), "SELECT AS"),
        (*flavor != SelectFlavor::Standard, "FROM before SELECT"),
    ];
    match refused.iter().find(|(there, _)| *there) {
        Some((_, what)) => Err(Refusal::not_allowed(
            what,
            UNKNOWN,
            "a SELECT has FROM, WHERE, GROUP BY, HAVING, WINDOW, ORDER BY and LIMIT",
        )),
        None => Ok(()),
    }
}

fn no_options(options: &WildcardAdditionalOptions) -> Outcome {
    match options {
        WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike: None,
            opt_exclude: None,
            opt_except: None,
            opt_replace: None,
            opt_rename: None,
            opt_alias: None,
        } => Ok(()),
        _ => Err(Refusal::not_allowed(
            "what stands after *",
            UNKNOWN,
            "name the columns that you want",
        )),
    }
}

fn not_everything_of(what: &str) -> Refusal {
    Refusal::not_allowed(
        format!("* of {what}"),
        UNKNOWN,
        "write the alias of a table before .*",
    )
}
