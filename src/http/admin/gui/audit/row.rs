//! One record, as lists show it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::http::admin::gui::shell::Moment;
use crate::model::{ClientId, Timestamp};
use crate::storage::StorageError;
use crate::storage::audit_records::AuditRow;

/// Characters of a request's identifier that are shown, from its end, where identifiers differ.
const SHOWN_OF_ID: usize = 12;

/// A record in short.
pub struct Row {
    /// Its place in the chain.
    pub seq: i64,
    /// When.
    pub at: Moment,
    /// What was asked for.
    pub event: String,
    /// To what.
    pub target: String,
    /// How it was decided.
    pub decision: String,
    /// Whether that is `good`, `warn` or `bad`.
    pub tone: &'static str,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub who: String,
    /// The client concerned; empty if there is none.
    pub client_id: String,
    /// What it is called, or was.
    pub client: String,
    /// In which request.
    pub request_id: String,
    /// The end of it.
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

/// Who acted, as a record says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RecordedActor {
    /// Client identifier, user name or claimed name.
    pub id: String,
    /// What kind.
    pub kind: String,
}

/// Names of clients by their identifiers.
pub type Names = BTreeMap<String, String>;

impl Row {
    /// One with nothing in it, for a script to fill in.
    pub fn blank(now: Timestamp) -> Self {
        Self {
            seq: 0,
            at: Moment::new(now, now),
            event: String::new(),
            target: String::new(),
            decision: String::new(),
            tone: "good",
            reason: String::new(),
            who: String::new(),
            client_id: String::new(),
            client: String::new(),
            request_id: String::new(),
            short_request_id: String::new(),
        }
    }

    fn new(row: AuditRow, names: &Names, now: Timestamp) -> Self {
        let record: Record = serde_json::from_str(&row.record).unwrap_or_default();
        let client_id = row.client_id.unwrap_or_default();
        let name = |id: &str| names.get(id).map_or_else(|| id.to_owned(), Clone::clone);
        let is_client = record.actors.first().is_some_and(|one| one.id == client_id);
        // A client that is who asked, or what it was done to, is named there.
        let is_target = record.target == client_id;
        Self {
            seq: row.seq,
            at: Moment::new(Timestamp::from_micros(row.at), now),
            event: row.event,
            target: if is_target {
                String::new()
            } else {
                record.target
            },
            tone: tone(&row.decision),
            decision: row.decision,
            reason: record.reason.replace('_', " "),
            who: match record.actors.first() {
                Some(_) if is_client => String::new(),
                Some(actor) => said(actor),
                None => String::new(),
            },
            client: if client_id.is_empty() {
                String::new()
            } else {
                name(&client_id)
            },
            client_id,
            short_request_id: end_of(&record.request_id),
            request_id: record.request_id,
        }
    }

    /// For the script.
    pub fn json(&self) -> String {
        json!({
            "seq": self.seq,
            "iso": self.at.iso,
            "exact": self.at.exact,
            "relative": self.at.relative,
            "event": self.event,
            "target": self.target,
            "decision": self.decision,
            "tone": self.tone,
            "reason": self.reason,
            "who": self.who,
            "client_id": self.client_id,
            "client": self.client,
            "request_id": self.request_id,
            "short": self.short_request_id,
        })
        .to_string()
    }
}

/// Records as rows, with the names of their clients.
pub async fn rows(
    app: &App,
    records: Vec<AuditRow>,
    now: Timestamp,
) -> Result<Vec<Row>, StorageError> {
    let ids = records.iter().filter_map(|row| row.client_id.as_deref());
    let names = names(app, ids).await?;
    let rows = records.into_iter().map(|row| Row::new(row, &names, now));
    Ok(rows.collect())
}

/// What clients are called, as far as they are still there.
pub async fn names(app: &App, ids: impl Iterator<Item = &str>) -> Result<Names, StorageError> {
    let mut names = Names::new();
    for id in ids {
        if names.contains_key(id) {
            continue;
        }
        let Ok(client_id) = ClientId::parse(id) else {
            continue;
        };
        let found = app.clients.find(&client_id).await?;
        let name = found.map_or_else(|| id.to_owned(), |found| found.client.client_name.clone());
        names.insert(id.to_owned(), name);
    }
    Ok(names)
}

/// Who acted, as people say it.
pub fn said(actor: &RecordedActor) -> String {
    match (actor.kind.as_str(), actor.id.as_str()) {
        ("system", _) => "Ambit itself".to_owned(),
        ("operator", id) => format!("{id}, at the command line"),
        ("unknown", "") => "Nobody known".to_owned(),
        ("unknown", id) => format!("Somebody who claimed to be {id}"),
        (_, id) => id.to_owned(),
    }
}

/// Whether a decision is good news.
pub fn tone(decision: &str) -> &'static str {
    match decision {
        "allowed" => "good",
        "limited" => "warn",
        _ => "bad",
    }
}

/// The end of an identifier.
fn end_of(id: &str) -> String {
    let kept = id.char_indices().rev().nth(SHOWN_OF_ID.saturating_sub(1));
    let (start, _) = kept.unwrap_or_default();
    id.get(start..).unwrap_or_default().to_owned()
}
