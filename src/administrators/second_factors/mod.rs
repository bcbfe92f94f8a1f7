//! What administrators prove themselves by besides a password: an authenticator app, passkeys, and
//! recovery codes for when those are lost.
//!
//! - `key`: under which key the secrets of apps are kept;
//! - `totp`, `passkeys`, `recovery`: each factor, how it is added and how it is checked;
//! - `proof`: a factor asked for again;
//! - `enrolled`: what is there;
//! - here: how it is removed, how failures are slowed and recorded.

mod enrolled;
mod error;
mod key;
mod passkeys;
mod proof;
mod recovery;
mod totp;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub(super) use enrolled::has_any;
pub use enrolled::{Enrolled, EnrolledFactor, Factor};
pub use error::FactorError;
pub use key::{FactorKeyError, FactorKeys};
pub use passkeys::{EnrolledPasskey, PasskeySite};
pub use recovery::{FEW_RECOVERY_CODES, RECOVERY_CODES, RecoveryCodes};
pub use totp::TotpOffer;

use super::{AdministratorError, Session, SessionKey, Sessions};
use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{Administrator, Clock};
use crate::secrets::{Attempt, Throttle};
use crate::storage::changes::{Change, Kind};
use crate::storage::{
    AnyConnection, StorageError, Store, administrators, factor_ceremonies,
    passkeys as passkeys_table, recovery_codes, sessions as sessions_table, totp_factors,
};

/// The events of the audit log that a refusal may be of.
const ADD: &str = "administrator.second_factor.add";
const VERIFY: &str = "administrator.second_factor.verify";
/// How long something that was begun can be finished.
const CEREMONY: Duration = Duration::from_secs(600);

/// What [`SecondFactors`] is made of.
pub struct Dependencies {
    /// Reads the database.
    pub store: Arc<Store>,
    /// Writes it.
    pub journal: Arc<Journal>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Lets sessions in.
    pub sessions: Arc<Sessions>,
    /// Seals secrets.
    pub keys: FactorKeys,
    /// Slows guessing.
    pub throttle: Throttle,
    /// Host and port of this server, as apps show it.
    pub host: String,
    /// What passkeys belong to.
    pub site: PasskeySite,
}

/// Adds, checks and removes second factors.
pub struct SecondFactors {
    store: Arc<Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    sessions: Arc<Sessions>,
    keys: FactorKeys,
    throttle: Throttle,
    host: String,
    site: PasskeySite,
}

impl SecondFactors {
    /// Over these.
    pub fn new(dependencies: Dependencies) -> Self {
        let Dependencies {
            store,
            journal,
            clock,
            sessions,
            keys,
            throttle,
            host,
            site,
        } = dependencies;
        Self {
            store,
            journal,
            clock,
            sessions,
            keys,
            throttle,
            host,
            site,
        }
    }

    /// Removes one's own authenticator app. With the last factor the recovery codes go.
    pub async fn remove_totp(&self, cause: &Cause, session: &Session) -> Result<(), FactorError> {
        let delete = totp_factors::delete;
        self.remove(cause, session, Factor::Totp, delete).await
    }

    async fn remove(
        &self,
        cause: &Cause,
        session: &Session,
        factor: Factor,
        delete: impl Fn(&mut AnyConnection, &str) -> Result<bool, StorageError> + Send + 'static,
    ) -> Result<(), FactorError> {
        let entry = Entry::new(
            "administrator.second_factor.remove",
            Decision::Allowed,
            cause,
        );
        let entry = entry
            .target(&session.username)
            .detail("factor", factor.name());
        let username = session.username.clone();
        let effect = move |connection: &mut _| {
            if !delete(connection, &username)? {
                return Err(StorageError::NotFound);
            }
            if !has_any(connection, &username)? {
                recovery_codes::delete_all(connection, &username)?;
            }
            Ok(())
        };
        let change = changed(&session.username);
        match self.journal.change(entry, Some(change), effect).await {
            Err(StorageError::NotFound) => Err(FactorError::NotFound),
            removed => Ok(removed?),
        }
    }

    /// Removes all factors of an administrator who has lost them, and ends the account's sessions.
    ///
    /// # Errors
    /// [`AdministratorError::NotFound`] if there is no such administrator.
    pub async fn reset(&self, cause: &Cause, username: &str) -> Result<(), AdministratorError> {
        if !Administrator::is_name(username) {
            return Err(AdministratorError::NotFound);
        }
        let name = username.to_owned();
        let effect = move |connection: &mut _| {
            administrators::find(connection, &name)?.ok_or(StorageError::NotFound)?;
            totp_factors::delete(connection, &name)?;
            passkeys_table::delete_all(connection, &name)?;
            recovery_codes::delete_all(connection, &name)?;
            sessions_table::delete_all(connection, &name)
        };
        let entry = Entry::new(
            "administrator.second_factors.reset",
            Decision::Allowed,
            cause,
        );
        let entry = entry.target(username);
        let change = Some(changed(username));
        Ok(self.journal.change(entry, change, effect).await?)
    }

    /// Warns of apps that this server cannot check, for want of the key that sealed their secrets.
    pub async fn warn_of_strange_keys(&self) -> Result<(), StorageError> {
        let sealed = self.store.read(totp_factors::sealed_secrets).await?;
        match self.keys.strange(&sealed) {
            Ok(0) => {}
            Ok(count) => tracing::error!(
                count,
                "authenticator apps cannot be checked: this server has not the key that sealed them"
            ),
            Err(error) => tracing::error!(%error, "authenticator apps cannot be checked"),
        }
        Ok(())
    }

