//! Walks the log backwards, so many records and no more.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::{ActionContext, ActionError, page};
use crate::model::{CLOCK_SKEW, Timestamp};
use crate::storage::audit_records::{self, AuditRow, Filter};

/// Records that one read looks at.
const WINDOW: i64 = 10_000;
/// A call that has less time than this left reads no more.
const RESERVE: Duration = Duration::from_secs(3);

/// A span of time.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Period {
    from: Option<i64>,
    to: Option<i64>,
}

impl Period {
    /// From two times, the first inclusive, the second exclusive.
    ///
    /// # Errors
    /// A text that is no time; an end that is not behind the beginning.
    pub fn read(from: Option<&str>, to: Option<&str>) -> Result<Self, ActionError> {
        let time = |field: &str, text: Option<&str>| match text.map(Timestamp::parse_rfc3339) {
            None => Ok(None),
            Some(Some(time)) => Ok(Some(time.micros())),
            Some(None) => Err(ActionError::invalid(
                field,
                "is no RFC 3339 time, such as 2026-11-22T00:00:00Z",
            )),
        };
        let period = Self {
            from: time("from", from)?,
            to: time("to", to)?,
        };
        match (period.from, period.to) {
            (Some(from), Some(to)) if from >= to => {
                Err(ActionError::invalid("to", "is not later than from"))
            }
            _ => Ok(period),
        }
    }

    /// The filter that takes the period's records.
    pub fn filter(&self) -> Filter {
        Filter {
            from: self.from,
            until: self.to,
            ..Filter::default()
        }
    }

    /// The numbers of the period's records: the first, and one more than the last. The clocks of
    /// replicas may differ, so that a little more is taken than needed.
    async fn span(&self, context: &ActionContext) -> Result<(i64, i64), ActionError> {
        let skew = i64::try_from(CLOCK_SKEW.as_micros()).unwrap_or_default();
        let from = self.from.map(|from| from.saturating_sub(skew));
        let to = self.to.map(|to| to.saturating_add(skew));
        let span = context.store().read(move |connection| {
            let end = audit_records::head(connection)?.seq.saturating_add(1);
            let mut place = |at: Option<i64>, without: i64| match at {
                None => Ok(without),
                Some(at) => audit_records::first_since(connection, at),
            };
            Ok((place(from, 1)?, place(to, end)?))
        });
        Ok(span.await?)
    }
}

/// Which records an answer is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditLogSpan {
    /// Number of the first record that was looked at.
    from_seq: i64,
    /// Number of the last record that was looked at; less than the first if there was none.
    to_seq: i64,
    /// Whether this is all of the period, or there is more behind `next_cursor`.
    complete: bool,
}

/// A walk over the records of a period that a filter takes, newest first.
pub struct LogWalk {
    filter: Filter,
    fingerprint: String,
    /// No record before this one is looked at.
    first: i64,
    /// One more than the last record that the call may look at.
    start: i64,
    /// Every record from here on was looked at.
    before: i64,
    /// How many records may still be looked at. Where only refused ones are asked for, the allowed
    /// ones between them cost nothing.
    left: i64,
}

impl LogWalk {
    /// Starts at the period's end, or where a cursor says. `of` names the question and all that it
    /// depends on; `most` is how many records one call looks at.
    ///
    /// # Errors
    /// A cursor of another question; an outage.
    pub async fn start(
        context: &ActionContext,
        period: Period,
        filter: Filter,
        of: &impl Serialize,
        cursor: Option<&str>,
        most: i64,
    ) -> Result<Self, ActionError> {
        let fingerprint = page::fingerprint(&(of, period));
        let reached = cursor.map(|cursor| page::decode::<i64>(cursor, &fingerprint));
        let reached = reached.transpose()?;
        let (first, end) = period.span(context).await?;
        let start = reached.map_or(end, |reached| reached.clamp(first, end.max(first)));
        Ok(Self {
            filter: Filter {
                tenant_id: Some(context.principal().tenant_id.as_str().to_owned()),
                ..filter
            },
            fingerprint,
            first,
            start,
            before: start,
            left: most,
        })
    }

    /// Whether the walk goes no further in this call.
    ///
    /// The first read is made however little time there is: a call that only handed back its own cursor
    /// would be made for ever.
    fn is_over(&self, context: &ActionContext) -> bool {
        let is_late = self.before < self.start && context.remaining() < RESERVE;
        self.before <= self.first || self.left <= 0 || is_late
    }

    /// The next records, at most `most` of them; `None` when the walk is over. An empty list only
    /// means that none was among those looked at.
    ///
    /// # Errors
    /// An outage.
    pub async fn next(
        &mut self,
        context: &ActionContext,
        most: i64,
    ) -> Result<Option<Vec<AuditRow>>, ActionError> {
        if self.is_over(context) {
            return Ok(None);
        }
        let (first, before) = (self.first, self.before);
        let window = WINDOW.min(self.left);
        let filter = self.filter.clone();
        let read = context.store().scan(move |connection| {
            audit_records::look_back(connection, &filter, (first, before), window, most)
        });
        let (rows, reached) = read.await?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|length| length >= most);
        self.before = reached;
        let looked_at = match self.filter.refused {
            true if is_full => most,
            true => window,
            false => before.saturating_sub(self.before),
        };
        self.left = self.left.saturating_sub(looked_at);
        Ok(Some(rows))
    }

    /// Goes back to a record, so that the next call starts right before it.
    pub fn return_to(&mut self, seq: i64) {
        self.before = seq;
    }

    /// How much of the period lies behind the walk, and how long it is, for those who wait.
    pub fn progress(&self, context: &ActionContext) {
        let [done, all] = [self.before, self.first].map(|end| {
            let length = u32::try_from(self.start.saturating_sub(end)).unwrap_or(u32::MAX);
            f64::from(length)
        });
        context.progress(done, Some(all), "records looked at");
    }

    /// What was looked at.
    pub fn span(&self) -> AuditLogSpan {
        AuditLogSpan {
            from_seq: self.before,
            to_seq: self.start.saturating_sub(1),
            complete: self.before <= self.first,
        }
    }

    /// What the next call goes on with; `None` if there is nothing left.
    pub fn cursor(&self) -> Option<String> {
        (self.before > self.first).then(|| page::encode(&self.before, &self.fingerprint))
    }
}
