//! Which second factors there are.

use std::collections::BTreeMap;

use super::totp::MOST_FAILURES;
use super::{EnrolledPasskey, SecondFactors};
use crate::model::Timestamp;
use crate::storage::{AnyConnection, StorageError, passkeys, recovery_codes, totp_factors};

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

/// What an administrator has.
#[derive(Debug, Clone, Default)]
pub struct Enrolled {
    /// The authenticator app.
    pub totp: Option<EnrolledFactor>,
    /// Whether so many codes of the app were wrong that none is taken.
    pub is_totp_locked: bool,
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

impl SecondFactors {
    /// What an administrator has.
    pub async fn of(&self, username: &str) -> Result<Enrolled, StorageError> {
        let username = username.to_owned();
        self.store
            .read(move |connection| {
                let totp = totp_factors::find(connection, &username)?;
                let rows = passkeys::of_administrator(connection, &username)?;
                Ok(Enrolled {
                    passkeys: rows.into_iter().map(EnrolledPasskey::from).collect(),
                    is_totp_locked: totp
                        .as_ref()
                        .is_some_and(|row| row.failures >= MOST_FAILURES),
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
                passkeys::owners(connection)?,
            ))
        };
        let (with_app, with_passkey) = self.store.read(owners).await?;
        let mut all: BTreeMap<String, Vec<Factor>> = BTreeMap::new();
        let apps = with_app.into_iter().map(|name| (name, Factor::Totp));
        let passkeys = with_passkey.into_iter().map(|name| (name, Factor::Passkey));
        for (name, factor) in apps.chain(passkeys) {
            all.entry(name).or_default().push(factor);
        }
        Ok(all)
    }
}

/// Whether an administrator has a factor. Recovery codes are none: they stand in for one.
pub fn has_any(connection: &mut AnyConnection, username: &str) -> Result<bool, StorageError> {
    Ok(totp_factors::find(connection, username)?.is_some()
        || !passkeys::of_administrator(connection, username)?.is_empty())
}
