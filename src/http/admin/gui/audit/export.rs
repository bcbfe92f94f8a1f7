//! `GET /admin/audit/export`: what is filtered, for a spreadsheet or for programs, newest first. It is
//! written while it is read, so that however much it is, little of it is in memory.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Query};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::asked::Asked;
use super::walk::Backwards;
use crate::app::App;
use crate::audit::{HEADINGS, cells, json_line};
use crate::http::admin::api::ReadAudit;
use crate::http::admin::gui::gate::Visitor;
use crate::http::error::Problem;
use crate::storage::StorageError;
use crate::storage::audit_records::AuditRow;

/// Most records in one file.
pub const MOST_EXPORTED: i64 = 100_000;
/// Records that one export looks at.
const LOOKED_AT: i64 = 1_000_000;
/// Records read at a time.
const PAGE: i64 = 500;
/// Exports at a time, on this replica.
static PLACES: Semaphore = Semaphore::const_new(4);
/// How often, and after how long, a read is tried again that found too many others waiting.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// How it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Comma-separated values, with headings.
    #[default]
    Csv,
    /// JSON, a line each.
    Jsonl,
}

/// The part of the address that says how.
#[derive(Debug, Default, Deserialize)]
pub struct How {
    #[serde(default)]
    format: Format,
}

/// The file.
pub async fn get(
    visitor: Visitor<ReadAudit>,
    asked: Option<Query<Asked>>,
    how: Query<How>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let format = how.format;
    let place = PLACES.try_acquire().map_err(|_| {
        let detail = "Enough exports are being written already; try again in a moment.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(Duration::from_secs(5))
    })?;
    visitor.admitted.record().await?;
    let now = app.clock.now();
    let filter = Asked::read(asked).filter(&visitor.cause().tenant_id, now);
    let walk = Backwards::start(&app, filter, None, LOOKED_AT).await?;
    let export = Export {
        app: Arc::clone(&app),
        walk,
        format,
        left: MOST_EXPORTED,
        begun: false,
        _place: place,
    };
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Format::Jsonl => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    let day = now.rfc3339();
    let day = day.split('T').next().unwrap_or_default();
    let name = format!("attachment; filename=\"audit-{day}.{ending}\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(stream::try_unfold(export, Export::next)))
}

/// A file that is being written.
struct Export {
    app: Arc<App>,
    walk: Backwards,
    format: Format,
    left: i64,
    begun: bool,
    _place: SemaphorePermit<'static>,
}

impl Export {
    /// The next piece. What cannot be read breaks the answer off, so that nobody takes it for whole.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StorageError> {
        if !self.begun {
            self.begun = true;
            if self.format == Format::Csv {
                let line = csv_lines(std::iter::once(HEADINGS.map(str::to_owned)));
                return Ok(Some((Bytes::from(line), self)));
            }
        }
        while self.left > 0 {
            let Some(rows) = self.read().await? else {
                break;
            };
            if rows.is_empty() {
                continue;
            }
            let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            self.left = self.left.saturating_sub(count);
            let lines = match self.format {
                Format::Csv => csv_lines(rows.iter().map(cells)),
                Format::Jsonl => {
                    let lines = rows.iter().map(|row| json_line(row) + "\n");
                    lines.collect::<String>().into_bytes()
                }
            };
            return Ok(Some((Bytes::from(lines), self)));
        }
        Ok(None)
    }

    async fn read(&mut self) -> Result<Option<Vec<AuditRow>>, StorageError> {
        let most = PAGE.min(self.left);
        for _ in 0..TRIES {
            match self.walk.next(&self.app, most).await {
                Err(StorageError::Busy) => tokio::time::sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
        self.walk.next(&self.app, most).await
    }
}

fn csv_lines(rows: impl Iterator<Item = [String; HEADINGS.len()]>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing to memory does not fail, and all rows are of one length.
        let _ = writer.write_record(row);
    }
    writer.into_inner().unwrap_or_default()
}
