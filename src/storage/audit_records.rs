//! The rows of the audit log. What a record says is in its canonical JSON text; the other columns
//! repeat parts of it to search by, and verification compares them.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};

use super::schema::{audit_head, audit_records};
use super::{AnyConnection, StorageError};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
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

/// A row to be appended; its members are those of [`AuditRow`].
///
/// Without a client it says NULL, and does not leave the column out: so one statement, prepared once,
/// serves every row.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_records, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the same as those of AuditRow")]
pub struct NewAuditRow<'a> {
    pub seq: i64,
    pub tenant_id: &'a str,
    pub at: i64,
    pub client_id: Option<&'a str>,
    pub event: &'a str,
    pub decision: &'a str,
    pub record: String,
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

/// Appends rows to a chain that ends at `after`, and moves the head to the last of them. `false` says
/// that the chain ends elsewhere, and that nothing was written; not so where [`lock_head`] said where it
/// ends. On PostgreSQL that is one statement, and no transaction is needed around it.
pub fn append(
    connection: &mut AnyConnection,
    after: &Head,
    rows: &[NewAuditRow<'_>],
) -> Result<bool, StorageError> {
    let Some(last) = rows.last() else {
        return Ok(true);
    };
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            for row in rows {
                diesel::insert_into(audit_records::table)
                    .values(row)
                    .execute(sqlite)?;
            }
            let head = (
                audit_head::seq.eq(last.seq),
                audit_head::hash.eq(&last.hash),
            );
            diesel::update(audit_head::table.find(1))
                .set(head)
                .execute(sqlite)?;
            Ok(true)
        }
        AnyConnection::Postgres(postgres) => {
            Ok(Append::new(after, last, rows).execute(postgres)? > 0)
        }
    }
}

/// Whether a transaction costs round trips to a server, which [`append`] alone does without.
pub fn is_remote(connection: &AnyConnection) -> bool {
    matches!(connection, AnyConnection::Postgres(_))
}

/// One statement with an array a column: its text stays the same whatever the number of rows, so that it
/// is prepared once.
struct Append<'r> {
    after: &'r Head,
    last: (i64, &'r str),
    seq: Vec<i64>,
    tenant_id: Vec<&'r str>,
    at: Vec<i64>,
    client_id: Vec<Option<&'r str>>,
    event: Vec<&'r str>,
    decision: Vec<&'r str>,
    record: Vec<&'r str>,
    hash: Vec<&'r str>,
}

impl<'r> Append<'r> {
    fn new(after: &'r Head, last: &'r NewAuditRow<'_>, rows: &'r [NewAuditRow<'_>]) -> Self {
        let column = |of: for<'x> fn(&'x NewAuditRow<'_>) -> &'x str| -> Vec<&'r str> {
            rows.iter().map(of).collect()
        };
        Self {
            after,
            last: (last.seq, &last.hash),
            seq: rows.iter().map(|row| row.seq).collect(),
            tenant_id: column(|row| row.tenant_id),
            at: rows.iter().map(|row| row.at).collect(),
            client_id: rows.iter().map(|row| row.client_id).collect(),
            event: column(|row| row.event),
            decision: column(|row| row.decision),
            record: column(|row| &row.record),
            hash: column(|row| &row.hash),
        }
    }
}

impl QueryFragment<Pg> for Append<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH moved AS (UPDATE audit_head SET seq = ");
        pass.push_bind_param::<BigInt, _>(&self.last.0)?;
        pass.push_sql(", hash = ");
        pass.push_bind_param::<Text, _>(&self.last.1)?;
        pass.push_sql(" WHERE id = 1 AND seq = ");
        pass.push_bind_param::<BigInt, _>(&self.after.seq)?;
        pass.push_sql(" AND hash = ");
        pass.push_bind_param::<Text, _>(&self.after.hash)?;
        pass.push_sql(
            " RETURNING id) INSERT INTO audit_records \
             (seq, tenant_id, at, client_id, event, decision, record, hash) \
             SELECT added.* FROM moved, unnest(",
        );
        pass.push_bind_param::<Array<BigInt>, _>(&self.seq)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Text>, _>(&self.tenant_id)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<BigInt>, _>(&self.at)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Nullable<Text>>, _>(&self.client_id)?;
        for texts in [&self.event, &self.decision, &self.record, &self.hash] {
            pass.push_sql(", ");
            pass.push_bind_param::<Array<Text>, _>(texts)?;
        }
        pass.push_sql(") AS added");
        Ok(())
    }
}

impl QueryId for Append<'_> {
    type QueryId = Append<'static>;
}

