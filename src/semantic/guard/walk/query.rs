//! Queries: common table expressions, set operations, order and limit.

use sqlparser::ast::{
    Cte, Expr, Fetch, LimitClause, Offset, OffsetRows, OrderBy, OrderByExpr, OrderByKind,
    OrderByOptions, OrderBySort, Query, SetExpr, SetOperator, SetQuantifier, UnaryOperator, Value,
    Values, With,
};

use super::{Common, Outcome, Walk, ident, written};
use crate::semantic::guard::names::Frame;
use crate::semantic::guard::refusal::{Place, Refusal};
use crate::warehouse::Dialect;

const UNKNOWN: Place = Place { line: 0, column: 0 };

fn no_limit() -> Expr {
    Expr::UnaryOp {
        op: UnaryOperator::Minus,
        expr: Box::new(Expr::Value(Value::Number("1".to_owned(), false).into())),
    }
}

fn only_a_select(what: &str) -> Refusal {
    Refusal::not_allowed(what, UNKNOWN, "a query is a SELECT, and reads")
}

impl Walk<'_> {
    /// Checks a query; answers the names of its columns.
    pub(super) fn query(&mut self, query: &mut Query) -> Result<Vec<String>, Refusal> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if !locks.is_empty() || for_clause.is_some() {
            return Err(only_a_select("FOR"));
        }
        if settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty() {
            return Err(only_a_select("SETTINGS, FORMAT or |>"));
        }
        let known = self.expressions.len();
        if let Some(with) = with {
            self.with(with)?;
        }
        let frame = self.body(body)?;
        let outputs = frame.outputs.clone();
        self.frames.push(frame);
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        self.frames.pop();
        if let Some(limit) = limit_clause {
            self.limit(limit)?;
        }
        if let Some(fetch) = fetch {
            self.fetch(fetch)?;
        }
        self.expressions.truncate(known);
        Ok(outputs)
    }

    fn with(&mut self, with: &mut With) -> Outcome {
        let With {
            with_token,
            recursive,
            cte_tables,
        } = with;
        if *recursive {
            return Err(Refusal::not_allowed(
                "WITH RECURSIVE",
                with_token.0.span,
                "nothing bounds how long it runs; use window functions, or several queries",
            ));
        }
        cte_tables
            .iter_mut()
            .try_for_each(|expression| self.common(expression))
    }

    /// A common table expression gets a name of its own, so that it cannot stand before a table that
    /// a subquery of ours reads. It does not know itself, as it would in SQLite.
    fn common(&mut self, expression: &mut Cte) -> Outcome {
        let Cte {
            alias,
            query,
            from,
            materialized: _,
            closing_paren_token: _,
        } = expression;
        if from.is_some() {
            return Err(only_a_select("FROM after WITH"));
        }
        let columns = self.query(query)?;
        let (name, columns) = self.alias(alias, columns)?;
        if self.dialect == Dialect::Sqlite && !alias.columns.is_empty() {
            alias.columns = written::column_list(&columns);
        }
        let generated = self.generated();
        alias.name = ident(&generated);
        // As the parser has it where no AS stands before the name.
        alias.explicit = false;
        self.expressions.push(Common {
            name,
            generated,
            columns,
        });
        Ok(())
    }

    /// Checks what is selected; answers what an ORDER BY after it can name.
    fn body(&mut self, body: &mut SetExpr) -> Result<Frame, Refusal> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => {
                let outputs = self.query(query)?;
                if self.dialect == Dialect::Sqlite {
                    *body = written::everything_from(query.clone())?;
                }
                Ok(Frame {
                    relations: Vec::new(),
                    outputs,
                })
            }
            SetExpr::SetOperation {
                left,
                op: op @ (SetOperator::Union | SetOperator::Except | SetOperator::Intersect),
                set_quantifier:
                    quantifier @ (SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None),
                right,
            } => {
                self.quantifier(*op, quantifier)?;
                let left = self.body(left)?;
                self.body(right)?;
                Ok(Frame {
                    relations: Vec::new(),
                    outputs: left.outputs,
                })
            }
            SetExpr::SetOperation { .. } => Err(Refusal::not_allowed(
                "this set operation",
                UNKNOWN,
                "there are UNION, INTERSECT and EXCEPT, each with ALL or without",
            )),
            SetExpr::Values(values) if self.dialect != Dialect::Snowflake => {
                let outputs = self.values(values)?;
                if self.dialect == Dialect::Sqlite {
                    *body = written::everything_from_values(values.clone())?;
                }
                Ok(Frame {
                    relations: Vec::new(),
                    outputs,
                })
            }
            SetExpr::Values(_) => Err(Refusal::not_allowed(
                "VALUES",
                UNKNOWN,
                "write SELECT ... UNION ALL SELECT ...",
            )),
            SetExpr::Table(_) => Err(Refusal::not_allowed(
                "TABLE",
                UNKNOWN,
                "write SELECT * FROM ...",
            )),
            SetExpr::Insert(_) => Err(only_a_select("INSERT")),
            SetExpr::Update(_) => Err(only_a_select("UPDATE")),
            SetExpr::Delete(_) => Err(only_a_select("DELETE")),
            SetExpr::Merge(_) => Err(only_a_select("MERGE")),
        }
    }

    /// SQLite has ALL after UNION alone, and does not know the word for what is usual.
    fn quantifier(&self, operator: SetOperator, quantifier: &mut SetQuantifier) -> Outcome {
        if self.dialect != Dialect::Sqlite {
            return Ok(());
        }
        match (operator, &quantifier) {
            (SetOperator::Except | SetOperator::Intersect, SetQuantifier::All) => {
                Err(Refusal::not_allowed(
                    format!("{operator} ALL"),
                    UNKNOWN,
                    "SQLite has UNION, UNION ALL, INTERSECT and EXCEPT",
                ))
            }
            (_, SetQuantifier::Distinct) => {
                *quantifier = SetQuantifier::None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Checks rows that are written out; answers the names that their columns have.
    fn values(&mut self, values: &mut Values) -> Result<Vec<String>, Refusal> {
        let Values {
            explicit_row,
            value_keyword,
            rows,
        } = values;
        let width = rows.first().map_or(0, |row| row.content.len());
        let is_even = rows.iter().all(|row| row.content.len() == width);
        if *explicit_row || *value_keyword || width == 0 || !is_even {
            return Err(Refusal::not_allowed(
                "this VALUES",
                UNKNOWN,
                "write VALUES (1, 'a'), (2, 'b'), each row with as many values",
            ));
        }
        for row in rows {
            self.expressions(&mut row.content)?;
        }
        Ok((1..=width)
            .map(|column| format!("column{column}"))
            .collect())
    }

    fn order_by(&mut self, order_by: &mut OrderBy) -> Outcome {
        match order_by {
            OrderBy {
                kind: OrderByKind::Expressions(expressions),
                interpolate: None,
            } => self.ordering(expressions),
            OrderBy { .. } => Err(Refusal::not_allowed(
                "this ORDER BY",
                UNKNOWN,
                "name the columns to order by",
            )),
        }
    }

    pub(super) fn ordering(&mut self, expressions: &mut [OrderByExpr]) -> Outcome {
        for ordered in expressions {
            let OrderByExpr {
                expr,
                options:
                    OrderByOptions {
                        sort,
                        nulls_first: _,
                    },
                with_fill,
            } = ordered;
            if with_fill.is_some() || matches!(sort, Some(OrderBySort::Using(_))) {
                return Err(Refusal::not_allowed(
                    "this ORDER BY",
                    UNKNOWN,
                    "order by ASC or DESC, NULLS FIRST or NULLS LAST",
                ));
            }
            self.expression(expr)?;
        }
        Ok(())
    }

    fn limit(&mut self, limit: &mut LimitClause) -> Outcome {
        match limit {
            LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            } => {
                if !limit_by.is_empty() {
                    return Err(only_a_select("LIMIT BY"));
                }
                if let Some(limit) = limit {
                    self.count(limit)?;
                }
                if let Some(Offset { value, rows }) = offset {
                    self.count(value)?;
                    if self.dialect == Dialect::Sqlite {
                        // It has no OFFSET without LIMIT; below 0 there is none.
                        *rows = OffsetRows::None;
                        limit.get_or_insert_with(no_limit);
                    }
                }
                Ok(())
            }
            LimitClause::OffsetCommaLimit { offset, limit } => {
                self.count(offset)?;
                self.count(limit)
            }
        }
    }

    fn fetch(&mut self, fetch: &mut Fetch) -> Outcome {
        let Fetch {
            with_ties,
            percent,
            quantity,
        } = fetch;
        if *with_ties || *percent || self.dialect == Dialect::Sqlite {
            return Err(Refusal::not_allowed("this FETCH", UNKNOWN, "use LIMIT"));
        }
        quantity
            .as_mut()
            .map_or(Ok(()), |quantity| self.count(quantity))
    }

    /// How many rows: a number or a parameter.
    fn count(&mut self, count: &mut Expr) -> Outcome {
        match count {
            Expr::Value(value)
                if matches!(value.value, Value::Number(..) | Value::Placeholder(_)) =>
            {
                self.literal(value)
            }
            _ => Err(Refusal::not_allowed(
                "this LIMIT or OFFSET",
                UNKNOWN,
                "it is a number or a parameter",
            )),
        }
    }
}
