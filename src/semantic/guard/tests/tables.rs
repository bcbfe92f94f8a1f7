//! Tables of the model that cannot be read, and what is said of them.

use super::{DIALECTS, column, tables};
use crate::semantic::guard::{ReadableColumn, ReadableTable};

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
}

#[test]
fn sources_and_expressions_are_taken_as_they_are() {
    for outcome in prepared(|table| {
        table.source = "warehouse.\"Releases of 2025\"".into();
        table.columns = expression("CASE WHEN a LIKE 'it''s%' THEN lower(b) ELSE NULL END");
        table.row_filter = Some(
            "tenant = :tenant_id AND (owner IN (:subject, :client_id) OR owner IN (SELECT o FROM x))"
                .into(),
        );
    }) {
        assert_eq!(outcome, Ok(()));
    }
}
