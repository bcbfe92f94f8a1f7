//! A bounded memory of what the database says, which never holds on to what has since changed.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use quick_cache::sync::Cache;

/// Values by key, at most `capacity` of them.
///
/// A value is read from the database without any lock, and meanwhile it may change. So every
/// [`forget`](Self::forget) moves the cache to a new epoch, and a value that was read in an earlier
/// epoch is used but not kept.
pub struct Cached<K, V> {
    values: Cache<K, V>,
    epoch: Mutex<u64>,
}

impl<K: Hash + Eq + Clone, V: Clone> Cached<K, V> {
    /// Room for `capacity` values.
    pub fn new(capacity: usize) -> Self {
        Self {
            values: Cache::new(capacity),
            epoch: Mutex::new(0),
        }
    }

    /// The value under `key`, loaded if it is not there.
    pub async fn get_or_load<E>(
        &self,
        key: &K,
        load: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        if let Some(value) = self.values.get(key) {
            return Ok(value);
        }
        let epoch = *self.lock();
        let value = load.await?;
        let current = self.lock();
        if *current == epoch {
            self.values.insert(key.clone(), value.clone());
        }
        drop(current);
        Ok(value)
    }

    /// Drops one value: the next reader asks the database.
    pub fn forget(&self, key: &K) {
        let mut epoch = self.lock();
        *epoch = epoch.wrapping_add(1);
        self.values.remove(key);
    }

    /// Drops every value.
    pub fn forget_all(&self) {
        let mut epoch = self.lock();
        *epoch = epoch.wrapping_add(1);
        self.values.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, u64> {
        self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn load(value: u32) -> Result<u32, ()> {
        Ok(value)
    }

    #[tokio::test]
    async fn a_value_is_loaded_once_and_again_after_it_was_forgotten() {
        let cached = Cached::new(8);
        assert_eq!(cached.get_or_load(&"k", load(1)).await, Ok(1));
        assert_eq!(cached.get_or_load(&"k", load(2)).await, Ok(1));
        cached.forget(&"k");
        assert_eq!(cached.get_or_load(&"k", load(3)).await, Ok(3));
    }

    #[tokio::test]
    async fn a_value_that_changed_while_it_was_read_is_not_kept() {
        let cached = Cached::new(8);
        let stale = async {
            cached.forget(&"k");
            load(1).await
        };
        assert_eq!(cached.get_or_load(&"k", stale).await, Ok(1));
        assert_eq!(cached.get_or_load(&"k", load(2)).await, Ok(2));
    }
}
