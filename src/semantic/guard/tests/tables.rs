//! Tables of the model that cannot be read, and what is said of them.

use super::{DIALECTS, column, tables};
use crate::semantic::guard::{ReadableColumn, ReadableTable};
use crate::warehouse::Dialect;

fn prepared(change: impl Fn(&mut ReadableTable)) -> Vec<Result<(), String>> {
    DIALECTS
        .iter()
        .map(|dialect| {
            let mut table = tables().remove(0);
            change(&mut table);
            let prepared = table.prepare(*dialect);
            prepared.map(drop).map_err(|error| error.to_string())
        })
        .collect()
}

#[track_caller]
fn unusable(expected: &str, change: impl Fn(&mut ReadableTable)) {
    for outcome in prepared(change) {
        let error = outcome.unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("of table "), "{error}");
    }
}

fn expression(text: &str) -> Vec<ReadableColumn> {
    vec![ReadableColumn {
        expression: Some(text.to_owned()),
        ..column("a")
    }]
}

#[test]
fn broken_models_are_told() {
    unusable("the columns", |table| table.columns.clear());
    unusable("the name", |table| table.name = "a\"b".into());
    unusable("the name", |table| table.name.clear());
    unusable("column \"a\\\"b\"", |table| {
        table.columns = vec![column("a\"b")]
    });
    unusable("the source", |table| table.source = "ambit_cte_1".into());
    unusable("the source", |table| table.source = "a, b".into());
    unusable("the source", |table| table.source = "(SELECT 1)".into());
    unusable("column \"a\"", |table| table.columns = expression("1 +"));
    unusable("is not expected here", |table| {
        table.columns = expression("1) FROM t --")
    });
    unusable("column \"a\"", |table| table.columns = expression("'a"));
    unusable("the row filter", |table| {
        table.row_filter = Some("a = ".into())
    });
    unusable(":nobody is not known", |table| {
        table.row_filter = Some("a = :nobody".into())
    });
    unusable("a subquery", |table| {
        table.row_filter = Some("owner IN (SELECT o FROM x)".into())
    });
    unusable("a subquery", |table| {
        table.columns = expression("(SELECT max(o) FROM x)")
    });
    unusable("other.owner is no column", |table| {
        table.row_filter = Some("other.owner = 1".into())
    });
    unusable("is no column", |table| {
        table.row_filter = Some("count(other.*) > 0".into())
    });
}

#[test]
fn sources_and_expressions_are_taken_as_they_are() {
    for outcome in prepared(|table| {
        table.source = "warehouse.\"Releases of 2025\"".into();
        table.columns = expression("CASE WHEN a LIKE 'it''s%' THEN lower(b) ELSE NULL END");
        table.row_filter = Some(
            "tenant = :tenant_id AND (owner IN (:subject, :client_id) OR \"Releases of 2025\".a = 1)"
                .into(),
        );
    }) {
        assert_eq!(outcome, Ok(()));
    }
}

#[test]
fn words_that_are_no_columns_stay_bare() {
    let written = |dialect, filter: &str| {
        let mut table = tables().remove(0);
        table.row_filter = Some(filter.to_owned());
        table.prepare(dialect).unwrap().query.to_string()
    };
    let part = written(Dialect::Snowflake, "dateadd(day, 1, released_at) > now");
    let expected = r#"dateadd(day, 1, "ambit[source]".released_at) > "ambit[source]".now"#;
    assert!(part.contains(expected), "{part}");
    let argument = written(Dialect::Postgres, "make_interval(days => age) > tags[1]");
    let expected = r#"make_interval(days => "ambit[source]".age) > ("ambit[source]".tags)[1]"#;
    assert!(argument.contains(expected), "{argument}");
}
