//! What an overview shows of everything: how much happened when, and which clients want attention. Each
//! query is bounded, by the records that it looks at or by the rows that it answers.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use super::schema::clients;
use super::{AnyConnection, StorageError};

/// Runs the same statement on either database. Its parameters stand in the order of their numbers.
macro_rules! load {
    ($connection:expr, $statement:expr, $($kind:ty: $value:expr),+) => {
        match $connection {
            AnyConnection::Sqlite(sqlite) => {
                sql_query($statement)$(.bind::<$kind, _>($value))+.load(sqlite)?
            }
            AnyConnection::Postgres(postgres) => {
                sql_query($statement)$(.bind::<$kind, _>($value))+.load(postgres)?
            }
        }
    };
}

/// Records of one kind in one slot of time.
#[derive(Debug, Clone, QueryableByName)]
pub struct SlotCount {
    /// The slot: time since the epoch, in lengths of a slot.
    #[diesel(sql_type = BigInt)]
    pub slot: i64,
    /// `token.issue` or `action`.
    #[diesel(sql_type = Text)]
    pub event: String,
    /// How many were allowed.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Tokens that were issued and actions that were run, by slots of `slot` microseconds, from a record on.
pub fn by_slot(
    connection: &mut AnyConnection,
    tenant_id: &str,
    from_seq: i64,
    slot: i64,
) -> Result<Vec<SlotCount>, StorageError> {
    let statement = "SELECT at / $1 AS slot, event, COUNT(*) AS count FROM audit_records \
                     WHERE seq >= $2 AND tenant_id = $3 AND decision = 'allowed' \
                     AND event IN ('token.issue', 'action') GROUP BY 1, 2";
    Ok(load!(connection, statement, BigInt: slot, BigInt: from_seq, Text: tenant_id))
}

/// A client, and how much it did.
#[derive(Debug, Clone, QueryableByName)]
pub struct ClientCount {
    /// Which client.
    #[diesel(sql_type = Text)]
    pub client_id: String,
    /// How many tokens and actions.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// The clients that got most tokens and ran most actions from a record on.
pub fn busiest(
    connection: &mut AnyConnection,
    tenant_id: &str,
    from_seq: i64,
    limit: i64,
) -> Result<Vec<ClientCount>, StorageError> {
    let statement = "SELECT client_id, COUNT(*) AS count FROM audit_records \
                     WHERE seq >= $1 AND tenant_id = $2 AND decision = 'allowed' \
                     AND client_id IS NOT NULL AND event IN ('token.issue', 'action') \
                     GROUP BY client_id ORDER BY COUNT(*) DESC, client_id LIMIT $3";
    Ok(load!(connection, statement, BigInt: from_seq, Text: tenant_id, BigInt: limit))
}

/// An enabled client that wants attention.
#[derive(Debug, Clone, QueryableByName)]
pub struct Noticed {
    /// Which client.
    #[diesel(sql_type = Text)]
    pub client_id: String,
    /// What it is called.
    #[diesel(sql_type = Text)]
    pub client_name: String,
    /// The time that it is about, in microseconds since the epoch.
    #[diesel(sql_type = BigInt)]
    pub at: i64,
}

/// Clients whose last secret ends between two times, the soonest first.
pub fn secrets_ending(
    connection: &mut AnyConnection,
    tenant_id: &str,
    (after, before): (i64, i64),
    limit: i64,
) -> Result<Vec<Noticed>, StorageError> {
    let statement = "SELECT c.client_id, c.client_name, s.expires_at AS at \
                     FROM client_secrets s JOIN clients c ON c.client_id = s.client_id \
                     WHERE c.tenant_id = $1 AND c.enabled \
                     AND s.expires_at > $2 AND s.expires_at < $3 AND NOT EXISTS \
                     (SELECT 1 FROM client_secrets o WHERE o.client_id = s.client_id \
                     AND o.secret_id <> s.secret_id \
                     AND (o.expires_at IS NULL OR o.expires_at > s.expires_at)) \
                     ORDER BY s.expires_at LIMIT $4";
    Ok(load!(connection, statement, Text: tenant_id, BigInt: after, BigInt: before, BigInt: limit))
}

/// Clients with a secret that works at `now`, was made before a time and has never been used, the oldest
/// first.
pub fn secrets_unused(
    connection: &mut AnyConnection,
    tenant_id: &str,
    made_before: i64,
    now: i64,
    limit: i64,
) -> Result<Vec<Noticed>, StorageError> {
    let statement = "SELECT c.client_id, c.client_name, s.created_at AS at \
                     FROM client_secrets s JOIN clients c ON c.client_id = s.client_id \
                     WHERE c.tenant_id = $1 AND c.enabled \
                     AND s.last_used_at IS NULL AND s.created_at < $2 \
                     AND (s.expires_at IS NULL OR s.expires_at > $3) \
                     ORDER BY s.created_at LIMIT $4";
    Ok(
        load!(connection, statement, Text: tenant_id, BigInt: made_before, BigInt: now, BigInt: limit),
    )
}

/// Clients that were used once, and not since a time, the longest first.
pub fn idle_clients(
    connection: &mut AnyConnection,
    tenant_id: &str,
    used_before: i64,
    limit: i64,
) -> Result<Vec<Noticed>, StorageError> {
    let statement = "SELECT client_id, client_name, last_used_at AS at FROM clients \
                     WHERE tenant_id = $1 AND enabled AND last_used_at < $2 \
                     ORDER BY last_used_at LIMIT $3";
    Ok(load!(connection, statement, Text: tenant_id, BigInt: used_before, BigInt: limit))
}

/// Whether there is a client at all.
pub fn has_clients(connection: &mut AnyConnection, tenant_id: &str) -> Result<bool, StorageError> {
    let found: Option<String> = clients::table
        .filter(clients::tenant_id.eq(tenant_id))
        .select(clients::client_id)
        .first(connection)
        .optional()?;
    Ok(found.is_some())
}
