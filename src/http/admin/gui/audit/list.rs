//! `GET /admin/audit`: records, newest first, to filter and to page.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;

use super::asked::{Asked, DECISIONS, PERIODS};
use super::export::MOST_EXPORTED;
use super::row::{Row, rows};
use super::walk::Backwards;
use crate::app::App;
use crate::audit::EVENTS;
use crate::http::admin::api::ReadAudit;
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;
use crate::storage::audit_records;

/// Records on a page.
const ROWS: usize = 50;
/// Records that one page looks at.
const LOOKED_AT: i64 = 50_000;

#[derive(Template)]
#[template(path = "admin/audit/list.html")]
struct Page {
    shell: Shell,
    asked: Asked,
    periods: &'static [(&'static str, &'static str, u64)],
    events: &'static [&'static str],
    decisions: Vec<&'static str>,
    actions: Vec<&'static str>,
    rows: Vec<Row>,
    blank: Row,
    is_filtered: bool,
    is_first: bool,
    first: String,
    next: Option<String>,
    /// Where the records that were looked at begin, if the page ended before it was full.
    looked_back_to: Option<i64>,
    /// Where records are told of as they are written; empty where the page has none of the newest.
    live: String,
    csv: String,
    json_lines: String,
    most_exported: i64,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadAudit>,
    asked: Option<Query<Asked>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(asked);
    let now = app.clock.now();
    let filter = asked.filter(&visitor.cause().tenant_id, now);
    let until = filter.until;
    // Read first, so that nothing that is written meanwhile is passed over.
    let head = app.store.read(audit_records::head).await?.seq;
    let mut walk = Backwards::start(&app, filter, asked.before(), LOOKED_AT).await?;
    let mut found = Vec::new();
    while found.len() <= ROWS {
        let missing = ROWS.saturating_add(1).saturating_sub(found.len());
        let most = i64::try_from(missing).unwrap_or(i64::MAX);
        match walk.next(&app, most).await? {
            Some(more) => found.extend(more),
            None => break,
        }
    }
    let is_full = found.len() > ROWS;
    found.truncate(ROWS);
    let looked_back_to = (!is_full && !walk.is_complete()).then(|| walk.reached());
    let next = match found.last() {
        Some(last) if is_full => Some(last.seq),
        _ => looked_back_to,
    };
    let newest = found.first().map_or(head, |row| row.seq.max(head));
    let is_first = asked.before().is_none();
    let is_open = until.is_none_or(|until| until > now.micros());
    let after = newest.to_string();
    let live = match is_first && is_open {
        true => asked.link("/live", &[("after", &after)]),
        false => String::new(),
    };
    let actions = app
        .invoker
        .registry()
        .all()
        .map(|action| action.id.as_str());
    let drawn = Page {
        rows: rows(&app, found, now).await?,
        blank: Row::blank(now),
        periods: &PERIODS,
        events: EVENTS,
        decisions: DECISIONS.iter().map(|decision| decision.name()).collect(),
        actions: actions.collect(),
        is_filtered: asked.is_filtered(),
        is_first,
        first: asked.link("", &[]),
        next: next.map(|next| asked.link("", &[("before", &next.to_string())])),
        looked_back_to,
        live,
        csv: asked.link("/export", &[("format", "csv")]),
        json_lines: asked.link("/export", &[("format", "jsonl")]),
        most_exported: MOST_EXPORTED,
        shell: visitor.shell,
        asked,
    };
    page(StatusCode::OK, &drawn)
}
