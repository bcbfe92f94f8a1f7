//! Those who run this server: accounts, roles, passwords, second factors, sessions in a browser.

mod roles;
pub mod second_factors;
mod session_key;
mod sessions;

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

pub use roles::{OWN_SESSIONS, Powers, READ_SETTINGS};
pub use second_factors::SecondFactors;
pub use session_key::SessionKey;
pub use sessions::{Opening, Session, SessionLimits, Sessions, State};

use crate::audit::{Cause, Decision, Entry, Journal};
use crate::clients::AuthenticationError;
use crate::model::{Administrator, Clock, Role, TenantId};
use crate::secrets::{Checker, HashError, Refused, Stored};
use crate::storage::changes::{Change, Kind};
use crate::storage::{
    AnyConnection, StorageError, Store, administrators as table, sessions as sessions_table,
};

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AdministratorError {
    /// The name is not one.
    #[error("a user name is 1 to 64 characters of A-Z, a-z, 0-9, '.', '@', '-' and '_'")]
    Name,
    /// The password is too short or too long.
    #[error(
        "a password has {} to {} characters, none of them a control character",
        Administrator::SHORTEST_PASSWORD,
        Administrator::LONGEST_PASSWORD
    )]
    Password,
    /// The password in force was asked for, and another was given.
    #[error("this is not your password")]
    WrongPassword,
    /// The new password is the old one.
    #[error("this is the password that you have")]
    SamePassword,
    /// There is one of this name.
    #[error("there is an administrator of this name already")]
    Exists,
    /// There is none of this name.
    #[error("there is no administrator of this name")]
    NotFound,
    /// Without this one, nobody could make administrators any more.
    #[error("this is the only owner; make another administrator an owner first")]
    LastOwner,
    /// Hashing the password failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database would not.
    #[error(transparent)]
    Storage(StorageError),
}

impl From<StorageError> for AdministratorError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Conflict => Self::Exists,
            StorageError::NotFound => Self::NotFound,
            other => Self::Storage(other),
        }
    }
}

/// Makes accounts and checks passwords.
pub struct Administrators {
    store: Arc<Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    checker: Arc<Checker>,
}

impl Administrators {
    /// Over this database.
    pub fn new(
        store: Arc<Store>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
        checker: Arc<Checker>,
    ) -> Self {
        Self {
            store,
            journal,
            clock,
            checker,
        }
    }

    /// Makes an account.
    pub async fn create(
        &self,
        cause: &Cause,
        username: &str,
        password: &SecretString,
        role: Role,
    ) -> Result<Administrator, AdministratorError> {
        check_name(username)?;
        check_password(password)?;
        let now = self.clock.now();
        let administrator = Administrator {
            tenant_id: cause.tenant_id.clone(),
            username: username.to_owned(),
            password_hash: self.checker.hash(password).await?,
            created_at: now,
            updated_at: now,
            role,
        };
        let made = administrator.clone();
        let effect = move |connection: &mut _| table::insert(connection, &made);
        let entry = entry("administrator.create", cause, username).detail("role", role.name());
        self.change(entry, username, effect).await?;
        Ok(administrator)
    }

    /// Sets a new password, and ends the sessions that began with the old one.
    pub async fn reset_password(
        &self,
        cause: &Cause,
        username: &str,
        password: &SecretString,
    ) -> Result<(), AdministratorError> {
        check_name(username).map_err(|_| AdministratorError::NotFound)?;
        check_password(password)?;
        let hash = self.checker.hash(password).await?;
        let now = self.clock.now();
        let name = username.to_owned();
        let effect = move |connection: &mut _| {
            table::set_password(connection, &name, hash.expose_secret(), now)?;
            sessions_table::delete_all(connection, &name)
        };
        let entry = entry("administrator.reset_password", cause, username);
        self.change(entry, username, effect).await?;
        self.checker.forget(&remembered_as(username));
        Ok(())
    }

    /// Sets one's own password, and ends one's other sessions. Whoever calls this has had the password in
    /// force [checked](Self::authenticate), as `current` was.
    ///
    /// # Errors
    /// [`AdministratorError::WrongPassword`] if the password was changed since it was checked.
    pub async fn change_password(
        &self,
        cause: &Cause,
        session: &Session,
        current: &Administrator,
        password: &SecretString,
    ) -> Result<(), AdministratorError> {
        check_password(password)?;
        let hash = self.checker.hash(password).await?;
        let now = self.clock.now();
        let (name, kept) = (session.username.clone(), session.hash.clone());
        let checked = current.password_hash.clone();
        let effect = move |connection: &mut _| {
            let found = table::find(connection, &name)?.ok_or(StorageError::NotFound)?;
            if found.password_hash.expose_secret() != checked.expose_secret() {
                return Err(StorageError::Conflict);
            }
            table::set_password(connection, &name, hash.expose_secret(), now)?;
            sessions_table::delete_others(connection, &name, &kept)
        };
        let entry = entry("administrator.change_password", cause, &session.username);
        let changed = self.change(entry, &session.username, effect).await;
        self.checker.forget(&remembered_as(&session.username));
        changed.map_err(|error| match error {
            AdministratorError::Exists => AdministratorError::WrongPassword,
            other => other,
        })
    }

