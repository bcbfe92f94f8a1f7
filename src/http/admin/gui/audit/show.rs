//! `GET /admin/audit/{seq}`: one record in full, and its place in the chain.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde_json::{Map, Value};

use super::row::{RecordedActor, names, said, tone};
use super::{HERE, path_of};
use crate::app::App;
use crate::audit::{GENESIS, verify_stretch};
use crate::http::admin::api::{ReadAudit, ReadClients};
use crate::http::admin::gui::audit::link_to;
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Moment, Shell, page};
use crate::http::error::Problem;
use crate::model::Timestamp;
use crate::storage::audit_records::{self, AuditRow, Filter, Head, Walk};

#[derive(Template)]
#[template(path = "admin/audit/show.html")]
struct Page {
    shell: Shell,
    seq: i64,
    at: Moment,
    at_exactly: String,
    event: String,
    decision: String,
    tone: &'static str,
    reason: String,
    who: Vec<String>,
    client: Option<Client>,
    same_target: String,
    request: String,
    same_request: String,
    /// Further members, in the order of the record.
    more: Vec<(String, String)>,
    details: Vec<(String, String)>,
    previous_hash: String,
    hash: String,
    text: String,
    /// What is wrong with it; nothing if it holds.
    faults: Vec<String>,
    before: Option<Neighbour>,
    after: Option<Neighbour>,
}

struct Client {
    id: String,
    name: String,
    /// Where its page is, for those who may see it.
    link: Option<String>,
}

/// The record before or behind it.
struct Neighbour {
    seq: i64,
    link: String,
    event: String,
    hash: String,
    at: Moment,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadAudit>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let nowhere = || Problem::new(StatusCode::NOT_FOUND, "There is no such record.");
    let seq: i64 = path.parse().map_err(|_| nowhere())?;
    let found = app
        .store
        .read(move |connection| Found::read(connection, seq))
        .await?;
    let tenant_id = &visitor.cause().tenant_id;
    let found = found.filter(|found| found.row.tenant_id == tenant_id.as_str());
    let Some(Found {
        before,
        row,
        after,
        faults,
    }) = found
    else {
        return Err(nowhere());
    };
    let now = app.clock.now();
    let mut record: Map<String, Value> = serde_json::from_str(&row.record).unwrap_or_default();
    let mut take = |name: &str| record.remove(name).unwrap_or_default();
    let actors: Vec<RecordedActor> = serde_json::from_value(take("actors")).unwrap_or_default();
    let details = take("details").as_object().cloned().unwrap_or_default();
    let target = text(&take("target"));
    let request = text(&take("request_id"));
    let reason = text(&take("reason")).replace('_', " ");
    let previous_hash = text(&take("previous"));
    for shown in ["at", "client_id", "decision", "event", "seq", "tenant_id"] {
        take(shown);
    }
    let duration = take("duration_us").as_u64();
    let mut more = vec![("target".to_owned(), target.clone())];
    more.extend(duration.map(|micros| ("duration".to_owned(), milliseconds(micros))));
    more.extend(pairs(record));
    more.retain(|(_, value)| !value.is_empty());
    let client = match &row.client_id {
        None => None,
        Some(id) => {
            let names = names(&app, std::iter::once(id.as_str())).await?;
            let may_see = visitor.admitted.may::<ReadClients>();
            Some(Client {
                link: may_see.then(|| format!("/admin/clients/{id}")),
                name: names.get(id).unwrap_or(id).clone(),
                id: id.clone(),
            })
        }
    };
    let drawn = Page {
        seq,
        at: Moment::new(Timestamp::from_micros(row.at), now),
        at_exactly: Timestamp::from_micros(row.at).rfc3339(),
        tone: tone(&row.decision),
        event: row.event,
        decision: row.decision,
        reason,
        who: actors.iter().map(said).collect(),
        client,
        same_target: match target.is_empty() {
            true => HERE.to_owned(),
            false => link_to(&[("target", &target)]),
        },
        same_request: link_to(&[("request_id", &request)]),
        request,
        more,
        details: pairs(details),
        previous_hash,
        hash: row.hash,
        text: row.record,
        faults,
        before: before.map(|row| neighbour(row, now)),
        after: after.map(|row| neighbour(row, now)),
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

/// A record, those beside it, and what is wrong with it.
struct Found {
    before: Option<AuditRow>,
    row: AuditRow,
    after: Option<AuditRow>,
    faults: Vec<String>,
}

impl Found {
    fn read(
        connection: &mut crate::storage::AnyConnection,
        seq: i64,
    ) -> Result<Option<Self>, crate::storage::StorageError> {
        let from = Walk::Forward(seq.saturating_sub(2));
        let all = Filter::default();
        let (mut before, mut own, mut after) = (None, None, None);
        for row in audit_records::select(connection, &all, from, 3)? {
            match row.seq.saturating_sub(seq) {
                -1 => before = Some(row),
                0 => own = Some(row),
                1 => after = Some(row),
                _ => {}
            }
        }
        let Some(row) = own else {
            return Ok(None);
        };
        let start = match &before {
            Some(before) => before.hash.clone(),
            None => GENESIS.to_owned(),
        };
        let start = Head {
            seq: seq.saturating_sub(1),
            hash: start,
        };
        let stretch = verify_stretch(connection, &start, 1)?;
        let mut faults: Vec<_> = stretch.faults.iter().map(ToString::to_string).collect();
        if before.is_none() && seq > 1 {
            let last = seq.saturating_sub(1);
            faults.push(format!("Record {last}, before it, was removed."));
        }
        Ok(Some(Self {
            before,
            row,
            after,
            faults,
        }))
    }
}

fn neighbour(row: AuditRow, now: Timestamp) -> Neighbour {
    Neighbour {
        seq: row.seq,
        link: path_of(row.seq),
        event: row.event,
        hash: row.hash,
        at: Moment::new(Timestamp::from_micros(row.at), now),
    }
}

fn pairs(members: Map<String, Value>) -> Vec<(String, String)> {
    let pairs = members.into_iter();
    pairs
        .map(|(name, value)| (name.replace('_', " "), text(&value)))
        .collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn milliseconds(micros: u64) -> String {
    let (whole, rest) = (
        micros.checked_div(1000).unwrap_or_default(),
        micros.checked_rem(1000).unwrap_or_default(),
    );
    format!("{whole}.{rest:03} ms")
}
