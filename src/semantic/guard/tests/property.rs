//! Whatever is sent: no panic, and what is accepted reads only tables of the model.

use std::ops::ControlFlow;

use proptest::prelude::*;
use sqlparser::ast::{ObjectName, Visit, Visitor};
use sqlparser::parser::Parser;

use super::{DIALECTS, checked, run, warehouse};
use crate::semantic::guard::dialects::parser_dialect;
use crate::warehouse::Dialect;

struct Tables(Vec<String>);

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.0.push(relation.to_string());
        ControlFlow::Continue(())
    }
}

fn tables_of(sql: &str, dialect: Dialect) -> Vec<String> {
    let statements = Parser::new(parser_dialect(dialect))
        .with_recursion_limit(200)
        .try_with_sql(sql)
        .unwrap()
        .parse_statements()
        .unwrap();
    assert_eq!(statements.len(), 1, "{sql}");
    let mut tables = Tables(Vec::new());
    let _ = statements.visit(&mut tables);
    tables.0
}

fn holds(sql: &str) {
    for dialect in DIALECTS {
        let Ok(checked) = checked(sql, dialect) else {
            continue;
        };
        for table in tables_of(&checked.statement.sql, dialect) {
            assert!(
                ["release_rows", "release_changes"].contains(&table.as_str())
                    || table.starts_with("\"ambit_cte_"),
                "{sql}\n{}",
                checked.statement.sql
            );
        }
        if dialect == Dialect::Sqlite {
            let answer = match run(&warehouse(), &checked) {
                Ok(rows) => rows.join("\n"),
                // SQLite names the statement in its error, and with it what the caller has written.
                Err(error) => error.to_string().replace(&checked.statement.sql, ""),
            };
            for hidden in ["hidden-", "77700", "foreign"] {
                assert!(!answer.contains(hidden), "{sql}\n{answer}");
            }
        }
    }
}

/// The words and signs that SQL is made of, the dangerous ones among them.
const PARTS: &[&str] = &[
    "SELECT",
    "SELECT",
    "FROM",
    "FROM",
    "releases",
    "release_changes",
    "release_rows",
    "secrets",
    "sqlite_master",
    "pg_catalog.pg_class",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "1",
    "'a'",
    "*",
    "*",
    ",",
    ",",
    "(",
    ")",
    "(",
    ")",
    "version",
    "kind",
    "author",
    "card",
    "secret",
    "tenant",
    "AS",
    "a",
    "b",
    "a.",
    "a.*",
    "WITH a AS (",
    "UNION ALL",
    "EXCEPT",
    "JOIN",
    "LEFT JOIN",
    "ON",
    "USING (version)",
    "NATURAL JOIN",
    "=",
    "||",
    "+",
    "-",
    "count(",
    "max(",
    "lower(",
    "CAST(",
    "CASE",
    "WHEN",
    "THEN",
    "END",
    "NOT",
    "IN (",
    "EXISTS (",
    "IS NULL",
    "LIKE",
    "BETWEEN",
    "AND",
    "OR",
    "OVER (",
    "PARTITION BY",
    ";",
    "--",
    "/*",
    "*/",
    "\"",
    "`",
    "[",
    "]",
    "?",
    "$1",
    ":x",
    "::",
    "LATERAL",
    "VALUES",
    "TABLE",
    "INTO",
    "DISTINCT",
    "HAVING",
    "WINDOW w AS (",
    "rowid",
    "ctid",
    "TRUE",
    "NULL",
];

/// The frames that real queries have, to get deeper than a heap of words does.
const SHAPES: &[&str] = &[
    "SELECT @ FROM releases a WHERE @",
    "SELECT @, @ FROM release_changes b JOIN releases a ON @ ORDER BY @",
    "WITH a AS (SELECT @ AS x FROM release_changes b) SELECT * FROM a WHERE @",
    "SELECT * FROM (SELECT @ FROM releases) a UNION ALL SELECT @",
    "SELECT @ FROM releases a GROUP BY @ HAVING @",
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "'a'",
        "NULL",
        "version",
        "a.version",
        "kind",
        "b.author",
        "author",
        "size",
        "card",
        "x",
        "a.x",
        "a",
        "b",
        "secret",
        "tenant",
        "rowid",
        "a.secret",
        "count(*)",
        "TRUE",
        "'777'",
        "?",
        "\"version\"",
        "\"hidden\"",
        "releases.version",
        "current_date",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec![
            "=",
            "<>",
            "<",
            "||",
            "+",
            "*",
            "AND",
            "OR",
            "LIKE",
            "GLOB",
            "->",
            "~",
            "IS NOT DISTINCT FROM",
        ]);
        let call = prop::sample::select(vec![
            "lower",
            "max",
            "count",
            "coalesce",
            "abs",
            "substr",
            "group_concat",
            "load_extension",
            "pg_sleep",
            "hex",
            "typeof",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            (call, inner.clone()).prop_map(|(call, inner)| format!("{call}({inner})")),
            (inner.clone(), inner.clone())
                .prop_map(|(one, other)| format!("CASE WHEN {one} THEN {other} END")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner
                .clone()
                .prop_map(|inner| format!("CAST({inner} AS TEXT)")),
            inner
                .clone()
                .prop_map(|inner| format!("{inner} IN (SELECT version FROM releases)")),
            inner.prop_map(|inner| format!("(SELECT {inner} FROM release_changes b)")),
        ]
    })
}

fn shaped() -> impl Strategy<Value = String> {
    (
        prop::sample::select(SHAPES.to_vec()),
        prop::collection::vec(expression(), 4),
    )
        .prop_map(|(shape, expressions)| {
            let mut expressions = expressions.into_iter();
            shape
                .split('@')
                .map(str::to_owned)
                .reduce(|text, rest| text + &expressions.next().unwrap_or_default() + &rest)
                .unwrap_or_default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text(text in ".{0,200}") {
        holds(&text);
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..30)) {
        holds(&format!("SELECT {}", words.join(" ")));
    }

    #[test]
    fn any_expressions(sql in shaped()) {
        holds(&sql);
    }
}
