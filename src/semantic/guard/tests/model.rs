//! The tables that the guard is tested on, by these tests and by the fuzz target `sql_guard`.

use std::sync::Arc;

use super::{Dialect, Mask, Readable, ReadableColumn, ReadableTable};

/// A column that is shown as it is.
pub fn column(name: &str) -> ReadableColumn {
    ReadableColumn {
        name: name.to_owned(),
        expression: None,
        mask: None,
    }
}

/// A column that is masked.
pub fn masked(name: &str, mask: Mask) -> ReadableColumn {
    ReadableColumn {
        mask: Some(mask),
        ..column(name)
    }
}

/// `releases` shows one tenant's rows, `release_changes` masks three columns, `versions` is computed;
/// `secrets`, and every column that is not listed, is out of reach.
pub fn tables() -> Vec<ReadableTable> {
    vec![
        ReadableTable {
            name: "releases".to_owned(),
            source: "release_rows".to_owned(),
            columns: ["version", "released_at", "kind"].map(column).into(),
            row_filter: Some("tenant = :tenant_id OR owner = :client_id".to_owned()),
        },
        ReadableTable {
            name: "release_changes".to_owned(),
            source: "release_changes".to_owned(),
            columns: vec![
                column("id"),
                column("version"),
                column("title"),
                masked("author", Mask::Redact),
                masked("size", Mask::Null),
                masked("card", Mask::Last4),
            ],
            row_filter: None,
        },
        ReadableTable {
            name: "versions".to_owned(),
            source: "release_rows".to_owned(),
            columns: vec![ReadableColumn {
                name: "Loud".to_owned(),
                expression: Some("upper(kind) || '''s'".to_owned()),
                mask: None,
            }],
            row_filter: None,
        },
    ]
}

/// These tables, prepared for a dialect.
pub fn readable(dialect: Dialect) -> Readable {
    Readable {
        dialect,
        tables: tables()
            .iter()
            .map(|table| Arc::new(table.prepare(dialect).unwrap()))
            .collect(),
    }
}
