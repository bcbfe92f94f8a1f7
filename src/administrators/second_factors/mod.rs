//! What administrators prove themselves by besides a password: an authenticator app, passkeys, and
//! recovery codes for when those are lost.
//!
//! - `key`: under which key the secrets of apps are kept;
//! - `totp`, `passkeys`, `recovery`: each factor, how it is added and how it is checked;
//! - here: what is there, how it is removed, how failures are slowed and recorded.

mod key;
mod passkeys;
mod recovery;
mod totp;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use key::{FactorKeyError, FactorKeys};
pub use passkeys::{EnrolledPasskey, PasskeySite};
pub use recovery::{FEW_RECOVERY_CODES, RECOVERY_CODES, RecoveryCodes};
pub use totp::TotpOffer;

use super::{AdministratorError, Session, SessionKey, Sessions};
use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{Administrator, Clock, Timestamp};
use crate::secrets::{Attempt, Throttle};
use crate::storage::changes::{Change, Kind};
use crate::storage::{
    AnyConnection, StorageError, Store, administrators, factor_ceremonies,
    passkeys as passkeys_table, recovery_codes, sessions as sessions_table, totp_factors,
};

/// How long something that was begun can be finished.
const CEREMONY: Duration = Duration::from_secs(600);

/// One kind of factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// An authenticator app.
    Totp,
    /// A passkey.
    Passkey,
    /// A recovery code, which stands in for either.
    RecoveryCode,
}

impl Factor {
    /// As records, the admin API and the command line write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// Why a factor was not added, not removed or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The code is not one.
    #[error("the code is wrong, or too old")]
    Wrong,
    /// The code was right, and was used before.
    #[error("this code was used already; wait for the next one")]
    Replayed,
    /// Too many attempts failed. Try again after this time.
    #[error("too many attempts failed; try again in {} seconds", .0.as_secs().saturating_add(1))]
    Limited(Duration),
    /// So many codes of the app were wrong that none is taken any more.
    #[error(
        "too many wrong codes were typed for this app, so it is locked; use a recovery code, or ask an \
         owner to remove the app"
    )]
    Locked,
    /// It was not begun in this session, or was finished already, or took too long.
    #[error("this took too long, or was finished already; begin again")]
    Ended,
    /// There is one already.
    #[error("there is one already")]
    Exists,
    /// There is none.
    #[error("there is no such second factor")]
    NotFound,
    /// What the browser sent of a passkey was not accepted.
    #[error("the passkey was not accepted")]
    Passkey,
    /// The passkey counts backwards.
    #[error(
        "the passkey counts backwards, as a copy of it would, so it was not accepted; remove it and add \
         another"
    )]
    Counter,
    /// There are enough.
    #[error(
        "there are {} passkeys already; remove one first",
        passkeys::MOST_PASSKEYS
    )]
    TooMany,
    /// What a passkey is to be called.
    #[error("a name has 1 to {} characters", passkeys::LONGEST_NAME)]
    Name,
    /// Passkeys cannot be used at this address.
    #[error("passkeys cannot be used at this server's address")]
    NoSite,
    /// The key of second factors.
    #[error(transparent)]
    Key(#[from] FactorKeyError),
    /// The database would not.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl FactorError {
    /// The word of the audit log; `None` where nothing was decided.
    fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::Wrong => "wrong_code",
            Self::Replayed => "replayed_code",
            Self::Limited(_) => "too_many_failures",
            Self::Locked => "locked",
            Self::Ended => "ended",
            Self::NotFound => "no_such_factor",
            Self::Passkey => "wrong_passkey",
            Self::Counter => "passkey_counter",
            Self::Key(_) => "factor_unreadable",
            Self::Exists | Self::TooMany | Self::Name | Self::NoSite | Self::Storage(_) => {
                return None;
            }
        })
    }
}

/// What an administrator has.
#[derive(Debug, Clone, Default)]
pub struct Enrolled {
    /// The authenticator app.
    pub totp: Option<EnrolledFactor>,
    /// Passkeys, oldest first.
    pub passkeys: Vec<EnrolledPasskey>,
    /// Recovery codes that were not used yet.
    pub recovery_codes: i64,
}

