//! How much one client may ask for: calls a minute, calls at a time, and queries at a time.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::{ClientId, Principal};

/// Clients whose rates are remembered before old ones are dropped.
const REMEMBERED: usize = 10_000;

/// Refusals for asking too much that are recorded for a client in a minute; the others are counted.
const RECORDED_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();

/// What one client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Calls a minute, spread or at once; `None` is no limit.
    pub per_minute: Option<NonZeroU32>,
    /// Calls under way at a time.
    pub at_a_time: usize,
}

/// Counts the calls of each client, and tells how many are left.
type Rate = RateLimiter<
    ClientId,
    DefaultKeyedStateStore<ClientId>,
    DefaultClock,
    StateInformationMiddleware,
>;

/// Counts what clients ask for.
pub struct Limits {
    rate: Option<Rate>,
    recorded: DefaultKeyedRateLimiter<ClientId>,
    unrecorded: Mutex<HashMap<ClientId, u64>>,
    at_a_time: usize,
    under_way: Arc<Mutex<HashMap<ClientId, usize>>>,
}

/// A call under way. It counts until it is dropped.
#[derive(Debug)]
pub struct Place {
    client_id: ClientId,
    /// How many there are of this client, this one among them.
    pub(super) count: usize,
    under_way: Arc<Mutex<HashMap<ClientId, usize>>>,
}

/// What is left to a client when a call has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Calls that it may begin at once; `None` where there is no limit a minute.
    pub calls: Option<u32>,
    /// Its calls under way, this one among them.
    pub under_way: usize,
}

impl Limits {
    /// For each client alike.
    pub fn new(limits: CallLimits) -> Self {
        Self {
            rate: limits
                .per_minute
                .map(|per_minute| RateLimiter::keyed(Quota::per_minute(per_minute)))
                .map(RateLimiter::with_middleware),
            recorded: RateLimiter::keyed(Quota::per_minute(RECORDED_PER_MINUTE)),
            unrecorded: Mutex::default(),
            at_a_time: limits.at_a_time.max(1),
            under_way: Arc::default(),
        }
    }

    /// Counts a request, whatever becomes of it. Answers how many are left, where there is a limit.
    ///
    /// # Errors
    /// How long to wait before another is worth a try.
    pub fn count(&self, principal: &Principal) -> Result<Option<u32>, Duration> {
        let Some(rate) = &self.rate else {
            return Ok(None);
        };
        if rate.len() > REMEMBERED {
            rate.retain_recent();
        }
        let counted = rate.check_key(&principal.client_id);
        let counted = counted.map(|state| Some(state.remaining_burst_capacity()));
        counted.map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }

    /// Whether a refusal for asking too much is recorded, and how many before it were not. A client that
    /// does not wait could otherwise fill the disk.
    pub fn record_refusal(&self, principal: &Principal) -> Option<u64> {
        if self.recorded.len() > REMEMBERED {
            self.recorded.retain_recent();
        }
        let client_id = &principal.client_id;
        let recorded = self.recorded.check_key(client_id).is_ok();
        let mut unrecorded = lock(&self.unrecorded);
        if recorded {
            return Some(unrecorded.remove(client_id).unwrap_or(0));
        }
        let count = unrecorded.entry(client_id.clone()).or_default();
        *count = count.saturating_add(1);
        None
    }

    /// Lets a call begin.
    ///
    /// # Errors
    /// How long to wait before another is worth a try.
    pub fn begin(&self, principal: &Principal) -> Result<Place, Duration> {
        let client_id = &principal.client_id;
        let mut under_way = lock(&self.under_way);
        let count = under_way.entry(client_id.clone()).or_default();
        if *count >= self.at_a_time {
            return Err(Duration::from_secs(1));
        }
        *count += 1;
        Ok(Place {
            client_id: client_id.clone(),
            count: *count,
            under_way: Arc::clone(&self.under_way),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = lock(&self.under_way);
        if let Some(count) = under_way.get_mut(&self.client_id) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                under_way.remove(&self.client_id);
            }
        }
    }
}

/// Whose turn it is at the warehouse, whose connections are few: each client has a share of them at a
/// time, and its other queries wait for these alone.
pub struct Turns {
    share: usize,
    of_clients: Mutex<HashMap<ClientId, Arc<Semaphore>>>,
}

/// One query under way.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>);

impl Turns {
    /// Each client may have `share` of the connections.
    pub fn new(share: usize) -> Self {
        Self {
            share: share.max(1),
            of_clients: Mutex::default(),
        }
    }

    /// Waits until the client has less than its share.
    pub async fn of(&self, client_id: &ClientId) -> Turn {
        let own = {
            let mut of_clients = lock(&self.of_clients);
            if of_clients.len() > REMEMBERED {
                of_clients.retain(|_, own| Arc::strong_count(own) > 1);
            }
            let own = of_clients.entry(client_id.clone());
            Arc::clone(own.or_insert_with(|| Arc::new(Semaphore::new(self.share))))
        };
        Turn(own.acquire_owned().await.ok())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_waits_for_its_own_queries_and_others_do_not() {
        let turns = Turns::new(2);
        let [busy, other] = ["busy", "other"].map(|name| ClientId::parse(name).unwrap());
        let first = turns.of(&busy).await;
        let _second = turns.of(&busy).await;
        let _of_other = turns.of(&other).await;
        let mut third = std::pin::pin!(turns.of(&busy));
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(first);
        assert!(futures_util::poll!(&mut third).is_ready());
    }
}
