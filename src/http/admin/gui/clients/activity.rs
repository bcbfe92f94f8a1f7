//! What the audit log has of a client lately.

use serde::Deserialize;

use crate::app::App;
use crate::http::admin::gui::shell::Moment;
use crate::http::error::Problem;
use crate::model::{ClientId, TenantId, Timestamp};
use crate::storage::audit_records::{self, AuditRow, Filter, Walk};

/// Records that are shown.
const SHOWN: i64 = 15;

/// One record, in short.
pub struct Event {
    pub at: Moment,
    pub event: String,
    pub decision: String,
    pub reason: String,
    pub target: String,
    pub actor: String,
    pub request_id: String,
    /// Its end, where identifiers differ.
    pub short_request_id: String,
}

/// The parts of a record that are shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    reason: String,
    target: String,
    request_id: String,
    actors: Vec<RecordedActor>,
}

#[derive(Deserialize)]
struct RecordedActor {
    id: String,
    kind: String,
}

/// The latest records about a client, newest first.
pub async fn latest(
    app: &App,
    tenant_id: &TenantId,
    client_id: &ClientId,
) -> Result<Vec<Event>, Problem> {
    let filter = Filter {
        client_id: Some(client_id.as_str().to_owned()),
        tenant_id: Some(tenant_id.as_str().to_owned()),
        ..Filter::default()
    };
    let rows = app
        .store
        .scan(move |connection| {
            audit_records::select(connection, &filter, Walk::Backward(None), SHOWN)
        })
        .await?;
    let now = app.clock.now();
    Ok(rows.into_iter().map(|row| event(row, now)).collect())
}

fn event(row: AuditRow, now: Timestamp) -> Event {
    let record: Record = serde_json::from_str(&row.record).unwrap_or_default();
    let actor = record.actors.into_iter().next();
    // That it is about this client is clear.
    let about_itself = row.client_id.as_deref() == Some(record.target.as_str());
    Event {
        at: Moment::new(Timestamp::from_micros(row.at), now),
        event: row.event,
        decision: row.decision,
        reason: record.reason.replace('_', " "),
        target: if about_itself {
            String::new()
        } else {
            record.target
        },
        actor: actor.map_or(String::new(), |actor| match actor.kind.as_str() {
            "client" => "The client".to_owned(),
            kind if actor.id.is_empty() => kind.to_owned(),
            _ => actor.id,
        }),
        short_request_id: end_of(&record.request_id),
        request_id: record.request_id,
    }
}

fn end_of(id: &str) -> String {
    let kept = id.char_indices().rev().nth(11);
    let (start, _) = kept.unwrap_or_default();
    id.get(start..).unwrap_or_default().to_owned()
}
