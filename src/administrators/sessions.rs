//! Sessions in a browser. They are read from the database each time, so that one which ended on another
//! replica has ended here too.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{SessionKey, second_factors};
use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{Administrator, Clock, Role, TenantId, Timestamp};
use crate::storage::sessions::{self as table, SessionRow};
use crate::storage::{AnyConnection, StorageError, Store, administrators};

/// Most characters kept of what a browser calls itself.
const LONGEST_USER_AGENT: usize = 200;
/// Most sessions that a list shows.
const MOST_SHOWN: i64 = 100;
/// Most sign-ins of one administrator from one address that wait for the second factor at a time.
const MOST_PENDING: i64 = 10;
/// How long a sign-in waits for the second factor.
const PENDING: Duration = Duration::from_secs(300);
/// A session's last use is written down at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Duration,
    /// However busy it is.
    pub lifetime: Duration,
}

/// How far a sign-in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The password was right; a second factor is asked for. Nothing else is shown.
    SecondFactorPending,
    /// Everything that was asked for was right.
    SignedIn,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::SecondFactorPending => "second_factor_pending",
            Self::SignedIn => "signed_in",
        }
    }

    /// What is unknown lets nobody in.
    fn from_name(name: &str) -> Self {
        match name {
            "signed_in" => Self::SignedIn,
            _ => Self::SecondFactorPending,
        }
    }
}

/// One session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Names it, in lists too.
    pub hash: String,
    /// Whose administrator it is.
    pub tenant_id: TenantId,
    /// Who signed in.
    pub username: String,
    /// How far the sign-in has come.
    pub state: State,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, or a little before.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// Where it was begun from.
    pub remote_address: Option<String>,
    /// What the browser called itself.
    pub user_agent: String,
    /// A message for the next page.
    pub flash: Option<String>,
    sealed: Option<String>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            hash: row.session_hash,
            tenant_id: TenantId::new(row.tenant_id),
            username: row.username,
            state: State::from_name(&row.state),
            created_at: Timestamp::from_micros(row.created_at),
            last_seen_at: Timestamp::from_micros(row.last_seen_at),
            ends_at: Timestamp::from_micros(row.ends_at),
            remote_address: row.remote_address,
            user_agent: row.user_agent,
            flash: row.flash,
            sealed: row.sealed,
        }
    }
}

/// A session to be opened.
pub struct Opening<'a> {
    /// Whose password was right.
    pub administrator: &'a Administrator,
    /// Whether that was all.
    pub state: State,
    /// Where from.
    pub remote_address: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: &'a str,
    /// The session that the browser had before, which ends.
    pub before: Option<&'a SessionKey>,
}

/// Opens sessions, finds them, ends them.
pub struct Sessions {
    store: Arc<Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    limits: SessionLimits,
}

impl Sessions {
    /// Over this database.
    pub fn new(
        store: Arc<Store>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
        limits: SessionLimits,
    ) -> Self {
        Self {
            store,
            journal,
            clock,
            limits,
        }
    }

    /// Opens a session under a fresh identifier, and records the sign-in.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] if the password was changed, a second factor added or the account
    /// removed since they were checked.
    pub async fn open(
        &self,
        cause: &Cause,
        opening: Opening<'_>,
    ) -> Result<SessionKey, StorageError> {
        let key = SessionKey::generate();
        let now = self.clock.now();
        let Opening { administrator, .. } = opening;
        let row = SessionRow {
            session_hash: key.hash(),
            tenant_id: administrator.tenant_id.as_str().to_owned(),
            username: administrator.username.clone(),
            state: opening.state.name().to_owned(),
            created_at: now.micros(),
            last_seen_at: now.micros(),
            ends_at: now.plus(self.lifetime(opening.state)).micros(),
            remote_address: opening.remote_address.map(|address| address.to_string()),
            user_agent: one_line(opening.user_agent),
            flash: None,
            sealed: None,
        };
        let checked = administrator.password_hash.clone();
        let signed_in = opening.state == State::SignedIn;
        let before = opening.before.map(SessionKey::hash);
        let effect = move |connection: &mut _| {
            let current = administrators::find(connection, &row.username)?;
            let current = current.ok_or(StorageError::NotFound)?;
            if current.password_hash.expose_secret() != checked.expose_secret() {
                return Err(StorageError::NotFound);
            }
            if signed_in && second_factors::has_any(connection, &row.username)? {
                return Err(StorageError::NotFound);
            }
            if let Some(before) = &before
                && let Some(before) = table::find(connection, before)?
            {
                table::delete(connection, &before.username, &before.session_hash)?;
            }
            table::insert(connection, &row)?;
            // By address, so that nobody elsewhere ends the sign-in of whose account it is.
            let pending = (row.username.as_str(), State::SecondFactorPending.name());
            match &row.remote_address {
                Some(address) => table::delete_older(connection, pending, address, MOST_PENDING),
                None => Ok(()),
            }
        };
        let entry = Entry::new("administrator.sign_in", Decision::Allowed, cause)
            .target(&administrator.username)
            .detail("state", opening.state.name());
        self.journal.change(entry, None, effect).await?;
        Ok(key)
    }

