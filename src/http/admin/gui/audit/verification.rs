//! `GET /admin/audit/verification`: walks the chain as the admin API does, for as long as a page may take;
//! a longer one in steps, each of which begins where the one before has ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use url::form_urlencoded;

use super::HERE;
use crate::app::App;
use crate::audit::{GENESIS, Stretch, verify_stretch};
use crate::http::admin::api::ReadAudit;
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;
use crate::storage::audit_records::{self, Head};

/// Records read at a time.
const STRETCH: i64 = 2_000;
/// How long one page walks.
const TIME: Duration = Duration::from_secs(5);
/// Most faults that are shown.
const MOST_FAULTS: usize = 100;

/// Where to begin, and what must be there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `SEQ:HASH` of the record that the walk begins behind.
    from: String,
    /// `SEQ:HASH` of a record that was noted earlier.
    expect: String,
}

#[derive(Template)]
#[template(path = "admin/audit/verification.html")]
struct Page {
    shell: Shell,
    first: i64,
    records: u64,
    reached: i64,
    head: i64,
    /// Number and hash of the last record that was read, to be noted.
    noted: String,
    /// Where the walk goes on, if this was not all of it.
    next: Option<String>,
    faults: Vec<Fault>,
    expect: String,
    expectation: Expectation,
}

struct Fault {
    sentence: String,
    /// The page of the record, where there is one.
    link: Option<String>,
}

/// What became of a record that was noted earlier.
enum Expectation {
    None,
    Unreadable,
    There(i64),
    Gone(i64),
}

impl Expectation {
    fn is_bad(&self) -> bool {
        matches!(self, Self::Gone(_))
    }

    fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable)
    }
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadAudit>,
    asked: Option<Query<Asked>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let asked = asked.map(Query::into_inner).unwrap_or_default();
    let expect = asked.expect.trim();
    let expectation = match noted(expect) {
        None if expect.is_empty() => Expectation::None,
        None => Expectation::Unreadable,
        Some(head) => {
            let seq = head.seq;
            let contains = app
                .store
                .read(move |connection| audit_records::contains(connection, head.seq, &head.hash));
            match contains.await? {
                true => Expectation::There(seq),
                false => Expectation::Gone(seq),
            }
        }
    };
    let genesis = Head {
        seq: 0,
        hash: GENESIS.to_owned(),
    };
    let start = noted(asked.from.trim()).unwrap_or(genesis);
    let first = start.seq.saturating_add(1);
    let walked = walk(&app, start).await?;
    let head = app.store.read(audit_records::head).await?.seq;
    let reached = format!("{}:{}", walked.reached.seq, walked.reached.hash);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("from", &reached)
        .finish();
    let goes_on = !walked.at_end && walked.faults.len() < MOST_FAULTS;
    let faults = walked.faults.into_iter().take(MOST_FAULTS);
    let drawn = Page {
        first,
        records: walked.records,
        reached: walked.reached.seq,
        head,
        noted: reached,
        next: goes_on.then(|| format!("{HERE}/verification?{query}")),
        faults: faults.map(fault).collect(),
        expect: expect.chars().take(128).collect(),
        expectation,
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

async fn walk(app: &App, start: Head) -> Result<Stretch, Problem> {
    let begun = Instant::now();
    let mut walked = Stretch {
        records: 0,
        reached: start,
        at_end: false,
        faults: Vec::new(),
    };
    while !walked.at_end && walked.faults.len() < MOST_FAULTS && begun.elapsed() < TIME {
        let from = walked.reached.clone();
        let next = app
            .store
            .scan(move |connection| verify_stretch(connection, &from, STRETCH))
            .await?;
        walked.records = walked.records.saturating_add(next.records);
        walked.reached = next.reached;
        walked.at_end = next.at_end;
        walked.faults.extend(next.faults);
    }
    Ok(walked)
}

fn fault(fault: crate::audit::Fault) -> Fault {
    use crate::audit::Fault as F;
    let seq = match &fault {
        F::Changed { seq, .. } | F::Reordered { seq, .. } => Some(*seq),
        F::Removed { first, .. } => Some(first.saturating_sub(1)).filter(|seq| *seq > 0),
        F::Head { .. } => None,
    };
    Fault {
        sentence: fault.to_string(),
        link: seq.map(super::path_of),
    }
}

/// A number, a colon, and a hash.
fn noted(text: &str) -> Option<Head> {
    let (seq, hash) = text.split_once(':')?;
    let seq = seq.parse().ok().filter(|seq| *seq >= 0)?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| Head {
        seq,
        hash: hash.to_ascii_lowercase(),
    })
}
