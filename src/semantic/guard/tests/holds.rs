//! Row filters, masks and the limits of the model hold, whatever the SQL says.

use std::sync::Arc;

use super::{CALLER, answer, checked, column, readable, run, tables, warehouse};
use crate::semantic::guard::{Caller, Readable, ReadableColumn, ReadableTable, check};
use crate::warehouse::Dialect;

/// All that is beyond reach has one of these in it.
const HIDDEN: &[&str] = &[
    "hidden",
    "9.9",
    "foreign",
    "other",
    "client_one",
    "777",
    "hid-",
];

/// Each looks for what is hidden. What is refused is no less hidden than what is not found.
const SEARCHES: &[&str] = &[
    "SELECT * FROM releases",
    "SELECT * FROM release_changes",
    "SELECT releases.* FROM releases",
    "SELECT r.version FROM releases r WHERE 1 = 1 OR 1 = 1",
    "SELECT version FROM releases WHERE 1 = 1) OR (1 = 1",
    "SELECT version FROM releases -- WHERE",
    "SELECT a.version FROM releases a JOIN releases b ON TRUE",
    "SELECT a.version FROM releases a LEFT JOIN releases b ON FALSE",
    "SELECT * FROM releases a RIGHT JOIN release_changes b ON FALSE",
    "SELECT * FROM releases a FULL JOIN release_changes b ON a.version <> b.version",
    "SELECT * FROM releases NATURAL JOIN release_changes",
    "SELECT * FROM (releases JOIN release_changes USING (version))",
    "SELECT version FROM releases UNION ALL SELECT version FROM releases",
    "SELECT version FROM releases UNION SELECT author FROM release_changes",
    "SELECT author FROM release_changes EXCEPT SELECT title FROM release_changes",
    "WITH releases AS (SELECT * FROM releases) SELECT * FROM releases",
    "WITH release_rows AS (SELECT '9' AS version, 1 AS released_at, 'k' AS kind, 'default' AS tenant, \
     'x' AS owner) SELECT * FROM releases",
    "WITH release_changes AS (SELECT * FROM releases) SELECT * FROM release_changes",
    "WITH ambit_cte_1 AS (SELECT * FROM release_changes), b AS (SELECT * FROM ambit_cte_1) \
     SELECT * FROM b, ambit_cte_1",
    "WITH a AS (WITH releases AS (SELECT author FROM release_changes) SELECT * FROM releases) \
     SELECT * FROM a, releases",
    "SELECT (SELECT max(version) FROM releases)",
    "SELECT (SELECT group_concat(author || card || size) FROM release_changes)",
    "SELECT max(author), max(size), max(card), min(card) FROM release_changes",
    "SELECT author AS a FROM release_changes GROUP BY author HAVING max(size) > 0",
    "SELECT title FROM release_changes WHERE size = 777001",
    "SELECT title FROM release_changes WHERE author LIKE 'hidden%'",
    "SELECT title FROM release_changes ORDER BY size, author, card",
    "SELECT first_value(author) OVER (ORDER BY size) FROM release_changes",
    "SELECT substr(card, 1, 4), length(card), card FROM release_changes",
    "SELECT CASE WHEN size > 777000 THEN size ELSE author END FROM release_changes",
    "SELECT CAST(size AS TEXT), CAST(author AS INTEGER) FROM release_changes",
    "SELECT x.author FROM (SELECT * FROM release_changes) x",
    "SELECT x.author FROM (SELECT author FROM (SELECT * FROM release_changes) y) x",
    "SELECT r.version FROM releases r WHERE EXISTS (SELECT 1 FROM releases o WHERE o.kind <> r.kind)",
    "SELECT version FROM releases WHERE kind IN (SELECT kind FROM releases)",
    "SELECT tenant FROM releases",
    "SELECT owner FROM release_rows",
    "SELECT secret FROM secrets",
    "SELECT secrets.secret FROM releases, secrets",
    "SELECT note FROM release_changes",
    "SELECT release_changes.note FROM release_changes",
    "SELECT count(*) FROM releases WHERE tenant = 'other'",
    "SELECT count(*) FROM releases ORDER BY owner",
    "SELECT count(*) FROM releases GROUP BY tenant",
    "SELECT \"secret\" FROM releases",
    "SELECT rowid, oid, _rowid_ FROM releases",
    "SELECT 1 AS secret FROM releases WHERE secret LIKE 'h%'",
    "SELECT 1 AS tenant FROM releases GROUP BY tenant",
    "SELECT releases FROM releases",
    "SELECT sql FROM sqlite_master",
    "SELECT * FROM versions",
];

#[test]
fn nothing_hidden_is_found() {
    for sql in SEARCHES {
        match answer(sql) {
            Ok(rows) => {
                for row in rows {
                    let found = HIDDEN.iter().find(|hidden| row.contains(*hidden));
                    assert_eq!(found, None, "{sql} found {row}");
                }
            }
            Err(problem) => assert!(!problem.contains("hidden-"), "{sql}: {problem}"),
        }
    }
}

#[test]
fn masks_show_what_they_should() {
    assert_eq!(
        answer("SELECT author, size, card FROM release_changes ORDER BY id").unwrap(),
        ["redacted|-|****0001", "redacted|-|****", "-|-|-"]
    );
}

