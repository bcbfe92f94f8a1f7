//! How much one client may ask for: calls a minute, and calls at a time.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::model::{ClientId, Principal};

/// Clients whose rates are remembered before old ones are dropped.
const REMEMBERED: usize = 10_000;

/// What one client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Calls a minute, spread or at once; `None` is no limit.
    pub per_minute: Option<NonZeroU32>,
    /// Calls under way at a time.
    pub at_a_time: usize,
}

/// Counts what clients ask for.
pub struct Limits {
    rate: Option<DefaultKeyedRateLimiter<ClientId>>,
    at_a_time: usize,
    under_way: Arc<Mutex<HashMap<ClientId, usize>>>,
}

/// A call under way. It counts until it is dropped.
#[derive(Debug)]
pub struct Place {
    client_id: ClientId,
    under_way: Arc<Mutex<HashMap<ClientId, usize>>>,
}

impl Limits {
    /// For each client alike.
    pub fn new(limits: CallLimits) -> Self {
        Self {
            rate: limits
                .per_minute
                .map(|per_minute| RateLimiter::keyed(Quota::per_minute(per_minute))),
            at_a_time: limits.at_a_time.max(1),
            under_way: Arc::default(),
        }
    }

    /// Lets a call begin.
    ///
    /// # Errors
    /// How long to wait before another is worth a try.
    pub fn begin(&self, principal: &Principal) -> Result<Place, Duration> {
        let client_id = &principal.client_id;
        if let Some(rate) = &self.rate {
            if rate.len() > REMEMBERED {
                rate.retain_recent();
            }
            if let Err(not_until) = rate.check_key(client_id) {
                return Err(not_until.wait_time_from(DefaultClock::default().now()));
            }
        }
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(client_id.clone()).or_default();
        if *count >= self.at_a_time {
            return Err(Duration::from_secs(1));
        }
        *count += 1;
        Ok(Place {
            client_id: client_id.clone(),
            under_way: Arc::clone(&self.under_way),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.client_id) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                under_way.remove(&self.client_id);
            }
        }
    }
}