    /// Forgets what was begun and not finished in time.
    pub async fn clean(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        let effect = move |connection: &mut _| factor_ceremonies::forget(connection, now);
        self.journal.maintain(effect).await
    }

    /// Keeps what a session has begun, until it is finished.
    async fn begin(
        &self,
        session: &Session,
        purpose: &'static str,
        state: String,
    ) -> Result<(), FactorError> {
        let (hash, tenant_id) = (session.hash.clone(), session.tenant_id.clone());
        let ends_at = self.clock.now().plus(CEREMONY);
        let effect = move |connection: &mut _| {
            let place = (hash.as_str(), purpose);
            factor_ceremonies::begin(connection, &tenant_id, place, &state, ends_at)
        };
        match self.journal.maintain(effect).await {
            // The session ended meanwhile.
            Err(StorageError::NotFound) => Err(FactorError::Ended),
            begun => Ok(begun?),
        }
    }

    async fn begun(
        &self,
        session: &Session,
        purpose: &'static str,
    ) -> Result<Option<String>, StorageError> {
        let (hash, now) = (session.hash.clone(), self.clock.now());
        self.store
            .read(move |connection| factor_ceremonies::find(connection, (&hash, purpose), now))
            .await
    }

    /// Adds a factor. The first one brings recovery codes along and ends the other sessions, which began
    /// without one.
    async fn add(
        &self,
        cause: &Cause,
        session: &Session,
        factor: Factor,
        insert: impl Fn(&mut AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<Option<RecoveryCodes>, FactorError> {
        let codes = RecoveryCodes::generate(&session.username);
        let hashes = codes.hashes.clone();
        let (own, now) = (session.clone(), self.clock.now());
        let effect = move |connection: &mut _| {
            let is_first = !has_any(connection, &own.username)?;
            insert(connection)?;
            if is_first {
                let (tenant_id, username) = (&own.tenant_id, &own.username);
                recovery_codes::replace(connection, tenant_id, username, &hashes, now)?;
                sessions_table::delete_others(connection, username, &own.hash)?;
            }
            Ok(is_first)
        };
        let entry = Entry::new(ADD, Decision::Allowed, cause);
        let entry = entry
            .target(&session.username)
            .detail("factor", factor.name());
        let change = Some(changed(&session.username));
        match self.journal.change(entry, change, effect).await {
            Ok(is_first) => Ok(is_first.then_some(codes)),
            Err(StorageError::Conflict) => Err(FactorError::Exists),
            Err(StorageError::NotFound) => Err(FactorError::Ended),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets a session in that waits for a second factor, under a fresh identifier, if `take` finds the
    /// factor good still.
    async fn let_in(
        &self,
        cause: &Cause,
        session: &Session,
        factor: Factor,
        take: impl Fn(&mut AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<SessionKey, FactorError> {
        let (key, complete) = self.sessions.completion(session);
        let username = session.username.clone();
        let effect = move |connection: &mut _| {
            take(connection)?;
            // Whoever has another factor has more than the password: a locked app opens again.
            totp_factors::forget_failures(connection, &username)?;
            complete(connection)
        };
        let entry = Entry::new(VERIFY, Decision::Allowed, cause);
        let entry = entry
            .target(&session.username)
            .detail("factor", factor.name());
        match self.journal.change(entry, None, effect).await {
            Ok(()) => Ok(key),
            Err(StorageError::NotFound) => Err(FactorError::Ended),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a place among the attempts; unless it succeeds, it counts as failed. Codes of an app, which
    /// can be guessed, are counted by administrator. Nobody guesses the others, so those are counted by
    /// address alone: whoever has only the password must not keep the owner of the account out.
    fn attempt(
        &self,
        factor: Factor,
        session: &Session,
        address: Option<IpAddr>,
    ) -> Result<Attempt<'_>, FactorError> {
        let attempt = match factor {
            Factor::Totp => self.throttle.attempt(&session.username, address),
            Factor::Passkey | Factor::RecoveryCode => {
                self.throttle.attempt_from(factor.name(), address)
            }
        };
        attempt.map_err(FactorError::Limited)
    }

    /// Records that a factor was not added or not accepted, and says why.
    async fn refuse<T>(
        &self,
        event: &'static str,
        (cause, session): (&Cause, &Session),
        factor: Factor,
        error: FactorError,
    ) -> Result<T, FactorError> {
        let Some(reason) = error.reason() else {
            return Err(error);
        };
        let is_limited = matches!(error, FactorError::Limited(_));
        let decision = if is_limited {
            Decision::Limited
        } else {
            Decision::Denied
        };
        let entry = Entry::new(event, decision, cause)
            .target(&session.username)
            .reason(reason)
            .detail("factor", factor.name());
        if let FactorError::Key(key) = &error {
            tracing::error!(error = %key, username = session.username, "a second factor could not be checked");
        }
        if is_limited {
            self.journal.record_unknown(entry).await?;
        } else if event == VERIFY && factor == Factor::Totp && matches!(error, FactorError::Wrong) {
            let username = session.username.clone();
            let effect =
                move |connection: &mut _| totp_factors::count_failure(connection, &username);
            self.journal.change(entry, None, effect).await?;
        } else {
            self.journal.record(entry).await?;
        }
        Err(error)
    }
}

fn changed(username: &str) -> Change {
    Change {
        kind: Kind::Administrator,
        subject: username.to_owned(),
    }
}