#[test]
fn a_common_table_expression_hides_a_table_and_no_more() {
    let hidden = "WITH releases AS (SELECT 'mine' AS version) SELECT version FROM releases";
    assert_eq!(answer(hidden).unwrap(), ["mine"]);
    assert!(checked(hidden, Dialect::Sqlite).unwrap().applied.is_empty());
    let source = "WITH release_rows AS (SELECT 'mine' AS version) \
                  SELECT max(r.version), max(o.version) FROM releases r, release_rows o";
    assert_eq!(answer(source).unwrap(), ["1.2|mine"]);
    let own = "WITH releases AS (SELECT version FROM releases WHERE kind = 'major') \
               SELECT version FROM releases";
    assert_eq!(answer(own).unwrap(), ["1.0"]);
    let inner = "SELECT version FROM (WITH releases AS (SELECT 'mine' AS version) \
                 SELECT version FROM releases) UNION SELECT max(version) FROM releases";
    assert_eq!(answer(inner).unwrap(), ["1.2", "mine"]);
}

#[test]
fn row_filters_are_bound_to_the_caller() {
    let caller = Caller {
        client_id: "' OR '1'='1",
        subject: "someone",
        tenant_id: "other",
    };
    let sql = "SELECT version FROM releases ORDER BY version";
    let checked = check(sql, &[], &readable(Dialect::Sqlite), &caller).unwrap();
    assert!(!checked.statement.sql.contains("OR '1'"));
    assert_eq!(run(&warehouse(), &checked).unwrap(), ["1.2", "9.9"]);
}

/// An error is an answer too: it must not depend on a row that cannot be seen.
#[test]
fn errors_do_not_tell_of_hidden_rows() {
    let bomb = "abs(CASE WHEN kind = 'foreign' THEN -9223372036854775807 - 1 ELSE 1 END) = 1";
    for sql in [
        format!("SELECT count(*) FROM releases WHERE {bomb}"),
        format!("SELECT count(*) FROM (SELECT kind FROM releases) WHERE {bomb}"),
        format!("WITH a AS (SELECT kind FROM releases) SELECT count(*) FROM a WHERE {bomb}"),
        format!("SELECT count(*) FILTER (WHERE {bomb}) FROM releases"),
        format!("SELECT count(*) FROM (SELECT 1) AS x JOIN releases ON {bomb}"),
    ] {
        assert_eq!(answer(&sql).unwrap(), ["3"], "{sql}");
    }
    // The same on all rows does go off.
    let all =
        "SELECT abs(CASE WHEN kind = 'major' THEN -9223372036854775807 - 1 END) FROM releases";
    assert!(answer(all).unwrap_err().contains("integer overflow"));
}

/// What the first table answers once it is changed.
fn answer_of_changed(
    sql: &str,
    change: impl Fn(&mut ReadableTable),
) -> Result<Vec<String>, String> {
    let mut table = tables().remove(0);
    change(&mut table);
    let readable = Readable {
        dialect: Dialect::Sqlite,
        tables: vec![Arc::new(table.prepare(Dialect::Sqlite).unwrap())],
    };
    let checked = check(sql, &[], &readable, &CALLER).map_err(|refusal| refusal.to_string())?;
    run(&warehouse(), &checked).map_err(|error| error.to_string())
}

/// A name that the source lacks must not be one of the caller's.
#[test]
fn columns_that_are_missing_are_not_taken_from_the_caller() {
    let sql = "SELECT (SELECT group_concat(version) FROM releases) AS x \
               FROM (SELECT 'default' AS tenent UNION ALL SELECT 'other') AS release_rows";
    for filter in [
        "tenent = :tenant_id",
        "TENENT = :tenant_id",
        "\"tenent\" = :tenant_id",
        "release_rows.tenent = :tenant_id",
        "upper(tenent) LIKE '%'",
        "CASE WHEN tenent IN ('other') THEN TRUE ELSE FALSE END",
    ] {
        let outcome = answer_of_changed(sql, |table| table.row_filter = Some(filter.to_owned()));
        let error = outcome.unwrap_err();
        assert!(error.contains("no such column"), "{filter}: {error}");
    }
    for expression in [None, Some("tenent || ''".to_owned())] {
        let outcome = answer_of_changed(sql, |table| {
            table.columns.push(ReadableColumn {
                expression: expression.clone(),
                ..column("tenent")
            });
        });
        let error = outcome.unwrap_err();
        assert!(error.contains("no such column"), "{expression:?}: {error}");
    }
    let right = answer_of_changed(sql, |table| {
        table.row_filter = Some("release_rows.tenant = :tenant_id".to_owned());
    });
    assert_eq!(right.unwrap(), ["1.0,1.1", "1.0,1.1"]);
}

/// SQLite would take it for text.
#[test]
fn a_quoted_name_in_a_row_filter_is_a_column() {
    let outcome = answer_of_changed("SELECT version FROM releases", |table| {
        table.row_filter = Some("tenant = \"default\"".to_owned());
    });
    assert!(outcome.unwrap_err().contains("no such column"));
}
