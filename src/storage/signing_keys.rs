//! What every replica knows of every signing key: its public half and its times. Private halves
//! never come here.

use diesel::prelude::*;

use super::schema::signing_keys;
use super::{AnyConnection, StorageError};
use crate::model::Timestamp;

/// A published key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `RS256` or `ES256`.
    pub algorithm: String,
    /// The public key as JWK (RFC 7517), JSON text.
    pub public_jwk: String,
    /// When it was published.
    pub created_at: Timestamp,
    /// When it may begin to sign: once every cache of `/jwks` has had time to learn of it.
    pub signs_from: Timestamp,
    /// When the last token that it signed has expired. Whoever signs with it keeps moving this on.
    pub verifies_until: Timestamp,
}

impl PublishedKey {
    /// Whether the key was taken back.
    pub fn is_withdrawn(&self) -> bool {
        self.verifies_until.micros() == 0
    }
}

type Row = (String, String, String, i64, i64, i64);

impl From<Row> for PublishedKey {
    fn from((kid, algorithm, public_jwk, created_at, signs_from, verifies_until): Row) -> Self {
        Self {
            kid,
            algorithm,
            public_jwk,
            created_at: Timestamp::from_micros(created_at),
            signs_from: Timestamp::from_micros(signs_from),
            verifies_until: Timestamp::from_micros(verifies_until),
        }
    }
}

/// Publishes a key. One that is known already stays as it is.
pub fn publish(connection: &mut AnyConnection, key: &PublishedKey) -> Result<(), StorageError> {
    let known: Option<String> = signing_keys::table
        .find(&key.kid)
        .select(signing_keys::kid)
        .first(connection)
        .optional()?;
    if known.is_some() {
        return Ok(());
    }
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::kid.eq(&key.kid),
            signing_keys::algorithm.eq(&key.algorithm),
            signing_keys::public_jwk.eq(&key.public_jwk),
            signing_keys::created_at.eq(key.created_at.micros()),
            signing_keys::signs_from.eq(key.signs_from.micros()),
            signing_keys::verifies_until.eq(key.verifies_until.micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Every key, newest first.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<PublishedKey>, StorageError> {
    let rows: Vec<Row> = signing_keys::table
        .order((signing_keys::signs_from.desc(), signing_keys::kid.asc()))
        .load(connection)?;
    Ok(rows.into_iter().map(PublishedKey::from).collect())
}

/// Says that the key still signs, and until when what it signs may live. Never moves back, and never
/// brings back a key that was withdrawn.
pub fn keep_until(
    connection: &mut AnyConnection,
    kid: &str,
    verifies_until: Timestamp,
) -> Result<(), StorageError> {
    let earlier = signing_keys::table
        .filter(signing_keys::kid.eq(kid))
        .filter(signing_keys::verifies_until.gt(0))
        .filter(signing_keys::verifies_until.lt(verifies_until.micros()));
    diesel::update(earlier)
        .set(signing_keys::verifies_until.eq(verifies_until.micros()))
        .execute(connection)?;
    Ok(())
}

/// Takes a key back: nothing that it signed verifies any more, and it is never published again.
pub fn withdraw(connection: &mut AnyConnection, kid: &str) -> Result<(), StorageError> {
    let changed = diesel::update(signing_keys::table.find(kid))
        .set((
            signing_keys::signs_from.eq(0),
            signing_keys::verifies_until.eq(0),
        ))
        .execute(connection)?;
    if changed == 0 {
        Err(StorageError::NotFound)
    } else {
        Ok(())
    }
}