/// One factor.
#[derive(Debug, Clone)]
pub struct EnrolledFactor {
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used to sign in.
    pub last_used_at: Option<Timestamp>,
}

impl Enrolled {
    /// Whether there is a factor at all.
    pub fn any(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }
}

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

    /// What an administrator has.
    pub async fn of(&self, username: &str) -> Result<Enrolled, StorageError> {
        let username = username.to_owned();
        self.store
            .read(move |connection| {
                let totp = totp_factors::find(connection, &username)?;
                let passkeys = passkeys_table::of_administrator(connection, &username)?;
                Ok(Enrolled {
                    passkeys: passkeys.into_iter().map(EnrolledPasskey::from).collect(),
                    totp: totp.map(|row| EnrolledFactor {
                        created_at: Timestamp::from_micros(row.created_at),
                        last_used_at: row.last_used_at.map(Timestamp::from_micros),
                    }),
                    recovery_codes: recovery_codes::count(connection, &username)?,
                })
            })
            .await
    }

    /// Whether an administrator has a factor.
    pub async fn has_any(&self, username: &str) -> Result<bool, StorageError> {
        let username = username.to_owned();
        self.store
            .read(move |connection| has_any(connection, &username))
            .await
    }

    /// The kinds of factors that administrators have, by name. Who has none is left out.
    pub async fn of_all(&self) -> Result<BTreeMap<String, Vec<Factor>>, StorageError> {
        let owners = |connection: &mut AnyConnection| {
            Ok((
                totp_factors::owners(connection)?,
                passkeys_table::owners(connection)?,
            ))
        };
        let (totp, passkeys) = self.store.read(owners).await?;
        let mut all: BTreeMap<String, Vec<Factor>> = BTreeMap::new();
        let named = totp.into_iter().map(|name| (name, Factor::Totp));
        let passkeys = passkeys.into_iter().map(|name| (name, Factor::Passkey));
        for (name, factor) in named.chain(passkeys) {
            all.entry(name).or_default().push(factor);
        }
        Ok(all)
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
        let entry = Entry::new("administrator.second_factor.add", Decision::Allowed, cause);
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
        let effect = move |connection: &mut _| {
            take(connection)?;
            complete(connection)
        };
        let entry = Entry::new(
            "administrator.second_factor.verify",
            Decision::Allowed,
            cause,
        );
        let entry = entry
            .target(&session.username)
            .detail("factor", factor.name());
        match self.journal.change(entry, None, effect).await {
            Ok(()) => Ok(key),
            Err(StorageError::NotFound) => Err(FactorError::Ended),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a place among the attempts of an administrator; unless it succeeds, it counts as failed.
    fn attempt(
        &self,
        session: &Session,
        address: Option<IpAddr>,
    ) -> Result<Attempt<'_>, FactorError> {
        self.throttle
            .attempt(&session.username, address)
            .map_err(FactorError::Limited)
    }

    /// Records that a factor was not accepted, and says why.
    async fn refuse<T>(
        &self,
        cause: &Cause,
        session: &Session,
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
        let entry = Entry::new("administrator.second_factor.verify", decision, cause)
            .target(&session.username)
            .reason(reason)
            .detail("factor", factor.name());
        if let FactorError::Key(key) = &error {
            tracing::error!(error = %key, username = session.username, "a second factor could not be checked");
        }
        if is_limited {
            self.journal.record_unknown(entry).await?;
        } else if factor == Factor::Totp && matches!(error, FactorError::Wrong) {
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

/// Whether an administrator has a factor. Recovery codes are none: they stand in for one.
pub(super) fn has_any(
    connection: &mut AnyConnection,
    username: &str,
) -> Result<bool, StorageError> {
    Ok(totp_factors::find(connection, username)?.is_some()
        || !passkeys_table::of_administrator(connection, username)?.is_empty())
}

fn changed(username: &str) -> Change {
    Change {
        kind: Kind::Administrator,
        subject: username.to_owned(),
    }
}