    /// Gives an administrator another role, and ends the sessions that began with the old one.
    ///
    /// # Errors
    /// [`AdministratorError::LastOwner`] if no owner would be left.
    pub async fn set_role(
        &self,
        cause: &Cause,
        username: &str,
        role: Role,
    ) -> Result<(), AdministratorError> {
        check_name(username).map_err(|_| AdministratorError::NotFound)?;
        let name = username.to_owned();
        let tenant_id = cause.tenant_id.clone();
        let effect = move |connection: &mut _| {
            let current = table::find(connection, &name)?.ok_or(StorageError::NotFound)?;
            if current.role == role {
                return Ok(());
            }
            if role != Role::Owner {
                refuse_last_owner(connection, &tenant_id, &current)?;
            }
            table::set_role(connection, &name, role)?;
            sessions_table::delete_all(connection, &name)
        };
        let entry = entry("administrator.set_role", cause, username).detail("role", role.name());
        last_owner(self.change(entry, username, effect).await)
    }

    /// Removes an administrator, and ends its sessions.
    ///
    /// # Errors
    /// [`AdministratorError::LastOwner`] if no owner would be left.
    pub async fn remove(&self, cause: &Cause, username: &str) -> Result<(), AdministratorError> {
        check_name(username).map_err(|_| AdministratorError::NotFound)?;
        let name = username.to_owned();
        let tenant_id = cause.tenant_id.clone();
        let effect = move |connection: &mut _| {
            let current = table::find(connection, &name)?.ok_or(StorageError::NotFound)?;
            refuse_last_owner(connection, &tenant_id, &current)?;
            sessions_table::delete_all(connection, &name)?;
            table::delete(connection, &name)
        };
        let entry = entry("administrator.remove", cause, username);
        last_owner(self.change(entry, username, effect).await)?;
        self.checker.forget(&remembered_as(username));
        Ok(())
    }

    /// All accounts, by name.
    pub async fn list(&self) -> Result<Vec<Administrator>, StorageError> {
        self.store.read(table::all).await
    }

    /// Whether there is an administrator of this name.
    pub async fn exists(&self, username: &str) -> Result<bool, StorageError> {
        if check_name(username).is_err() {
            return Ok(false);
        }
        let name = username.to_owned();
        let found = self
            .store
            .read(move |connection| table::find(connection, &name))
            .await?;
        Ok(found.is_some())
    }

    /// Checks a name and a password. An unknown name and a wrong password answer alike.
    pub async fn authenticate(
        &self,
        username: &str,
        password: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<Administrator, AuthenticationError> {
        let found = match check_name(username) {
            Ok(()) => {
                let name = username.to_owned();
                self.store
                    .read(move |connection| table::find(connection, &name))
                    .await?
            }
            Err(_) => None,
        };
        let stored = found.as_ref().map(|administrator| Stored {
            id: remembered_as(&administrator.username),
            hash: administrator.password_hash.clone(),
        });
        let name = remembered_as(username);
        match (
            self.checker
                .check(&name, address, password, stored.as_ref())
                .await,
            found,
        ) {
            (Ok(()), Some(administrator)) => Ok(administrator),
            (Ok(()), None) | (Err(Refused::Wrong), _) => Err(AuthenticationError::Failed),
            (Err(Refused::Limited(wait)), _) => Err(AuthenticationError::Limited(wait)),
            (Err(Refused::Busy), _) => Err(AuthenticationError::Busy),
        }
    }

    async fn change(
        &self,
        entry: Entry,
        username: &str,
        effect: impl Fn(&mut AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<(), AdministratorError> {
        let change = Change {
            kind: Kind::Administrator,
            subject: username.to_owned(),
        };
        Ok(self.journal.change(entry, Some(change), effect).await?)
    }
}

fn entry(event: &'static str, cause: &Cause, username: &str) -> Entry {
    Entry::new(event, Decision::Allowed, cause).target(username)
}

/// Changes are made one after another, on every replica, so nobody else can take the other owner away
/// meanwhile.
fn refuse_last_owner(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    current: &Administrator,
) -> Result<(), StorageError> {
    let owner = current.role == Role::Owner;
    if owner && !table::has_other_owner(connection, tenant_id, &current.username)? {
        return Err(StorageError::Conflict);
    }
    Ok(())
}

/// A conflict of what takes power away.
fn last_owner(outcome: Result<(), AdministratorError>) -> Result<(), AdministratorError> {
    outcome.map_err(|error| match error {
        AdministratorError::Exists => AdministratorError::LastOwner,
        other => other,
    })
}

/// Keeps administrators' names apart from client identifiers, which have no colon.
fn remembered_as(username: &str) -> String {
    format!("administrator:{username}")
}

fn check_name(username: &str) -> Result<(), AdministratorError> {
    Administrator::is_name(username)
        .then_some(())
        .ok_or(AdministratorError::Name)
}

fn check_password(password: &SecretString) -> Result<(), AdministratorError> {
    Administrator::is_password(password.expose_secret())
        .then_some(())
        .ok_or(AdministratorError::Password)
}
