//! What each key does at a moment: a matter of the published times, and of which private halves are
//! held here.

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::Timestamp;
use crate::oauth::token::signing_key::{Algorithm, SigningKey};
use crate::storage::signing_keys::PublishedKey;

/// What a key does at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published, not yet signing.
    Next,
    /// Signing.
    Current,
    /// Verifying what it signed.
    Previous,
    /// Neither.
    Retired,
    /// Taken back.
    Withdrawn,
}

/// A key as administrators see it. Times are seconds since the epoch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyView {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `RS256` or `ES256`.
    #[schema(example = "RS256")]
    pub algorithm: String,
    /// What it does at present.
    pub state: KeyState,
    /// When it was published.
    pub created_at: i64,
    /// When it may begin to sign.
    pub signs_from: i64,
    /// When the last token that it signed has expired.
    pub verifies_until: i64,
    /// Whether its private half is on this machine.
    pub held_here: bool,
}

/// A published key, ready to verify with.
pub(super) struct Known {
    pub(super) published: PublishedKey,
    pub(super) algorithm: Algorithm,
    decoding_key: DecodingKey,
    jwk: Jwk,
}

impl Known {
    /// A key that cannot be read was published by a version that knows more kinds; it is left out.
    fn read(published: PublishedKey) -> Option<Self> {
        let jwk: Jwk = serde_json::from_str(&published.public_jwk).ok()?;
        let decoding_key = DecodingKey::from_jwk(&jwk).ok()?;
        let algorithm = Algorithm::from_name(&published.algorithm)?;
        Some(Self {
            published,
            algorithm,
            decoding_key,
            jwk,
        })
    }
}

/// Every published key, and the private halves that are held here.
#[derive(Default)]
pub(super) struct KeyRing {
    held: HashMap<String, Arc<SigningKey>>,
    known: Vec<Known>,
}

impl KeyRing {
    pub(super) fn new(held: Vec<Arc<SigningKey>>, published: Vec<PublishedKey>) -> Self {
        Self {
            held: held
                .into_iter()
                .map(|key| (key.kid().to_owned(), key))
                .collect(),
            known: published.into_iter().filter_map(Known::read).collect(),
        }
    }

    /// Keys that are held here and not published.
    pub(super) fn unpublished(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        self.held
            .values()
            .filter(|key| self.known(key.kid()).is_none())
    }