    /// What lets a session in that waits for a second factor: the identifier that it has from then on,
    /// and the change that makes it so. The change answers [`StorageError::NotFound`] if the session does
    /// not wait any more.
    pub fn completion(
        &self,
        session: &Session,
    ) -> (
        SessionKey,
        impl Fn(&mut AnyConnection) -> Result<(), StorageError> + Send + use<>,
    ) {
        let key = SessionKey::generate();
        let now = self.clock.now();
        let row = SessionRow {
            session_hash: key.hash(),
            tenant_id: session.tenant_id.as_str().to_owned(),
            username: session.username.clone(),
            state: State::SignedIn.name().to_owned(),
            created_at: now.micros(),
            last_seen_at: now.micros(),
            ends_at: now.plus(self.lifetime(State::SignedIn)).micros(),
            remote_address: session.remote_address.clone(),
            user_agent: session.user_agent.clone(),
            flash: None,
            sealed: None,
        };
        let before = session.hash.clone();
        let effect = move |connection: &mut _| {
            let pending = State::SecondFactorPending.name();
            if !table::delete_in_state(connection, &before, pending, now)? {
                return Err(StorageError::NotFound);
            }
            table::insert(connection, &row)
        };
        (key, effect)
    }

    /// The session of an identifier and the role of whose it is, unless the session has ended.
    pub async fn find(&self, key: &SessionKey) -> Result<Option<(Session, Role)>, StorageError> {
        let hash = key.hash();
        let found = self
            .store
            .read(move |connection| {
                let Some(row) = table::find(connection, &hash)? else {
                    return Ok(None);
                };
                let administrator = administrators::find(connection, &row.username)?;
                Ok(administrator.map(|administrator| (Session::from(row), administrator.role)))
            })
            .await?;
        let now = self.clock.now();
        Ok(found.filter(|(session, _)| self.lasts(session, now)))
    }

    /// Notes that a session was used, if that was not noted just before.
    pub async fn used(&self, session: &Session) -> Result<(), StorageError> {
        let now = self.clock.now();
        let noted_every = NOTED_EVERY.min(self.limits.idle.div_f64(4.0));
        if now.since(session.last_seen_at) < noted_every {
            return Ok(());
        }
        let hash = session.hash.clone();
        let effect = move |connection: &mut _| table::touch(connection, &hash, now);
        self.journal.maintain(effect).await
    }

    /// An administrator's sessions that are signed in and have not ended, newest first.
    pub async fn list(&self, username: &str) -> Result<Vec<Session>, StorageError> {
        let name = username.to_owned();
        let now = self.clock.now();
        let lasting = (now, now.minus(self.limits.idle));
        let rows = self
            .store
            .read(move |connection| {
                let signed_in = (name.as_str(), State::SignedIn.name());
                table::of_administrator(connection, signed_in, lasting, MOST_SHOWN)
            })
            .await?;
        Ok(rows.into_iter().map(Session::from).collect())
    }

    /// Signs out: ends the session that asks for it.
    pub async fn sign_out(&self, cause: &Cause, session: &Session) -> Result<(), StorageError> {
        self.delete(
            cause,
            "administrator.sign_out",
            &session.username,
            &session.hash,
        )
        .await
    }

