//! What the overview counts, all of it within bounds, and remembered for a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::app::App;
use crate::audit::{GENESIS, verify_stretch};
use crate::http::error::Problem;
use crate::model::{TenantId, Timestamp};
use crate::storage::audit_records::{self, Filter, Head, Walk};
use crate::storage::overview::{self, ClientCount, Noticed, SlotCount};
use crate::storage::{AnyConnection, StorageError};

/// How long figures are shown again.
const FRESH: Duration = Duration::from_secs(3);
/// Most records that are counted: the newest.
const MOST_COUNTED: i64 = 100_000;
/// Most refusals that are counted: the newest.
const MOST_REFUSALS: i64 = 2_000;
/// The newest records, whose chain is verified each time.
const VERIFIED: i64 = 500;
/// Most clients shown for one reason.
pub const MOST_NOTICED: i64 = 5;
/// A slot of the hour, and one of the day, in microseconds.
pub const MINUTE: i64 = 60_000_000;
/// See [`MINUTE`].
pub const QUARTER: i64 = 15 * MINUTE;
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// A secret that ends within this wants attention.
const SOON: Duration = Duration::from_secs(14 * 86_400);
/// A secret that was not used for this long after it was made wants attention.
const UNUSED: Duration = Duration::from_secs(7 * 86_400);
/// A client that was not used for this long wants attention.
const IDLE: Duration = Duration::from_secs(30 * 86_400);

/// What was counted.
pub struct Figures {
    /// Tokens and actions of the last hour, by minutes.
    pub hour: Vec<SlotCount>,
    /// Tokens and actions of the last day, by quarters of an hour.
    pub day: Vec<SlotCount>,
    /// Where counting began, if more was written in the day than is counted.
    pub counted_from: Option<Timestamp>,
    /// What was refused in the last day, the most frequent first.
    pub refusals: Vec<(Refusal, i64)>,
    /// Clients by how often they were refused in the last day, the most frequent first.
    pub failing: Vec<(String, i64)>,
    /// The clients that did most in the last day.
    pub busiest: Vec<ClientCount>,
    /// Clients whose last secret ends soon.
    pub ending: Vec<Noticed>,
    /// Clients with a secret that was never used.
    pub unused: Vec<Noticed>,
    /// Clients that were not used for long.
    pub idle: Vec<Noticed>,
    /// Whether there are any clients.
    pub has_clients: bool,
    /// The last record.
    pub head: i64,
    /// How many of the newest records were verified.
    pub verified: u64,
    /// Where they do not hold.
    pub faults: usize,
}

/// What refusals are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// What was asked for.
    pub event: String,
    /// How it was decided.
    pub decision: String,
    /// Why.
    pub reason: String,
}

/// The figures that were counted last.
#[derive(Default)]
pub struct Remembered(Mutex<Option<(TenantId, Instant, Arc<Figures>)>>);

impl Remembered {
    /// A tenant's figures, counted now or just before. Who comes while they are counted waits for them.
    pub async fn read(&self, app: &App, tenant_id: &TenantId) -> Result<Arc<Figures>, Problem> {
        let mut last = self.0.lock().await;
        if let Some((of, at, figures)) = last.as_ref()
            && of == tenant_id
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(figures));
        }
        let (tenant, now) = (tenant_id.clone(), app.clock.now());
        let figures = app
            .store
            .scan(move |connection| count(connection, tenant.as_str(), now))
            .await?;
        let figures = Arc::new(figures);
        *last = Some((tenant_id.clone(), Instant::now(), Arc::clone(&figures)));
        Ok(figures)
    }
}

fn count(
    connection: &mut AnyConnection,
    tenant_id: &str,
    now: Timestamp,
) -> Result<Figures, StorageError> {
    let head = audit_records::head(connection)?.seq;
    let day = audit_records::first_since(connection, now.minus(DAY).micros())?;
    let hour = audit_records::first_since(connection, now.minus(HOUR).micros())?;
    let earliest = head.saturating_sub(MOST_COUNTED).saturating_add(1);
    let (refusals, failing) = refused(connection, tenant_id, day)?;
    let (verified, faults) = verify(connection, head)?;
    let ends = (now.micros(), now.plus(SOON).micros());
    let made_before = now.minus(UNUSED).micros();
    let most = MOST_NOTICED;
    Ok(Figures {
        hour: overview::by_slot(connection, tenant_id, hour.max(earliest), MINUTE)?,
        day: overview::by_slot(connection, tenant_id, day.max(earliest), QUARTER)?,
        counted_from: match earliest > day {
            true => at(connection, earliest)?,
            false => None,
        },
        refusals,
        failing,
        busiest: overview::busiest(connection, tenant_id, day.max(earliest), 5)?,
        ending: overview::secrets_ending(connection, tenant_id, ends, most)?,
        unused: overview::secrets_unused(connection, tenant_id, made_before, now.micros(), most)?,
        idle: overview::idle_clients(connection, tenant_id, now.minus(IDLE).micros(), most)?,
        has_clients: overview::has_clients(connection, tenant_id)?,
        head,
        verified,
        faults,
    })
}

fn at(connection: &mut AnyConnection, seq: i64) -> Result<Option<Timestamp>, StorageError> {
    let before = Walk::Forward(seq.saturating_sub(1));
    let rows = audit_records::select(connection, &Filter::default(), before, 1)?;
    Ok(rows.first().map(|row| Timestamp::from_micros(row.at)))
}

type Counted = (Vec<(Refusal, i64)>, Vec<(String, i64)>);

fn refused(
    connection: &mut AnyConnection,
    tenant_id: &str,
    from_seq: i64,
) -> Result<Counted, StorageError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Record {
        reason: String,
    }
    let filter = Filter {
        refused: true,
        tenant_id: Some(tenant_id.to_owned()),
        from_seq: Some(from_seq),
        ..Filter::default()
    };
    let rows = audit_records::select(connection, &filter, Walk::Backward(None), MOST_REFUSALS)?;
    let (mut reasons, mut clients) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        let record: Record = serde_json::from_str(&row.record).unwrap_or_default();
        let refusal = Refusal {
            event: row.event,
            decision: row.decision,
            reason: record.reason,
        };
        let count: &mut i64 = reasons.entry(refusal).or_default();
        *count = count.saturating_add(1);
        if let Some(client_id) = row.client_id {
            let count: &mut i64 = clients.entry(client_id).or_default();
            *count = count.saturating_add(1);
        }
    }
    Ok((most_first(reasons), most_first(clients)))
}

fn most_first<K>(counts: BTreeMap<K, i64>) -> Vec<(K, i64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// Verifies the newest records: how many, and in how many places they do not hold.
fn verify(connection: &mut AnyConnection, head: i64) -> Result<(u64, usize), StorageError> {
    let behind = head.saturating_sub(VERIFIED).max(0);
    let hash = match behind {
        0 => Some(GENESIS.to_owned()),
        seq => audit_records::hash_of(connection, seq)?,
    };
    let Some(hash) = hash else {
        return Ok((0, 1));
    };
    let start = Head { seq: behind, hash };
    let stretch = verify_stretch(connection, &start, VERIFIED)?;
    Ok((stretch.records, stretch.faults.len()))
}
