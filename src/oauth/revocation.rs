//! Token revocation (RFC 7009): which tokens were given up before their time.

use std::sync::Arc;

use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{CLOCK_SKEW, Clock, Principal};
use crate::storage::cached::Cached;
use crate::storage::changes::{Change, Kind};
use crate::storage::revoked_tokens::{self as table, Revocation};
use crate::storage::{StorageError, Store};

/// Tokens of which it is remembered whether they were revoked.
const REMEMBERED: usize = 50_000;

/// Knows which tokens were revoked.
pub struct Revocations {
    store: Arc<Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    remembered: Cached<String, bool>,
}

impl Revocations {
    /// Over this database.
    pub fn new(store: Arc<Store>, journal: Arc<Journal>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            journal,
            clock,
            remembered: Cached::new(REMEMBERED),
        }
    }

    /// Whether the token was revoked.
    pub async fn contains(&self, token_id: &str) -> Result<bool, StorageError> {
        let wanted = token_id.to_owned();
        let load = async {
            let name = wanted.clone();
            self.store
                .read(move |connection| table::contains(connection, &name))
                .await
        };
        self.remembered.get_or_load(&wanted, load).await
    }

    /// Revokes a token that is valid, on behalf of the client that it was issued to.
    pub async fn revoke(&self, cause: &Cause, token: &Arc<Principal>) -> Result<(), StorageError> {
        let revocation = Revocation {
            token_id: token.token_id.clone(),
            tenant_id: token.tenant_id.clone(),
            client_id: token.client_id.clone(),
            revoked_at: self.clock.now(),
            expires_at: token.expires_at,
        };
        let entry = Entry::new("token.revoke", Decision::Allowed, cause)
            .principal(token)
            .target(&token.token_id);
        let change = Change {
            kind: Kind::Revocation,
            subject: token.token_id.clone(),
        };
        let effect = move |connection: &mut _| table::insert(connection, &revocation);
        let outcome = self.journal.change(entry, Some(change), effect).await;
        self.forget(&token.token_id);
        outcome
    }

    /// A token was revoked somewhere.
    pub fn forget(&self, token_id: &str) {
        self.remembered.forget(&token_id.to_owned());
    }

    /// Any token may have been revoked.
    pub fn forget_all(&self) {
        self.remembered.forget_all();
    }

    /// Drops revocations of tokens that have expired anyway.
    pub async fn clean(&self) -> Result<(), StorageError> {
        // Another replica's clock may be behind.
        let ended = self.clock.now().minus(CLOCK_SKEW);
        let effect = move |connection: &mut _| table::forget_expired(connection, ended).map(|_| ());
        self.journal.maintain(effect).await
    }
}