    /// Ends one of an administrator's sessions.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] if there is none of this hash.
    pub async fn end(&self, cause: &Cause, username: &str, hash: &str) -> Result<(), StorageError> {
        if !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(StorageError::NotFound);
        }
        self.delete(cause, "administrator.session.end", username, hash)
            .await
    }

    /// Ends all of an administrator's sessions but this one, and the sign-ins that wait for a second
    /// factor.
    pub async fn end_others(&self, cause: &Cause, session: &Session) -> Result<(), StorageError> {
        let entry = Entry::new(
            "administrator.sessions.end_others",
            Decision::Allowed,
            cause,
        )
        .target(&session.username);
        let (username, hash) = (session.username.clone(), session.hash.clone());
        let effect = move |connection: &mut _| table::delete_others(connection, &username, &hash);
        self.journal.change(entry, None, effect).await
    }

    async fn delete(
        &self,
        cause: &Cause,
        event: &'static str,
        username: &str,
        hash: &str,
    ) -> Result<(), StorageError> {
        let entry = Entry::new(event, Decision::Allowed, cause).target(username);
        let (username, hash) = (username.to_owned(), hash.to_owned());
        let effect = move |connection: &mut _| table::delete(connection, &username, &hash);
        self.journal.change(entry, None, effect).await
    }

    /// Leaves a message for the next page.
    pub async fn leave_flash(&self, session: &Session, flash: &str) -> Result<(), StorageError> {
        self.set_flash(session, Some(flash.to_owned())).await
    }

    /// Takes away the message that was shown.
    pub async fn drop_flash(&self, session: &Session) -> Result<(), StorageError> {
        self.set_flash(session, None).await
    }

    async fn set_flash(
        &self,
        session: &Session,
        flash: Option<String>,
    ) -> Result<(), StorageError> {
        let hash = session.hash.clone();
        let effect =
            move |connection: &mut _| table::set_flash(connection, &hash, flash.as_deref());
        self.journal.maintain(effect).await
    }

    /// Leaves what the next page shows this once, readable with the browser's identifier alone.
    pub async fn leave_sealed(
        &self,
        key: &SessionKey,
        text: &SecretString,
    ) -> Result<(), StorageError> {
        let sealed = key.seal(text);
        let sealed =
            sealed.ok_or_else(|| StorageError::Unavailable("sealing failed".to_owned()))?;
        let hash = key.hash();
        let effect = move |connection: &mut _| table::set_sealed(connection, &hash, &sealed);
        self.journal.maintain(effect).await
    }

    /// Takes what was left to be shown once: nobody gets it again.
    pub async fn take_sealed(
        &self,
        key: &SessionKey,
        session: &Session,
    ) -> Result<Option<SecretString>, StorageError> {
        let Some(sealed) = session.sealed.clone() else {
            return Ok(None);
        };
        let opened = key.open(&sealed);
        let hash = session.hash.clone();
        let effect = move |connection: &mut _| {
            let taken = table::take_sealed(connection, &hash, &sealed)?;
            taken.then_some(()).ok_or(StorageError::NotFound)
        };
        match self.journal.maintain(effect).await {
            Ok(()) => Ok(opened),
            Err(StorageError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Forgets sessions that have ended.
    pub async fn clean(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        let idle_since = now.minus(self.limits.idle);
        let effect = move |connection: &mut _| table::forget(connection, now, idle_since);
        self.journal.maintain(effect).await
    }

    fn lifetime(&self, state: State) -> Duration {
        match state {
            State::SecondFactorPending => self.limits.lifetime.min(PENDING),
            State::SignedIn => self.limits.lifetime,
        }
    }

    fn lasts(&self, session: &Session, now: Timestamp) -> bool {
        now < session.ends_at && now.since(session.last_seen_at) < self.limits.idle
    }
}

fn one_line(user_agent: &str) -> String {
    let letters = user_agent.chars().filter(|letter| !letter.is_control());
    letters.take(LONGEST_USER_AGENT).collect()
}
