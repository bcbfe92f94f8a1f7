//! Secrets that callers prove themselves by: how they are made, hashed, checked and remembered, and
//! how guessing them is slowed. Client secrets and administrators' passwords share all of it.

mod hashing;
mod throttle;
mod verified;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use secrecy::SecretString;

pub use hashing::{HashError, Hasher};
pub use throttle::{Attempt, Throttle};
use verified::VerifiedSecrets;

use crate::metrics::Metrics;

/// How secrets are checked; see `config::Limits`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Threads that hash.
    pub argon2_threads: usize,
    /// Checks that may wait for one.
    pub argon2_queue: usize,
    /// Failures a minute for one name from one address.
    pub failures_per_client: u32,
    /// Failures a minute from one address.
    pub failures_per_address: u32,
    /// How long a secret that verified is remembered.
    pub verified_secret_lifetime: Duration,
}

/// Why a secret was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not the secret.
    #[error("the credentials are wrong")]
    Wrong,
    /// Too many attempts failed. Try again after this time.
    #[error("too many attempts failed")]
    Limited(Duration),
    /// The machine is busy with other secrets.
    #[error("too many secrets are being checked")]
    Busy,
}

/// A hash to check a secret against.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Names the secret; under it a secret that verified is remembered.
    pub id: String,
    /// Argon2id in PHC form.
    pub hash: SecretString,
}

/// Checks secrets against their hashes.
pub struct Checker {
    hasher: Hasher,
    verified: VerifiedSecrets,
    throttle: Throttle,
    /// Checked in place of a secret that does not exist, so that this takes as long.
    nobody: Stored,
    metrics: Metrics,
}

impl Checker {
    /// Starts the hashing threads.
    pub fn start(limits: &Limits, metrics: Metrics) -> Result<Self, HashError> {
        let hasher = Hasher::start(limits.argon2_threads, limits.argon2_queue)?;
        let nobody = Stored {
            id: String::new(),
            hash: hashing::hash_of_nothing(),
        };
        Ok(Self {
            hasher,
            verified: VerifiedSecrets::new(limits.verified_secret_lifetime),
            throttle: Throttle::new(limits.failures_per_client, limits.failures_per_address),
            nobody,
            metrics,
        })
    }

    /// Hashes a new secret.
    pub async fn hash(&self, secret: &SecretString) -> Result<SecretString, HashError> {
        self.hasher.hash(secret.clone()).await
    }

    /// Checks what `name` presented from `address` against `stored`; `None` is the secret of nobody.
    ///
    /// A secret that verified a while ago is recognised without hashing and without regard to the
    /// throttle, so that a flood of wrong secrets does not shut out the good ones. Everything else
    /// costs exactly one hash, whether the name is known or not.
    pub async fn check(
        &self,
        name: &str,
        address: Option<IpAddr>,
        secret: &SecretString,
        stored: Option<&Stored>,
    ) -> Result<(), Refused> {
        if let Some(stored) = stored
            && self.verified.recognises(stored, secret)
        {
            return Ok(());
        }
        let started = Instant::now();
        // A client that comes up with many requests at once is not taken for one that guesses: they
        // wait for the first of them, and find its secret verified.
        let _alone = self.verified.one_at_a_time(stored, secret).await;
        if let Some(stored) = stored
            && self.verified.recognises(stored, secret)
        {
            return Ok(());
        }
        let attempt = self
            .throttle
            .attempt(stored.map_or(name, |stored| &stored.id), address)
            .map_err(Refused::Limited)?;
        let against = stored.unwrap_or(&self.nobody);
        let matches = match self
            .hasher
            .verify(secret.clone(), against.hash.clone())
            .await
        {
            Ok(matches) => matches && stored.is_some(),
            Err(_) => {
                // Nobody was refused for a wrong secret: the attempt does not count as failed.
                attempt.succeeded();
                return Err(Refused::Busy);
            }
        };
        let outcome = if matches { "verified" } else { "refused" };
        let seconds = started.elapsed().as_secs_f64();
        self.metrics
            .argon2_seconds
            .with_label_values(&[outcome])
            .observe(seconds);
        match stored {
            Some(stored) if matches => {
                self.verified.remember(stored, secret);
                attempt.succeeded();
                Ok(())
            }
            _ => Err(Refused::Wrong),
        }
    }

    /// Forgets that a secret ever verified.
    pub fn forget(&self, id: &str) {
        self.verified.forget(id);
    }

    /// How many secrets wait to be hashed.
    pub fn waiting(&self) -> usize {
        self.hasher.waiting()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_burst_with_one_cold_secret_is_one_hash_and_no_failure() {
        let limits = Limits {
            argon2_threads: 1,
            argon2_queue: 1,
            failures_per_client: 1,
            failures_per_address: 1,
            verified_secret_lifetime: Duration::from_secs(60),
        };
        let metrics = Metrics::new().unwrap();
        let checker = Arc::new(Checker::start(&limits, metrics.clone()).unwrap());
        let secret = SecretString::from("right");
        let stored = Stored {
            id: "one".to_owned(),
            hash: checker.hash(&secret).await.unwrap(),
        };
        let burst: Vec<_> = (0..50)
            .map(|_| {
                let (checker, secret, stored) =
                    (Arc::clone(&checker), secret.clone(), stored.clone());
                tokio::spawn(async move { checker.check("a", None, &secret, Some(&stored)).await })
            })
            .collect();
        for one in burst {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        let verified = metrics.argon2_seconds.with_label_values(&["verified"]);
        assert_eq!(verified.get_sample_count(), 1);
    }
}
