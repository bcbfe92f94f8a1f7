//! Remembers secrets that have verified, so that Argon2 does not cap the token rate.
//!
//! What is remembered is an HMAC under a key that only this process has ever had, over the secret and
//! the hash that it verified against: a secret that is replaced is forgotten by that alone.

use std::time::{Duration, Instant};

use aws_lc_rs::{constant_time, hmac};
use quick_cache::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, MutexGuard};

use super::Stored;

/// Secrets remembered at a time.
const CAPACITY: usize = 10_000;
/// Checks of the same secret wait for each other; of different ones, rarely.
const SHARDS: usize = 256;

#[derive(Clone)]
struct Remembered {
    digest: [u8; 32],
    since: Instant,
}

pub(super) struct VerifiedSecrets {
    key: hmac::Key,
    lifetime: Duration,
    remembered: Cache<String, Remembered>,
    shards: Vec<Mutex<()>>,
}

impl VerifiedSecrets {
    pub(super) fn new(lifetime: Duration) -> Self {
        let random = crate::model::random_token::<32>();
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, random.as_bytes()),
            lifetime,
            remembered: Cache::new(CAPACITY),
            shards: (0..SHARDS).map(|_| Mutex::new(())).collect(),
        }
    }

    /// Whether this very secret verified against this very hash lately.
    pub(super) fn recognises(&self, stored: &Stored, secret: &SecretString) -> bool {
        let Some(remembered) = self.remembered.get(&stored.id) else {
            return false;
        };
        let digest = self.digest(&stored.id, stored.hash.expose_secret(), secret);
        remembered.since.elapsed() < self.lifetime
            && constant_time::verify_slices_are_equal(&remembered.digest, &digest).is_ok()
    }

    pub(super) fn remember(&self, stored: &Stored, secret: &SecretString) {
        let digest = self.digest(&stored.id, stored.hash.expose_secret(), secret);
        let remembered = Remembered {
            digest,
            since: Instant::now(),
        };
        self.remembered.insert(stored.id.clone(), remembered);
    }

    pub(super) fn forget(&self, id: &str) {
        self.remembered.remove(id);
    }

    /// Lets one check of a secret through at a time, so that a burst of requests with one cold secret
    /// costs one hash.
    pub(super) async fn one_at_a_time(
        &self,
        stored: Option<&Stored>,
        secret: &SecretString,
    ) -> Option<MutexGuard<'_, ()>> {
        let id = stored.map_or("", |stored| stored.id.as_str());
        let digest = self.digest(id, "", secret);
        let shard = digest.first().map_or(0, |byte| usize::from(*byte));
        match self.shards.get(shard) {
            Some(shard) => Some(shard.lock().await),
            None => None,
        }
    }

    fn digest(&self, id: &str, hash: &str, secret: &SecretString) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [id, hash, secret.expose_secret()] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(hash: &str) -> Stored {
        Stored {
            id: "one".to_owned(),
            hash: hash.to_owned().into(),
        }
    }

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[test]
    fn only_the_same_secret_against_the_same_hash_is_recognised() {
        let verified = VerifiedSecrets::new(Duration::from_secs(60));
        verified.remember(&stored("hash"), &secret("right"));
        assert!(verified.recognises(&stored("hash"), &secret("right")));
        assert!(!verified.recognises(&stored("hash"), &secret("wrong")));
        assert!(!verified.recognises(&stored("rotated"), &secret("right")));
        verified.forget("one");
        assert!(!verified.recognises(&stored("hash"), &secret("right")));
    }

    #[test]
    fn memory_ends() {
        let verified = VerifiedSecrets::new(Duration::ZERO);
        verified.remember(&stored("hash"), &secret("right"));
        assert!(!verified.recognises(&stored("hash"), &secret("right")));
    }
}
