//! Which key signs, and which verify.
//!
//! Private keys stay on the machine that made them, in its key folder (or come from the settings);
//! their public halves are in the database, so that every replica serves and accepts all of them.
//! Replicas may share a folder or have one each.
//!
//! A key goes through these states, each a matter of its times alone:
//!
//! 1. next: it is in `/jwks` and does not sign yet, until every cache of `/jwks` knows it;
//! 2. current: the newest one that may sign, does. While it does, its end keeps moving on;
//! 3. previous: it verifies until the last token that it signed has expired;
//! 4. retired: it does neither. A withdrawn key does neither from the moment it is withdrawn.

mod ring;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::JwkSet;

use ring::KeyRing;
pub use ring::{KeyState, KeyView};

use super::signing_key::{Algorithm, KeyFolder, SigningKey, SigningKeyError};
use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{Clock, Timestamp};
use crate::storage::changes::{Change, Kind};
use crate::storage::signing_keys::{self as table, PublishedKey};
use crate::storage::{StorageError, Store};

/// How far behind the database a current key's end may be. [`Keys::keep`] is called far more often.
const MARGIN: Duration = Duration::from_secs(600);
/// Until every replica serves a key that was just published.
const HEARD_BY_ALL: Duration = Duration::from_secs(2);
/// An unknown `kid` may be a key that another replica has only just published; but no stranger makes
/// this one ask the database more often than this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How keys are kept.
#[derive(Debug, Clone)]
pub struct KeyPolicy {
    /// How tokens are signed.
    pub algorithm: Algorithm,
    /// Whether some resources' tokens are signed with ES256 whatever the rest are.
    pub some_es256: bool,
    /// How long others may cache `/jwks`.
    pub cache: Duration,
    /// How old a key becomes before the next one is made.
    pub rotation: Option<Duration>,
    /// Longest lifetime of an access token.
    pub longest_token_lifetime: Duration,
}

/// Why there is no key, or no new one.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key itself.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The settings brought the key along.
    #[error("the signing key comes from the settings: put another one there and restart")]
    Brought,
    /// The settings brought a key along that was withdrawn.
    #[error("the signing key in the settings was withdrawn: put another one there and restart")]
    BroughtWithdrawn,
    /// The next key is waiting already.
    #[error("the next key, {0}, is published already and signs from {1}")]
    Pending(String, String),
    /// There is no such key.
    #[error("there is no such key")]
    NotFound,
}

/// Knows every key.
pub struct Keys {
    folder: KeyFolder,
    brought: Option<Arc<SigningKey>>,
    policy: KeyPolicy,
    store: Arc<Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    ring: RwLock<Arc<KeyRing>>,
    looked: std::sync::Mutex<Option<Instant>>,
}

