//! Who presents a bearer token (RFC 6750): the one way from a request's `Authorization` to a caller.

use std::sync::Arc;

use super::token::{AccessTokens, TokenError};
use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::Principal;
use crate::storage::StorageError;

/// Why nobody was let in. Each was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// The request brings no token.
    #[error("there is no access token")]
    NoToken,
    /// The request brings several credentials, and nobody can tell which is meant.
    #[error("there are several Authorization headers")]
    Several,
    /// The token is malformed, not from here, expired, revoked, or meant for another resource.
    #[error("the access token is not valid here")]
    Invalid,
    /// Nobody can tell now.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a token is presented to.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The resources, one of which the token's `aud` must name.
    pub audiences: &'a [&'a str],
    /// The event that a refusal is recorded as.
    pub event: &'static str,
    /// What the caller wanted.
    pub target: &'a str,
}

/// Finds out who calls.
pub struct BearerTokens {
    tokens: Arc<AccessTokens>,
    journal: Arc<Journal>,
}

impl BearerTokens {
    /// Over these services.
    pub fn new(tokens: Arc<AccessTokens>, journal: Arc<Journal>) -> Self {
        Self { tokens, journal }
    }

    /// The caller that the values of a request's `Authorization` headers prove.
    ///
    /// A refusal is recorded: by name where a token proved one, if only in the past, else within the
    /// bounds for unknown callers.
    ///
    /// # Errors
    /// Why nobody was let in.
    pub async fn authenticate(
        &self,
        authorization: &[Vec<u8>],
        door: Door<'_>,
        cause: &Cause,
    ) -> Result<Arc<Principal>, Unauthenticated> {
        let refuse = async |reason, principal: Option<&Arc<Principal>>, answer| {
            let entry = Entry::new(door.event, Decision::Denied, cause)
                .target(door.target)
                .reason(reason);
            let recorded = match principal {
                Some(principal) => self.journal.record(entry.principal(principal)).await,
                None => self.journal.record_unknown(entry).await,
            };
            recorded.map_or_else(Unauthenticated::from, |()| answer)
        };
        let invalid = Unauthenticated::Invalid;
        let header = match authorization {
            [] => return Err(refuse("no_token", None, Unauthenticated::NoToken).await),
            [only] => only,
            _ => {
                return Err(refuse("several_credentials", None, Unauthenticated::Several).await);
            }
        };
        let unverified_token = match credentials(header) {
            Credentials::Token(token) => token,
            Credentials::Malformed => return Err(refuse("malformed", None, invalid).await),
            Credentials::Absent => {
                return Err(refuse("no_token", None, Unauthenticated::NoToken).await);
            }
        };
        match self.tokens.check(unverified_token).await {
            Ok(token) if door.audiences.iter().any(|audience| token.is_for(audience)) => {
                Ok(token.principal)
            }
            Ok(token) => Err(refuse("wrong_audience", Some(&token.principal), invalid).await),
            Err(TokenError::Void(reason, principal)) => {
                Err(refuse(reason, Some(&principal), invalid).await)
            }
            Err(TokenError::Invalid(reason)) => Err(refuse(reason, None, invalid).await),
            Err(TokenError::Storage(error)) => Err(error.into()),
        }
    }
}

/// What an `Authorization` header holds of a token.
enum Credentials<'a> {
    /// A token.
    Token(&'a str),
    /// Something else in its place.
    Malformed,
    /// Credentials of another kind.
    Absent,
}

/// The token of an `Authorization` header (RFC 6750 section 2.1), the one place where Ambit takes it
/// from.
fn credentials(header: &[u8]) -> Credentials<'_> {
    let Some((scheme, token)) = header.split_at_checked(7) else {
        return Credentials::Absent;
    };
    if !scheme.eq_ignore_ascii_case(b"Bearer ") {
        return Credentials::Absent;
    }
    let allowed = |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    match std::str::from_utf8(token.trim_ascii()) {
        Ok(token) if !token.is_empty() && token.bytes().all(allowed) => Credentials::Token(token),
        _ => Credentials::Malformed,
    }
}
