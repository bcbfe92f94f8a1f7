//! What tables a schema has.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::super::value::{Column, Kind, TableDescription};

/// Tables that may be read, with their columns; a domain counts as what it is made of.
const TABLES: &str = "\
    SELECT c.relname::text, a.attname::text, \
           CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
    FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition \
      AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT') \
    ORDER BY c.relname COLLATE \"C\", a.attnum";

/// Every table and view, sorted by name.
pub(super) async fn tables(
    client: &Client,
    schema: &str,
) -> Result<Vec<TableDescription>, tokio_postgres::Error> {
    let mut tables: Vec<TableDescription> = Vec::new();
    for row in client.query(TABLES, &[&schema]).await? {
        let (table, name, oid): (String, String, u32) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let kind = Type::from_oid(oid).map_or(Kind::Text, |declared| kind(&declared));
        let column = Column { name, kind };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => tables.push(TableDescription {
                name: table,
                columns: vec![column],
            }),
        }
    }
    Ok(tables)
}

/// What a column of this type holds; what has no kind of its own is read as text.
pub(super) fn kind(declared: &Type) -> Kind {
    match *declared {
        Type::BOOL => Kind::Boolean,
        Type::INT2 | Type::INT4 | Type::INT8 => Kind::Integer,
        Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => Kind::Number,
        Type::DATE => Kind::Date,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => Kind::Timestamp,
        _ => Kind::Text,
    }
}
