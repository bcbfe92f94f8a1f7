//! `GET /admin/audit/live`: records as they are committed, here or on another replica, as server-sent
//! events (HTML section 9.2). Whoever was cut off goes on behind the last record that arrived.
//!
//! A stream is no use of its session: one that is left open ends when its session does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName};
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::asked::Asked;
use super::row::rows;
use crate::administrators::{Powers, SessionKey, State};
use crate::app::App;
use crate::http::admin::api::ReadAudit;
use crate::http::admin::gui::gate::Visitor;
use crate::http::error::Problem;
use crate::http::extract::Requirement;
use crate::http::stopping::Stopping;
use crate::storage::StorageError;
use crate::storage::audit_records::{self, Filter, Walk};

/// How often the log is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// Looks without news between two signs of life, which also tell that nobody listens any more.
const QUIET_LOOKS: u32 = 10;
/// Most records that one look tells of; the rest comes with the next.
const PAGE: i64 = 100;
/// Most records between the last one that arrived and the end that are still told of.
const MOST_MISSED: i64 = 10_000;
/// Streams at a time, on this replica.
static PLACES: Semaphore = Semaphore::const_new(32);

/// The part of the address that says where to begin.
#[derive(Debug, Default, Deserialize)]
pub struct Begin {
    after: Option<i64>,
}

/// The stream.
pub async fn get(
    visitor: Visitor<ReadAudit>,
    request: HttpRequest,
    asked: Option<Query<Asked>>,
    begin: Option<Query<Begin>>,
    app: Data<Arc<App>>,
    stopping: Data<Stopping>,
) -> Result<HttpResponse, Problem> {
    let place = PLACES.try_acquire().map_err(|_| {
        let detail = "Enough are watching the log already; try again later.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(Duration::from_secs(30))
    })?;
    let head = app.store.read(audit_records::head).await?.seq;
    let last = request.headers().get("last-event-id");
    let last = last.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let after = last.or(begin.and_then(|begin| begin.after)).unwrap_or(head);
    let earliest = head.saturating_sub(MOST_MISSED);
    let filter = Asked::read(asked).filter(&visitor.cause().tenant_id, app.clock.now());
    let tail = Tail {
        app: Arc::clone(&app),
        key: visitor.key.clone(),
        // A tail goes forward alone; where the time begins was settled when the page was drawn.
        filter: Filter {
            from: None,
            ..filter
        },
        reached: after.clamp(earliest.max(0), head),
        has_missed: after < earliest,
        begun: false,
        is_waiting: false,
        stopping: Stopping::clone(&stopping),
        _place: place,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(stream::unfold(Some(tail), Tail::next)))
}

/// A stream under way.
struct Tail {
    app: Arc<App>,
    key: SessionKey,
    filter: Filter,
    /// Everything up to this record was told of, or does not fit.
    reached: i64,
    has_missed: bool,
    begun: bool,
    /// Whether everything there was is told of, so that the next look has time.
    is_waiting: bool,
    stopping: Stopping,
    _place: SemaphorePermit<'static>,
}

impl Tail {
    async fn next(tail: Option<Self>) -> Option<(Result<Bytes, Infallible>, Option<Self>)> {
        let mut tail = tail?;
        let piece = |text: String, tail| Some((Ok(Bytes::from(text)), tail));
        if !tail.begun {
            tail.begun = true;
            let missed = if tail.has_missed { MISSED } else { "" };
            let text = format!("retry: 2000\nid: {}\n\n{missed}", tail.reached);
            return piece(text, Some(tail));
        }
        for _ in 0..QUIET_LOOKS {
            if tail.is_waiting {
                tokio::select! {
                    () = tail.stopping.heard() => return None,
                    () = tokio::time::sleep(INTERVAL) => {}
                }
            }
            tail.is_waiting = true;
            match tail.may_go_on().await {
                // What cannot be asked now is asked again; until then nothing is told.
                Err(_) => {}
                Ok(false) => return piece(ENDED.to_owned(), None),
                Ok(true) => {
                    if let Ok(text) = tail.look().await
                        && !text.is_empty()
                    {
                        return piece(text, Some(tail));
                    }
                }
            }
        }
        // An identifier without data is remembered and shown to nobody.
        let text = format!(":\nid: {}\n\n", tail.reached);
        piece(text, Some(tail))
    }

    /// Whether the session lasts, and its role still permits this.
    async fn may_go_on(&self) -> Result<bool, StorageError> {
        let found = self.app.sessions.find(&self.key).await?;
        Ok(found.is_some_and(|(session, role)| {
            session.state == State::SignedIn && Powers::Role(role).cover(ReadAudit::ANY_OF)
        }))
    }

    /// What is new, as events; empty if nothing is.
    async fn look(&mut self) -> Result<String, StorageError> {
        let filter = self.filter.clone();
        let reached = self.reached;
        let read = self.app.store.read(move |connection| {
            let head = audit_records::head(connection)?.seq;
            if head <= reached {
                return Ok((reached, Vec::new()));
            }
            let walk = Walk::Forward(reached);
            let rows = audit_records::select(connection, &filter, walk, PAGE)?;
            let is_full = i64::try_from(rows.len()).is_ok_and(|length| length >= PAGE);
            let reached = match rows.last() {
                Some(last) if is_full => last.seq,
                Some(last) => head.max(last.seq),
                None => head,
            };
            Ok((reached, rows))
        });
        let (reached, found) = read.await?;
        self.is_waiting = i64::try_from(found.len()).is_ok_and(|length| length < PAGE);
        let rows = rows(&self.app, found, self.app.clock.now()).await?;
        self.reached = reached;
        let event =
            |row: &super::Row| format!("event: record\nid: {}\ndata: {}\n\n", row.seq, row.json());
        Ok(rows.iter().map(event).collect())
    }
}

/// More was written than is told of.
const MISSED: &str = "event: missed\ndata: {}\n\n";
/// The session has ended, or its role does not permit this any more.
const ENDED: &str = "event: ended\ndata: {}\n\n";
