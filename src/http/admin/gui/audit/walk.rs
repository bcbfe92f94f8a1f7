//! Walks the log backwards, so many records and no more: whatever is looked for, a page costs no more than
//! that.

use crate::app::App;
use crate::model::CLOCK_SKEW;
use crate::storage::StorageError;
use crate::storage::audit_records::{self, AuditRow, Filter};

/// Records that one read looks at.
const WINDOW: i64 = 10_000;

/// A walk over the records that a filter takes, newest first.
pub struct Backwards {
    filter: Filter,
    first: i64,
    before: i64,
    left: i64,
}

impl Backwards {
    /// Starts behind a record, or at the end, to look at `most` records.
    pub async fn start(
        app: &App,
        filter: Filter,
        before: Option<i64>,
        most: i64,
    ) -> Result<Self, StorageError> {
        // The clocks of replicas may differ, so that a little more is taken than needed.
        let skew = i64::try_from(CLOCK_SKEW.as_micros()).unwrap_or_default();
        let from = filter.from.map(|from| from.saturating_sub(skew));
        let until = filter.until.map(|until| until.saturating_add(skew));
        let (first, end) = app
            .store
            .read(move |connection| {
                let end = audit_records::head(connection)?.seq.saturating_add(1);
                let mut place = |at: Option<i64>, without: i64| match at {
                    None => Ok(without),
                    Some(at) => audit_records::first_since(connection, at),
                };
                Ok((place(from, 1)?, place(until, end)?))
            })
            .await?;
        Ok(Self {
            filter,
            first,
            before: before.map_or(end, |before| before.min(end)),
            left: most,
        })
    }

    /// The next records, at most `most` of them; `None` when the walk is over. An empty list only means
    /// that none was among those looked at.
    pub async fn next(
        &mut self,
        app: &App,
        most: i64,
    ) -> Result<Option<Vec<AuditRow>>, StorageError> {
        if self.is_complete() || self.left <= 0 {
            return Ok(None);
        }
        let ends = (self.first, self.before);
        let window = WINDOW.min(self.left);
        let filter = self.filter.clone();
        let read = app.store.scan(move |connection| {
            audit_records::look_back(connection, &filter, ends, window, most)
        });
        let (rows, reached) = read.await?;
        let looked_at = if self.filter.refused {
            window
        } else {
            self.before.saturating_sub(reached)
        };
        self.left = self.left.saturating_sub(looked_at);
        self.before = reached;
        Ok(Some(rows))
    }

    /// Every record from this one on was looked at.
    pub fn reached(&self) -> i64 {
        self.before
    }

    /// Whether nothing is left.
    pub fn is_complete(&self) -> bool {
        self.before <= self.first
    }
}