    pub(super) fn known(&self, kid: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.published.kid == kid)
    }

    /// The key that signs. Where every key is still waiting, the first to come signs rather than none.
    pub(super) fn current(&self, algorithm: Algorithm, now: Timestamp) -> Option<Arc<SigningKey>> {
        let usable = || {
            self.known.iter().filter_map(|known| {
                let key = self.held.get(&known.published.kid)?;
                let fits = known.algorithm == algorithm && !known.published.is_withdrawn();
                fits.then_some((known.published.signs_from, key))
            })
        };
        let signing = usable()
            .filter(|(from, _)| *from <= now)
            .max_by_key(|(from, _)| *from);
        let waiting = || usable().min_by_key(|(from, _)| *from);
        signing.or_else(waiting).map(|(_, key)| Arc::clone(key))
    }

    /// A key held here that waits for its time to sign.
    pub(super) fn next(&self, now: Timestamp) -> Option<&PublishedKey> {
        let waits = |known: &&Known| {
            known.published.signs_from > now && self.held.contains_key(&known.published.kid)
        };
        self.known.iter().find(waits).map(|known| &known.published)
    }

    /// The key that verifies tokens with this `kid`, if one does.
    pub(super) fn verifying(&self, kid: &str, now: Timestamp) -> Option<(DecodingKey, Algorithm)> {
        let known = self.known(kid).filter(|known| self.verifies(known, now))?;
        Some((known.decoding_key.clone(), known.algorithm))
    }

    /// Whether tokens signed with this key are accepted.
    pub(super) fn accepts(&self, kid: &str, now: Timestamp) -> bool {
        self.known(kid)
            .is_some_and(|known| self.verifies(known, now))
    }

    /// The public keys: next, current and previous ones.
    pub(super) fn jwks(&self, now: Timestamp) -> JwkSet {
        let published = self.known.iter().filter(|known| self.verifies(known, now));
        JwkSet {
            keys: published.map(|known| known.jwk.clone()).collect(),
        }
    }

    /// Every key and what it does, newest first.
    pub(super) fn list(&self, now: Timestamp) -> Vec<KeyView> {
        let view = |known: &Known| KeyView {
            kid: known.published.kid.clone(),
            algorithm: known.algorithm.name().to_owned(),
            state: self.state(known, now),
            created_at: known.published.created_at.seconds(),
            signs_from: known.published.signs_from.seconds(),
            verifies_until: known.published.verifies_until.seconds(),
            held_here: self.held.contains_key(&known.published.kid),
        };
        self.known.iter().map(view).collect()
    }

    fn verifies(&self, known: &Known, now: Timestamp) -> bool {
        use KeyState::{Current, Next, Previous};
        // The times say it cheaply for almost every token; a current key whose end has not been moved
        // on, as after a long stop, still verifies.
        let published = &known.published;
        let in_time = !published.is_withdrawn() && published.verifies_until > now;
        in_time || matches!(self.state(known, now), Next | Current | Previous)
    }

    fn state(&self, known: &Known, now: Timestamp) -> KeyState {
        let published = &known.published;
        let signs = || {
            self.current(known.algorithm, now)
                .is_some_and(|key| key.kid() == published.kid)
        };
        if published.is_withdrawn() {
            KeyState::Withdrawn
        } else if signs() {
            KeyState::Current
        } else if published.signs_from > now {
            KeyState::Next
        } else if published.verifies_until > now {
            KeyState::Previous
        } else {
            KeyState::Retired
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Arc<SigningKey> {
        let pem = SigningKey::generate(Algorithm::Es256).unwrap();
        Arc::new(SigningKey::from_pem(&pem).unwrap())
    }

    fn published(key: &SigningKey, signs_from: i64, verifies_until: i64) -> PublishedKey {
        PublishedKey {
            kid: key.kid().to_owned(),
            algorithm: "ES256".to_owned(),
            public_jwk: serde_json::to_string(key.public_jwk()).unwrap(),
            created_at: Timestamp::from_seconds(0),
            signs_from: Timestamp::from_seconds(signs_from),
            verifies_until: Timestamp::from_seconds(verifies_until),
        }
    }

    fn states(ring: &KeyRing, at: i64) -> Vec<KeyState> {
        ring.list(Timestamp::from_seconds(at))
            .iter()
            .map(|key| key.state)
            .collect()
    }

    #[test]
    fn a_key_is_next_then_current_then_previous_then_retired() {
        use KeyState::{Current, Next, Previous, Retired};
        let (old, new) = (key(), key());
        let rows = vec![published(&old, 0, 200), published(&new, 100, 1000)];
        let ring = KeyRing::new(vec![Arc::clone(&old), Arc::clone(&new)], rows);
        assert_eq!(states(&ring, 50), [Current, Next]);
        assert_eq!(states(&ring, 100), [Previous, Current]);
        assert_eq!(states(&ring, 200), [Retired, Current]);
        let published_at = |at| ring.jwks(Timestamp::from_seconds(at)).keys.len();
        assert_eq!(
            (published_at(50), published_at(150), published_at(250)),
            (2, 2, 1)
        );
        assert!(!ring.accepts(old.kid(), Timestamp::from_seconds(200)));
    }

    #[test]
    fn a_key_held_elsewhere_verifies_and_never_signs() {
        let elsewhere = key();
        let ring = KeyRing::new(vec![], vec![published(&elsewhere, 0, 100)]);
        let at = Timestamp::from_seconds(50);
        assert!(ring.current(Algorithm::Es256, at).is_none());
        assert!(ring.accepts(elsewhere.kid(), at));
        assert_eq!(states(&ring, 50), [KeyState::Previous]);
    }

    #[test]
    fn a_withdrawn_key_does_nothing() {
        let taken_back = key();
        let ring = KeyRing::new(
            vec![Arc::clone(&taken_back)],
            vec![published(&taken_back, 0, 0)],
        );
        let at = Timestamp::from_seconds(50);
        assert!(ring.current(Algorithm::Es256, at).is_none());
        assert!(!ring.accepts(taken_back.kid(), at));
        assert!(ring.jwks(at).keys.is_empty());
        assert_eq!(states(&ring, 50), [KeyState::Withdrawn]);
    }

    #[test]
    fn the_only_key_signs_even_before_its_time_and_after_a_long_stop() {
        let only = key();
        let ring = KeyRing::new(vec![Arc::clone(&only)], vec![published(&only, 100, 200)]);
        for at in [0, 150, 10_000] {
            let at = Timestamp::from_seconds(at);
            assert_eq!(
                ring.current(Algorithm::Es256, at).unwrap().kid(),
                only.kid()
            );
            assert!(ring.accepts(only.kid(), at));
        }
    }
}
