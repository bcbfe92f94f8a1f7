//! `/admin/api/audit`: Ambit's own audit log.

use std::sync::Arc;

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::ReadAudit;
use super::refusals::Refusals;
use crate::app::App;
use crate::audit::{Decision, EVENTS, Verification, verify};
use crate::http::deferred::Deferred;
use crate::http::error::Problem;
use crate::http::extract::Admitted;
use crate::model::Timestamp;
use crate::storage::audit_records::{self, AuditRow, Filter, Head, Walk};

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(get_verification);
}

/// Which records, newest first, from where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only records about this client.
    #[param(max_length = 64, pattern = r"^[^\u0000]*$")]
    client_id: Option<String>,
    /// Only this event.
    #[param(schema_with = event_schema)]
    event: Option<String>,
    /// Only this decision.
    #[param(inline)]
    decision: Option<Decision>,
    /// Only records of this request.
    #[param(max_length = 64, pattern = r"^[^\u0000]*$")]
    request_id: Option<String>,
    /// Not before this time (RFC 3339).
    #[param(format = DateTime, example = "2026-11-22T00:00:00Z")]
    from: Option<String>,
    /// Before this time (RFC 3339).
    #[param(format = DateTime)]
    until: Option<String>,
    /// Records on the page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u16>,
    /// `next_before` of the page before.
    before: Option<i64>,
}

fn event_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Only this event."))
        .enum_values(Some(EVENTS.iter().copied()))
        .into()
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
struct AuditPage {
    /// Newest first.
    records: Vec<AuditEntry>,
    /// Hand this in as `before` for the next page; null on the last one.
    next_before: Option<i64>,
}

/// A record and its place in the chain.
#[derive(Serialize, ToSchema)]
struct AuditEntry {
    /// SHA-256 of the record's canonical JSON (RFC 8785), in hexadecimal.
    hash: String,
    /// The record. `previous` holds the hash of the one before.
    #[schema(value_type = Object)]
    record: serde_json::Value,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let record = serde_json::from_str(&row.record).unwrap_or(serde_json::Value::Null);
        Self {
            hash: row.hash,
            record,
        }
    }
}

/// Records of the audit log, newest first
///
/// Only those that fit every filter that is given.
#[utoipa::path(
    operation_id = "list_audit_records",
    tag = "Audit log",
    security(("administrator" = []), ("client_credentials" = ["ambit:audit:read"])),
    params(AuditQuery),
    responses(
        (status = 200, body = AuditPage),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[get("/admin/api/audit")]
async fn list(
    _: Admitted<ReadAudit>,
    query: Deferred<Query<AuditQuery>>,
    app: Data<Arc<App>>,
) -> Result<Json<AuditPage>, Problem> {
    let bad = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, detail);
    let query = query.read()?.into_inner();
    let limit = query.limit.unwrap_or(50);
    if !(1..=500).contains(&limit) {
        return Err(bad("limit is 1 to 500."));
    }
    if let Some(event) = &query.event
        && !EVENTS.contains(&event.as_str())
    {
        return Err(bad(&format!("event is one of {}.", EVENTS.join(", "))));
    }
    let time = |text: Option<&String>| match text.map(|text| Timestamp::parse_rfc3339(text)) {
        None => Ok(None),
        Some(Some(time)) => Ok(Some(time.micros())),
        Some(None) => Err(bad(
            "from and until are RFC 3339 times, such as 2026-11-22T00:00:00Z.",
        )),
    };
    let filter = Filter {
        from: time(query.from.as_ref())?,
        until: time(query.until.as_ref())?,
        client_id: query.client_id,
        event: query.event,
        decision: query.decision.map(|decision| decision.name().to_owned()),
        request_id: query.request_id,
        ..Filter::default()
    };
    let texts = [&filter.client_id, &filter.request_id];
    if texts
        .into_iter()
        .flatten()
        .any(|text| text.contains('\0') || text.chars().count() > 64)
    {
        return Err(bad("A filter has at most 64 characters, and no NUL."));
    }
    let walk = Walk::Backward(query.before);
    let one_more = i64::from(limit).saturating_add(1);
    let rows = app
        .store
        .scan(move |connection| audit_records::select(connection, &filter, walk, one_more))
        .await?;
    let more = rows.len() > usize::from(limit);
    let rows: Vec<_> = rows.into_iter().take(usize::from(limit)).collect();
    let next_before = rows.last().filter(|_| more).map(|row| row.seq);
    Ok(Json(AuditPage {
        records: rows.into_iter().map(AuditEntry::from).collect(),
        next_before,
    }))
}

/// A head of the chain that was noted earlier.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct VerificationQuery {
    /// Number of a record that must still be there.
    expect_seq: Option<i64>,
    /// Its hash.
    #[param(min_length = 64, max_length = 64, pattern = "^[0-9A-Fa-f]*$")]
    expect_hash: Option<String>,
}

/// Walks the whole chain and names what was changed, removed or reordered
///
/// Given the number and the hash of a record that were noted earlier, it also tells whether that record
/// is still there: so a log that was cut off, or written anew, is found out.
#[utoipa::path(
    operation_id = "verify_audit_log",
    tag = "Audit log",
    security(("administrator" = []), ("client_credentials" = ["ambit:audit:read"])),
    params(VerificationQuery),
    responses(
        (status = 200, body = Verification),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[get("/admin/api/audit/verification")]
async fn get_verification(
    _: Admitted<ReadAudit>,
    query: Deferred<Query<VerificationQuery>>,
    app: Data<Arc<App>>,
) -> Result<Json<Verification>, Problem> {
    let VerificationQuery {
        expect_seq,
        expect_hash,
    } = query.read()?.into_inner();
    let expected = match (expect_seq, expect_hash) {
        (Some(seq), Some(hash)) if is_hash(&hash) => {
            let hash = hash.to_ascii_lowercase();
            Some(Head { seq, hash })
        }
        (None, None) => None,
        _ => {
            let detail =
                "expect_seq and expect_hash go together; a hash has 64 hexadecimal digits.";
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
    };
    let walk = move |connection: &mut _| verify(connection, expected.as_ref());
    Ok(Json(app.store.scan(walk).await?))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