impl Keys {
    /// Keys in a folder, or the one that the settings brought along. Knows none before
    /// [`prepare`](Self::prepare) or [`reload`](Self::reload).
    pub fn new(
        folder: KeyFolder,
        brought: Option<SigningKey>,
        policy: KeyPolicy,
        store: Arc<Store>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            folder,
            brought: brought.map(Arc::new),
            policy,
            store,
            journal,
            clock,
            ring: RwLock::default(),
            looked: std::sync::Mutex::new(None),
        }
    }

    /// Makes sure that there is a key to sign with, publishing what is not published and making what
    /// is missing. Returns the files that it made.
    pub async fn prepare(&self, cause: &Cause) -> Result<Vec<std::path::PathBuf>, KeyError> {
        self.reload().await?;
        let mut made = Vec::new();
        for algorithm in self.algorithms() {
            self.publish_held(cause, algorithm).await?;
            if self.current(algorithm).is_none() && self.brought.is_some() {
                return Err(KeyError::BroughtWithdrawn);
            }
            if self.current(algorithm).is_none() {
                let (key, path) = self.make(algorithm).await?;
                let now = self.clock.now();
                self.publish(cause, "key.create", &key, now, now).await?;
                made.push(path);
                self.reload().await?;
            }
        }
        self.keep().await?;
        Ok(made)
    }

    /// Publishes keys that lie in the folder, or came with the settings, and are not known yet. Where
    /// no key signs so far they sign at once; otherwise when the caches have caught up.
    async fn publish_held(&self, cause: &Cause, algorithm: Algorithm) -> Result<(), KeyError> {
        let now = self.clock.now();
        let ring = self.ring();
        let unknown = ring
            .unpublished()
            .filter(|key| key.algorithm() == algorithm);
        for key in unknown {
            let at_once = self.brought.is_some() || self.current(algorithm).is_none();
            let signs_from = if at_once {
                now
            } else {
                now.plus(self.policy.cache).plus(HEARD_BY_ALL)
            };
            self.publish(cause, "key.publish", key, now, signs_from)
                .await?;
            self.reload().await?;
        }
        Ok(())
    }

    /// Makes the next key of every kind in use and publishes it. It signs once the caches of `/jwks`
    /// have had time to learn of it.
    pub async fn rotate(&self, cause: &Cause) -> Result<Vec<KeyView>, KeyError> {
        if self.brought.is_some() {
            return Err(KeyError::Brought);
        }
        self.reload().await?;
        let now = self.clock.now();
        if let Some(next) = self.ring().next(now) {
            return Err(KeyError::Pending(
                next.kid.clone(),
                next.signs_from.rfc3339(),
            ));
        }
        let mut made = Vec::new();
        for algorithm in self.algorithms() {
            let (key, _) = self.make(algorithm).await?;
            let now = self.clock.now();
            let signs_from = now.plus(self.policy.cache).plus(HEARD_BY_ALL);
            self.publish(cause, "key.rotate", &key, now, signs_from)
                .await?;
            made.push(key.kid().to_owned());
        }
        self.reload().await?;
        Ok(self
            .list()
            .into_iter()
            .filter(|key| made.contains(&key.kid))
            .collect())
    }

    /// Takes a key back at once, with everything that it signed, and sees to it that there is one.
    pub async fn withdraw(&self, cause: &Cause, kid: &str) -> Result<(), KeyError> {
        if self.brought.as_ref().is_some_and(|key| key.kid() == kid) {
            return Err(KeyError::Brought);
        }
        // A thumbprint is base64url; what is none of that names no key.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !kid.bytes().all(allowed) {
            return Err(KeyError::NotFound);
        }
        let entry = Entry::new("key.withdraw", Decision::Allowed, cause).target(kid);
        let change = Change {
            kind: Kind::Keys,
            subject: kid.to_owned(),
        };
        let withdrawn = kid.to_owned();
        let effect = move |connection: &mut _| table::withdraw(connection, &withdrawn);
        self.journal
            .change(entry, Some(change), effect)
            .await
            .map_err(|error| match error {
                StorageError::NotFound => KeyError::NotFound,
                other => other.into(),
            })?;
        self.folder.remove(kid)?;
        self.prepare(cause).await?;
        Ok(())
    }

    /// Keeps the keys in order: says that the current ones still sign, makes the next ones when they
    /// are due, and removes private halves that will not sign again.
    pub async fn maintain(&self) -> Result<(), KeyError> {
        self.reload().await?;
        let now = self.clock.now();
        let cause = Cause::system();
        if self
            .algorithms()
            .iter()
            .any(|algorithm| self.current(*algorithm).is_none())
        {
            self.prepare(&cause).await?;
        }
        self.keep().await?;
        if let (Some(age), None) = (self.policy.rotation, &self.brought) {
            let ring = self.ring();
            let current = self
                .algorithms()
                .into_iter()
                .filter_map(|one| ring.current(one, now));
            let overdue = current
                .filter_map(|key| {
                    ring.known(key.kid())
                        .map(|known| known.published.signs_from)
                })
                .any(|signs_from| signs_from.plus(age) <= now);
            if overdue {
                match self.rotate(&cause).await {
                    Ok(_) | Err(KeyError::Pending(..)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        for view in self.list() {
            if view.held_here && matches!(view.state, KeyState::Retired | KeyState::Withdrawn) {
                self.folder.remove(&view.kid)?;
            }
        }
        Ok(())
    }

    /// Says in the database that the current keys still sign, so that every replica accepts what they
    /// sign until it has expired.
    async fn keep(&self) -> Result<(), KeyError> {
        let until = self
            .clock
            .now()
            .plus(self.policy.longest_token_lifetime)
            .plus(MARGIN);
        let kids: Vec<String> = self
            .algorithms()
            .into_iter()
            .filter_map(|algorithm| Some(self.current(algorithm)?.kid().to_owned()))
            .collect();
        let effect = move |connection: &mut _| {
            kids.iter()
                .try_for_each(|kid| table::keep_until(connection, kid, until))
        };
        self.journal.maintain(effect).await?;
        self.reload().await
    }

    /// Reads the folder and the database again.
    pub async fn reload(&self) -> Result<(), KeyError> {
        let held = match &self.brought {
            Some(key) => vec![Arc::clone(key)],
            None => {
                let folder = self.folder.clone();
                let read = tokio::task::spawn_blocking(move || folder.read()).await;
                let keys = read.map_err(|error| SigningKeyError::Unusable(error.to_string()))??;
                keys.into_iter().map(Arc::new).collect()
            }
        };
        let published = self.store.read(table::all).await?;
        let ring = Arc::new(KeyRing::new(held, published));
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// The key that signs now.
    pub fn current(&self, algorithm: Algorithm) -> Option<Arc<SigningKey>> {
        self.ring().current(algorithm, self.clock.now())
    }

    /// How tokens are signed unless their resource says otherwise: as the settings say, or as the
    /// key can that they brought along.
    pub fn algorithm(&self) -> Algorithm {
        let brought = self.brought.as_ref().map(|key| key.algorithm());
        brought.unwrap_or(self.policy.algorithm)
    }

    /// The key that verifies tokens with this `kid`, if one does. `kid` comes from a stranger and is
    /// only ever compared.
    pub async fn verifying(&self, kid: &str) -> Result<Option<(DecodingKey, Algorithm)>, KeyError> {
        if let Some(found) = self.find(kid) {
            return Ok(Some(found));
        }
        let look = {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            let due = looked.is_none_or(|at| at.elapsed() >= LOOK_AGAIN);
            if due {
                *looked = Some(Instant::now());
            }
            due
        };
        if look {
            self.reload().await?;
        }
        Ok(self.find(kid))
    }

    /// Whether tokens signed with this key are accepted now.
    pub fn accepts(&self, kid: &str) -> bool {
        self.ring().accepts(kid, self.clock.now())
    }

    fn find(&self, kid: &str) -> Option<(DecodingKey, Algorithm)> {
        self.ring().verifying(kid, self.clock.now())
    }

    /// The public keys (RFC 7517 section 5): next, current and previous ones.
    pub fn jwks(&self) -> JwkSet {
        self.ring().jwks(self.clock.now())
    }

    /// Every key and what it does, newest first.
    pub fn list(&self) -> Vec<KeyView> {
        self.ring().list(self.clock.now())
    }

    /// Whether there is a key to sign with.
    pub fn is_ready(&self) -> bool {
        self.algorithms()
            .into_iter()
            .all(|algorithm| self.current(algorithm).is_some())
    }

    /// How long others may cache `/jwks`.
    pub fn cache(&self) -> Duration {
        self.policy.cache
    }

    fn algorithms(&self) -> Vec<Algorithm> {
        match &self.brought {
            Some(key) => vec![key.algorithm()],
            None if self.policy.some_es256 && self.policy.algorithm != Algorithm::Es256 => {
                vec![self.policy.algorithm, Algorithm::Es256]
            }
            None => vec![self.policy.algorithm],
        }
    }

    async fn make(
        &self,
        algorithm: Algorithm,
    ) -> Result<(SigningKey, std::path::PathBuf), KeyError> {
        let folder = self.folder.clone();
        let work = move || folder.write(&SigningKey::generate(algorithm)?);
        let made = tokio::task::spawn_blocking(work).await;
        Ok(made.map_err(|error| SigningKeyError::Unusable(error.to_string()))??)
    }

    async fn publish(
        &self,
        cause: &Cause,
        event: &'static str,
        key: &SigningKey,
        now: Timestamp,
        signs_from: Timestamp,
    ) -> Result<(), KeyError> {
        let public_jwk = serde_json::to_string(key.public_jwk())
            .map_err(|error| SigningKeyError::Unusable(error.to_string()))?;
        let published = PublishedKey {
            kid: key.kid().to_owned(),
            algorithm: key.algorithm().name().to_owned(),
            public_jwk,
            created_at: now,
            signs_from,
            verifies_until: signs_from
                .plus(self.policy.longest_token_lifetime)
                .plus(MARGIN),
        };
        let entry = Entry::new(event, Decision::Allowed, cause)
            .target(key.kid())
            .detail("algorithm", key.algorithm().name());
        let change = Change {
            kind: Kind::Keys,
            subject: key.kid().to_owned(),
        };
        let effect = move |connection: &mut _| table::publish(connection, &published);
        Ok(self.journal.change(entry, Some(change), effect).await?)
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}
