//! Recovery codes: ten, each good for one sign-in in the place of a lost factor. A code has 80 random
//! bits, so that a plain hash of it can be kept: nobody guesses one from that, however fast hashing is.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use totp_rs::Secret;

use super::{Factor, FactorError, SecondFactors, VERIFY};
use crate::administrators::{Session, SessionKey};
use crate::audit::{Cause, Decision, Entry, sha256_hex};
use crate::model::random_bytes;
use crate::storage::{StorageError, recovery_codes as table};

/// How many are made.
pub const RECOVERY_CODES: usize = 10;
/// With this many or fewer left, it is time for new ones.
pub const FEW_RECOVERY_CODES: i64 = 3;
const BYTES: usize = 10;
const GROUP: usize = 4;

/// Codes that were just made, to be shown once.
pub struct RecoveryCodes {
    /// As they are typed, in groups of four.
    pub texts: Vec<SecretString>,
    pub(super) hashes: Vec<String>,
}

impl RecoveryCodes {
    pub(super) fn generate(username: &str) -> Self {
        let texts: Vec<SecretString> = (0..RECOVERY_CODES).map(|_| code().into()).collect();
        let hash = |text: &SecretString| hash(username, text.expose_secret());
        Self {
            hashes: texts.iter().map(hash).collect(),
            texts,
        }
    }
}

fn code() -> String {
    let letters = Secret::from(random_bytes::<BYTES>().to_vec()).to_base32();
    let letters: Vec<char> = letters.to_lowercase().chars().collect();
    let groups = letters.chunks(GROUP).map(|group| group.iter().collect());
    groups.collect::<Vec<String>>().join("-")
}

/// The hash of a code as somebody typed it: in whatever case, grouped or not, with digits that no code
/// has for the letters that look like them.
pub(super) fn hash(username: &str, typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric);
    let meant = letters.map(|letter| match letter {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        other => other.to_ascii_uppercase(),
    });
    let code: String = meant.collect();
    sha256_hex(format!("ambit recovery code:{username}:{code}").as_bytes())
}

impl SecondFactors {
    /// Makes new codes in the place of all that there were.
    ///
    /// # Errors
    /// [`FactorError::NotFound`] if there is no factor that could be lost.
    pub async fn renew_recovery_codes(
        &self,
        cause: &Cause,
        session: &Session,
    ) -> Result<RecoveryCodes, FactorError> {
        let codes = RecoveryCodes::generate(&session.username);
        let (username, tenant_id) = (session.username.clone(), session.tenant_id.clone());
        let (hashes, now) = (codes.hashes.clone(), self.clock.now());
        let effect = move |connection: &mut _| {
            if !super::has_any(connection, &username)? {
                return Err(StorageError::NotFound);
            }
            table::replace(connection, &tenant_id, &username, &hashes, now)
        };
        let entry = Entry::new(
            "administrator.recovery_codes.create",
            Decision::Allowed,
            cause,
        );
        let entry = entry.target(&session.username);
        match self.journal.change(entry, None, effect).await {
            Err(StorageError::NotFound) => Err(FactorError::NotFound),
            renewed => Ok(renewed.map(|()| codes)?),
        }
    }

    /// Lets a session in that waits for a second factor, and uses up the code.
    pub async fn verify_recovery_code(
        &self,
        cause: &Cause,
        session: &Session,
        typed: &str,
        address: Option<IpAddr>,
    ) -> Result<SessionKey, FactorError> {
        let attempt = match self.attempt(Factor::RecoveryCode, session, address) {
            Ok(attempt) => attempt,
            Err(error) => {
                return self
                    .refuse(VERIFY, (cause, session), Factor::RecoveryCode, error)
                    .await;
            }
        };
        let username = session.username.clone();
        let hash = hash(&username, typed);
        let take = move |connection: &mut _| {
            let taken = table::take(connection, &username, &hash)?;
            taken.then_some(()).ok_or(StorageError::Conflict)
        };
        match self
            .let_in(cause, session, Factor::RecoveryCode, take)
            .await
        {
            Ok(key) => {
                attempt.succeeded();
                Ok(key)
            }
            Err(FactorError::Storage(StorageError::Conflict)) => {
                let error = FactorError::Wrong;
                self.refuse(VERIFY, (cause, session), Factor::RecoveryCode, error)
                    .await
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_are_read_as_they_may_be_typed() {
        let codes = RecoveryCodes::generate("a");
        let distinct: std::collections::BTreeSet<_> = codes.hashes.iter().collect();
        assert_eq!(distinct.len(), RECOVERY_CODES);
        for (text, expected) in codes.texts.iter().zip(&codes.hashes) {
            let text = text.expose_secret();
            assert_eq!(text.len(), 19, "{text}");
            for typed in [
                text.to_uppercase(),
                text.replace('-', " "),
                text.replace('o', "0"),
            ] {
                assert_eq!(&hash("a", &typed), expected, "{typed}");
            }
            assert_ne!(&hash("b", text), expected);
        }
    }
}
