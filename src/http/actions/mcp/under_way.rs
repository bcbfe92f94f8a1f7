//! Calls under way that a notification may cancel.
//!
//! In the legacy revisions `notifications/cancelled` comes in a request of its own and names the call
//! by its identifier. Nobody but the bearer of the very token that made the call may do that. Clients that
//! share a token may use the same identifier at a time; nobody can tell then which one is meant, and neither is
//! cancelled. A call at another replica ends when its client closes the connection, as any does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::model::Principal;

/// A call by one token under one identifier.
type Key = (String, String);
type Calls = Arc<Mutex<HashMap<Key, Vec<Arc<Notify>>>>>;

/// The calls under way.
#[derive(Default)]
pub struct UnderWay(Calls);

/// A call that may be cancelled until this is dropped.
pub struct Cancellable {
    key: Key,
    cancelled: Arc<Notify>,
    calls: Calls,
}

impl UnderWay {
    /// A call by `principal` begins under this identifier.
    pub fn begin(&self, principal: &Principal, id: &str) -> Cancellable {
        let key = key(principal, id);
        let cancelled = Arc::new(Notify::new());
        let mut calls = lock(&self.0);
        let same = calls.entry(key.clone()).or_default();
        same.push(Arc::clone(&cancelled));
        Cancellable {
            key,
            cancelled,
            calls: Arc::clone(&self.0),
        }
    }

    /// Cancels the call, if it is under way and no other has its name.
    pub fn cancel(&self, principal: &Principal, id: &str) {
        if let Some([only]) = lock(&self.0).get(&key(principal, id)).map(Vec::as_slice) {
            only.notify_one();
        }
    }
}

impl Cancellable {
    /// Ends when the call is to be cancelled.
    pub async fn cancelled(&self) {
        self.cancelled.notified().await;
    }
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        let mut calls = lock(&self.calls);
        if let Some(same) = calls.get_mut(&self.key) {
            same.retain(|other| !Arc::ptr_eq(other, &self.cancelled));
            if same.is_empty() {
                calls.remove(&self.key);
            }
        }
    }
}

fn key(principal: &Principal, id: &str) -> Key {
    (principal.token_id.clone(), id.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::model::{ClientId, ScopeSet, TenantId, Timestamp};

    fn principal(token_id: &str) -> Principal {
        Principal {
            tenant_id: TenantId::default(),
            client_id: ClientId::parse("client").unwrap(),
            subject: "client".to_owned(),
            scope: ScopeSet::parse("a").unwrap(),
            token_id: token_id.to_owned(),
            expires_at: Timestamp::from_seconds(1),
        }
    }

    fn is_cancelled(call: &Cancellable) -> bool {
        call.cancelled().now_or_never().is_some()
    }

    #[test]
    fn only_the_token_that_made_a_call_cancels_it() {
        let under_way = UnderWay::default();
        let call = under_way.begin(&principal("one"), "1");
        under_way.cancel(&principal("two"), "1");
        under_way.cancel(&principal("one"), "\"1\"");
        assert!(!is_cancelled(&call));
        under_way.cancel(&principal("one"), "1");
        assert!(is_cancelled(&call));
    }

    #[test]
    fn calls_of_one_name_are_not_cancelled_and_those_that_ended_are_forgotten() {
        let under_way = UnderWay::default();
        let first = under_way.begin(&principal("one"), "1");
        let second = under_way.begin(&principal("one"), "1");
        under_way.cancel(&principal("one"), "1");
        assert!(!is_cancelled(&first) && !is_cancelled(&second));
        drop(first);
        under_way.cancel(&principal("one"), "1");
        assert!(is_cancelled(&second));
        drop(second);
        assert!(lock(&under_way.0).is_empty());
    }
}
