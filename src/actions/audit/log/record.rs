//! A record of the log as actions answer it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::{Actor, ActorKind};
use crate::model::Timestamp;
use crate::storage::audit_records::AuditRow;

/// A record of Ambit's own audit log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditLogRecord {
    /// Its number in the chain.
    pub seq: i64,
    /// When it was written.
    #[schema(format = DateTime, example = "2026-11-22T18:51:30.000000Z")]
    pub at: String,
    /// What was asked for.
    #[schema(example = "action")]
    pub event: String,
    /// `allowed`, `denied`, `limited` or `failed`.
    #[schema(example = "allowed")]
    pub decision: String,
    /// Why it was decided so; empty where there is nothing to say.
    pub reason: String,
    /// What it was done to; for an action `router/action`.
    #[schema(example = "audit/firms_by_risk")]
    pub target: String,
    /// The client concerned.
    pub client_id: Option<String>,
    /// On whose behalf.
    pub subject: Option<String>,
    /// Who acted, nearest first.
    pub actors: Vec<AuditLogActor>,
    /// More facts.
    pub details: BTreeMap<String, String>,
    /// The request that it belongs to.
    pub request_id: String,
    /// Where the request came from.
    pub remote_address: Option<String>,
    /// How long the request had taken, in microseconds.
    pub duration_us: u64,
    /// SHA-256 of the record's canonical JSON (RFC 8785), in hexadecimal.
    pub hash: String,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
pub struct AuditLogActor {
    /// `client`, `administrator`, `operator`, `system`, or `unknown` for someone who proved nothing.
    #[schema(example = "client")]
    pub kind: String,
    /// Client identifier or user name; of someone unknown, what they claimed, if that may be kept.
    pub id: String,
}

impl From<Actor> for AuditLogActor {
    fn from(actor: Actor) -> Self {
        let kind = match actor.kind {
            ActorKind::Client => "client",
            ActorKind::Administrator => "administrator",
            ActorKind::Operator => "operator",
            ActorKind::System => "system",
            ActorKind::Unknown => "unknown",
        };
        Self {
            kind: kind.to_owned(),
            id: actor.id,
        }
    }
}

/// The parts of a record's text that no column repeats.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Text {
    actors: Vec<Actor>,
    details: BTreeMap<String, String>,
    duration_us: u64,
    reason: String,
    remote_address: Option<String>,
    request_id: String,
    subject: Option<String>,
    target: String,
}

impl From<AuditRow> for AuditLogRecord {
    /// A record whose text was made unreadable still shows its columns; verification names it.
    fn from(row: AuditRow) -> Self {
        let text: Text = serde_json::from_str(&row.record).unwrap_or_default();
        Self {
            seq: row.seq,
            at: Timestamp::from_micros(row.at).rfc3339(),
            event: row.event,
            decision: row.decision,
            reason: text.reason,
            target: text.target,
            client_id: row.client_id,
            subject: text.subject,
            actors: text.actors.into_iter().map(AuditLogActor::from).collect(),
            details: text.details,
            request_id: text.request_id,
            remote_address: text.remote_address,
            duration_us: text.duration_us,
            hash: row.hash,
        }
    }
}

impl AuditLogRecord {
    /// Who acted nearest to what was done.
    pub fn actor(&self) -> AuditLogActor {
        self.actors
            .first()
            .cloned()
            .unwrap_or_else(|| AuditLogActor {
                kind: "unknown".to_owned(),
                id: String::new(),
            })
    }
}