impl RunQueryDsl<PgConnection> for Append<'_> {}

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
    /// Only what was not allowed.
    pub refused: bool,
    /// Only this tenant's.
    pub tenant_id: Option<String>,
    /// Only those about this target.
    pub target: Option<String>,
    /// Only those decided for this reason.
    pub reason: Option<String>,
    /// Only those that mention this request.
    pub request_id: Option<String>,
    /// Only records with at least this number. It bounds how much of the log is looked at, however
    /// few of its records match.
    pub from_seq: Option<i64>,
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
    if filter.refused {
        query = query.filter(sql::<Bool>(REFUSED));
    }
    if let Some(tenant_id) = &filter.tenant_id {
        query = query.filter(dsl::tenant_id.eq(tenant_id));
    }
    if let Some(target) = &filter.target {
        let text = serde_json::Value::from(target.as_str()).to_string();
        let mention = format!("%\"target\":{},\"tenant_id\":%", escape(&text));
        query = query.filter(dsl::record.like(mention).escape('\\'));
    }
    if let Some(reason) = &filter.reason {
        // Details stand before `previous`, so that none of them is taken for the reason.
        let text = serde_json::Value::from(reason.as_str()).to_string();
        let mention = format!("%\"previous\":\"%\",\"reason\":{},\"re%", escape(&text));
        query = query.filter(dsl::record.like(mention).escape('\\'));
    }
    if let Some(request_id) = &filter.request_id {
        let mention = format!("%\"request_id\":\"{}\"%", escape(request_id));
        query = query.filter(dsl::record.like(mention).escape('\\'));
    }
    if let Some(from_seq) = filter.from_seq {
        query = query.filter(dsl::seq.ge(from_seq));
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

/// As the index `audit_records_refused` says it: a database uses it only for these very words.
const REFUSED: &str = "decision <> 'allowed'";

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// The hash of a record; `None` if there is no such record.
pub fn hash_of(connection: &mut AnyConnection, seq: i64) -> Result<Option<String>, StorageError> {
    Ok(audit_records::table
        .find(seq)
        .select(audit_records::hash)
        .first(connection)
        .optional()?)
}

/// The number from which on there are at most `most` refused records before `before`, counted
/// backwards; 1 if there are fewer. Allowed records in between cost nothing.
pub fn refused_since(
    connection: &mut AnyConnection,
    before: i64,
    most: i64,
) -> Result<i64, StorageError> {
    let seq: Option<i64> = audit_records::table
        .filter(sql::<Bool>(REFUSED))
        .filter(audit_records::seq.lt(before))
        .order(audit_records::seq.desc())
        .offset(most.saturating_sub(1))
        .limit(1)
        .select(audit_records::seq)
        .first(connection)
        .optional()?;
    Ok(seq.unwrap_or(1))
}

/// At most `most` records that match, newest first, from the `window` records before `before` (of the
/// refused ones, where only these are asked for), and the number that all which was looked at begins
/// with. Nothing before `first` is looked at.
pub fn look_back(
    connection: &mut AnyConnection,
    filter: &Filter,
    (first, before): (i64, i64),
    window: i64,
    most: i64,
) -> Result<(Vec<AuditRow>, i64), StorageError> {
    let floor = if filter.refused {
        refused_since(connection, before, window)?
    } else {
        before.saturating_sub(window)
    };
    let floor = floor.max(first);
    let filter = Filter {
        from_seq: Some(floor),
        ..filter.clone()
    };
    let rows = select(connection, &filter, Walk::Backward(Some(before)), most)?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|length| length >= most);
    // A full answer may have stopped short of the window's end.
    let reached = match rows.last() {
        Some(last) if is_full => last.seq,
        _ => floor,
    };
    Ok((rows, reached))
}

/// The number of the first record that was written at `at` (microseconds since the epoch) or later,
/// one more than the last if none was. Found by halving, with as many short reads as the number of
/// records has binary digits; right as far as times go forward along the log.
pub fn first_since(connection: &mut AnyConnection, at: i64) -> Result<i64, StorageError> {
    let (mut low, mut high) = (1, head(connection)?.seq.saturating_add(1));
    while low < high {
        let middle = low.midpoint(high);
        let found: Option<(i64, i64)> = audit_records::table
            .filter(audit_records::seq.ge(middle))
            .filter(audit_records::seq.lt(high))
            .order(audit_records::seq.asc())
            .limit(1)
            .select((audit_records::seq, audit_records::at))
            .first(connection)
            .optional()?;
        match found {
            Some((seq, time)) if time < at => low = seq.saturating_add(1),
            _ => high = middle,
        }
    }
    Ok(low)
}
