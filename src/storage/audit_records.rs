//! The rows of the audit log. What a record says is in its canonical JSON text; the other columns
//! repeat parts of it to search by, and verification compares them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use super::schema::{audit_head, audit_records};
use super::{AnyConnection, StorageError};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_records)]
pub struct AuditRow {
    /// Position in the chain, from 1 without gaps.
    pub seq: i64,
    /// Whose the record is.
    pub tenant_id: String,
    /// When, in microseconds since the epoch.
    pub at: i64,
    /// The client concerned, if one is known.
    pub client_id: Option<String>,
    /// What was asked for.
    pub event: String,
    /// How it was decided.
    pub decision: String,
    /// Canonical JSON of the whole record.
    pub record: String,
    /// SHA-256 of `record`, in hexadecimal.
    pub hash: String,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Sequence number of the last record; 0 when there is none.
    pub seq: i64,
    /// Its hash; zeros when there is none.
    pub hash: String,
}

/// Reads the end of the chain.
pub fn head(connection: &mut AnyConnection) -> Result<Head, StorageError> {
    let (seq, hash) = audit_head::table
        .find(1)
        .select((audit_head::seq, audit_head::hash))
        .first(connection)?;
    Ok(Head { seq, hash })
}

/// Reads the end of the chain and keeps it from moving until the transaction ends. On SQLite the
/// transaction itself does that: there is one writer.
pub fn lock_head(connection: &mut AnyConnection) -> Result<Head, StorageError> {
    match connection {
        AnyConnection::Sqlite(_) => head(connection),
        AnyConnection::Postgres(postgres) => {
            let (seq, hash) = audit_head::table
                .find(1)
                .select((audit_head::seq, audit_head::hash))
                .for_update()
                .first(postgres)?;
            Ok(Head { seq, hash })
        }
    }
}

/// Appends rows and moves the head to the last of them.
pub fn append(connection: &mut AnyConnection, rows: &[AuditRow]) -> Result<(), StorageError> {
    let Some(last) = rows.last() else {
        return Ok(());
    };
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            for row in rows {
                diesel::insert_into(audit_records::table)
                    .values(row)
                    .execute(sqlite)?;
            }
        }
        // One statement with an array a column: its text stays the same whatever the batch's size,
        // so that it is prepared once.
        AnyConnection::Postgres(postgres) => {
            let column = |of: fn(&AuditRow) -> &str| -> Vec<&str> { rows.iter().map(of).collect() };
            diesel::sql_query(
                "INSERT INTO audit_records \
                 (seq, tenant_id, at, client_id, event, decision, record, hash) \
                 SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(column(|row| &row.tenant_id))
            .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.at).collect::<Vec<_>>())
            .bind::<Array<Nullable<Text>>, _>(
                rows.iter()
                    .map(|row| row.client_id.as_deref())
                    .collect::<Vec<_>>(),
            )
            .bind::<Array<Text>, _>(column(|row| &row.event))
            .bind::<Array<Text>, _>(column(|row| &row.decision))
            .bind::<Array<Text>, _>(column(|row| &row.record))
            .bind::<Array<Text>, _>(column(|row| &row.hash))
            .execute(postgres)?;
        }
    }
    diesel::update(audit_head::table.find(1))
        .set((
            audit_head::seq.eq(last.seq),
            audit_head::hash.eq(&last.hash),
        ))
        .execute(connection)?;
    Ok(())
}

/// Whether a record with this number and hash is in the log.
pub fn contains(
    connection: &mut AnyConnection,
    seq: i64,
    hash: &str,
) -> Result<bool, StorageError> {
    let found: Option<String> = audit_records::table
        .find(seq)
        .select(audit_records::hash)
        .first(connection)
        .optional()?;
    Ok(found.as_deref() == Some(hash))
}

/// Which records to show.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this client's.
    pub client_id: Option<String>,
    /// Only this event.
    pub event: Option<String>,
    /// Only this decision.
    pub decision: Option<String>,
    /// Only those that mention this request.
    pub request_id: Option<String>,
    /// Not before, in microseconds since the epoch.
    pub from: Option<i64>,
    /// Not at or after, in microseconds since the epoch.
    pub until: Option<i64>,
}

/// From which end of the log, and behind which record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Oldest first, behind this number.
    Forward(i64),
    /// Newest first, before this number; `None` starts at the end.
    Backward(Option<i64>),
}

/// At most `limit` records that match.
pub fn select(
    connection: &mut AnyConnection,
    filter: &Filter,
    walk: Walk,
    limit: i64,
) -> Result<Vec<AuditRow>, StorageError> {
    use audit_records::dsl;
    let mut query = dsl::audit_records
        .select(AuditRow::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(client_id) = &filter.client_id {
        query = query.filter(dsl::client_id.eq(client_id));
    }
    if let Some(event) = &filter.event {
        query = query.filter(dsl::event.eq(event));
    }
    if let Some(decision) = &filter.decision {
        query = query.filter(dsl::decision.eq(decision));
    }
    if let Some(request_id) = &filter.request_id {
        let escaped = request_id
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let mention = format!("%\"request_id\":\"{escaped}\"%");
        query = query.filter(dsl::record.like(mention).escape('\\'));
    }
    if let Some(from) = filter.from {
        query = query.filter(dsl::at.ge(from));
    }
    if let Some(until) = filter.until {
        query = query.filter(dsl::at.lt(until));
    }
    let query = match walk {
        Walk::Forward(after) => query.filter(dsl::seq.gt(after)).order(dsl::seq.asc()),
        Walk::Backward(Some(before)) => query.filter(dsl::seq.lt(before)).order(dsl::seq.desc()),
        Walk::Backward(None) => query.order(dsl::seq.desc()),
    };
    Ok(query.load(connection)?)
}
