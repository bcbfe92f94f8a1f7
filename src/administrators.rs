//! Those who run this server: accounts, passwords, sign-in.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::audit::{Cause, Decision, Entry, Journal};
use crate::clients::AuthenticationError;
use crate::model::{Administrator, Clock};
use crate::secrets::{Checker, HashError, Refused, Stored};
use crate::storage::changes::{Change, Kind};
use crate::storage::{StorageError, Store, administrators as table};

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
    /// There is one of this name.
    #[error("there is an administrator of this name already")]
    Exists,
    /// There is none of this name.
    #[error("there is no administrator of this name")]
    NotFound,
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
        };
        let made = administrator.clone();
        let effect = move |connection: &mut _| table::insert(connection, &made);
        self.change(cause, "administrator.create", username, effect)
            .await?;
        Ok(administrator)
    }

    /// Sets a new password.
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
            table::set_password(connection, &name, hash.expose_secret(), now)
        };
        self.change(cause, "administrator.reset_password", username, effect)
            .await?;
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
        cause: &Cause,
        event: &'static str,
        username: &str,
        effect: impl Fn(&mut crate::storage::AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<(), AdministratorError> {
        let entry = Entry::new(event, Decision::Allowed, cause).target(username);
        let change = Change {
            kind: Kind::Administrator,
            subject: username.to_owned(),
        };
        Ok(self.journal.change(entry, Some(change), effect).await?)
    }
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
