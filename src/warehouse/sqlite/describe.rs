//! What tables a file has.

use rusqlite::Connection;

use super::super::value::{Column, Kind, TableDescription};
use super::kinds;

const TABLES: &str = "\
    SELECT name FROM pragma_table_list \
    WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
    ORDER BY name";
const COLUMNS: &str =
    "SELECT name, type FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid";
const OWN: &str = "\
    SELECT count(*) = 2 FROM sqlite_master \
    WHERE type = 'table' AND name IN ('__diesel_schema_migrations', 'audit_records')";

/// Every table and view, sorted by name.
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<TableDescription>> {
    let mut statement = connection.prepare(TABLES)?;
    let names: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut described = Vec::with_capacity(names.len());
    for name in names {
        let mut statement = connection.prepare(COLUMNS)?;
        let columns = statement
            .query_map([&name], |row| {
                let declared: String = row.get(1)?;
                Ok(Column {
                    name: row.get(0)?,
                    kind: kinds::declared(&declared).unwrap_or(Kind::Text),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        described.push(TableDescription { name, columns });
    }
    Ok(described)
}

/// Whether these are Ambit's own tables.
pub(super) fn is_ambits_own(connection: &Connection) -> bool {
    connection
        .query_row(OWN, [], |row| row.get(0))
        .unwrap_or(false)
}
