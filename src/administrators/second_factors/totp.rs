//! Authenticator apps: codes of six digits that change every thirty seconds (RFC 6238).

use std::net::IpAddr;

use secrecy::SecretString;
use totp_rs::{Builder, Totp};

use super::{ADD, Factor, FactorError, RecoveryCodes, SecondFactors, VERIFY};
use crate::administrators::{Session, SessionKey};
use crate::audit::Cause;
use crate::model::random_bytes;
use crate::storage::totp_factors::{self as table, TotpRow};
use crate::storage::{StorageError, factor_ceremonies};

/// What a session has begun when it was shown a secret.
const PURPOSE: &str = "totp";
/// 160 bits, as RFC 4226 section 4 recommends.
const SECRET_LENGTH: usize = 20;
/// After so many wrong codes in a row no code is taken, whatever their pace (NIST SP 800-63B section
/// 5.2.2), until a passkey or a recovery code lets its owner in. Only somebody who knows the password
/// comes so far.
pub(super) const MOST_FAILURES: i64 = 100;

/// A secret that an app is to be given.
pub struct TotpOffer {
    /// To be typed, in base32.
    pub secret: SecretString,
    /// To be scanned, as `otpauth://` address.
    pub address: SecretString,
}

impl SecondFactors {
    /// Begins to add an app: makes a secret, which counts once a code proves that the app has it.
    ///
    /// # Errors
    /// [`FactorError::Exists`] if there is an app already.
    pub async fn begin_totp(&self, session: &Session) -> Result<(), FactorError> {
        let username = session.username.clone();
        let found = self
            .store
            .read(move |connection| {
                let sealed = table::sealed_secrets(connection)?;
                Ok((
                    table::find(connection, &username)?.is_some(),
                    sealed.is_empty(),
                ))
            })
            .await?;
        let (exists, is_first) = found;
        if exists {
            return Err(FactorError::Exists);
        }
        let secret = random_bytes::<SECRET_LENGTH>();
        let sealed = self.keys.seal(&session.username, &secret, is_first)?;
        self.begin(session, PURPOSE, sealed).await
    }

    /// The secret that was made for this session and awaits its proof.
    pub async fn offered_totp(&self, session: &Session) -> Result<Option<TotpOffer>, FactorError> {
        let Some(sealed) = self.begun(session, PURPOSE).await? else {
            return Ok(None);
        };
        let totp = self.totp(&session.username, &sealed)?;
        let address = totp.to_url().map_err(|_| FactorError::Ended)?;
        Ok(Some(TotpOffer {
            secret: totp.secret().to_base32().into(),
            address: address.into(),
        }))
    }

    /// Adds the app that a right code proves to have the secret. The first factor brings recovery codes
    /// along, and ends the sessions that began without one.
    pub async fn confirm_totp(
        &self,
        cause: &Cause,
        session: &Session,
        code: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<RecoveryCodes>, FactorError> {
        let checked = self.check_offered(session, code, address).await;
        let (sealed, step) = match checked {
            Ok(checked) => checked,
            Err(error) => {
                return self
                    .refuse(ADD, (cause, session), Factor::Totp, error)
                    .await;
            }
        };
        let now = self.clock.now();
        let row = TotpRow {
            username: session.username.clone(),
            tenant_id: session.tenant_id.as_str().to_owned(),
            sealed_secret: sealed.clone(),
            last_step: step,
            failures: 0,
            created_at: now.micros(),
            last_used_at: None,
        };
        let hash = session.hash.clone();
        let insert = move |connection: &mut _| {
            if !factor_ceremonies::take(connection, (&hash, PURPOSE), &sealed)? {
                return Err(StorageError::NotFound);
            }
            table::insert(connection, &row)
        };
        self.add(cause, session, Factor::Totp, insert).await
    }

    /// The secret that was offered, sealed, and the time step of the code that proves it.
    async fn check_offered(
        &self,
        session: &Session,
        code: &str,
        address: Option<IpAddr>,
    ) -> Result<(String, i64), FactorError> {
        let state = self.begun(session, PURPOSE).await?;
        let sealed = state.ok_or(FactorError::Ended)?;
        let attempt = self.attempt(Factor::Totp, session, address)?;
        let totp = self.totp(&session.username, &sealed)?;
        let step = matching_step(&totp, code, self.clock.now().seconds());
        let step = step.ok_or(FactorError::Wrong)?;
        attempt.succeeded();
        Ok((sealed, step))
    }

    /// Lets a session in that waits for a second factor. A code is taken once, and then none that is as
    /// old or older.
    pub async fn verify_totp(
        &self,
        cause: &Cause,
        session: &Session,
        code: &str,
        address: Option<IpAddr>,
    ) -> Result<SessionKey, FactorError> {
        match self.check_totp(session, code, address).await {
            Ok(step) => match self.take_step(cause, session, step).await {
                Err(FactorError::Storage(StorageError::Conflict)) => {
                    let error = FactorError::Replayed;
                    self.refuse(VERIFY, (cause, session), Factor::Totp, error)
                        .await
                }
                taken => taken,
            },
            Err(error) => {
                self.refuse(VERIFY, (cause, session), Factor::Totp, error)
                    .await
            }
        }
    }

    pub(super) async fn check_totp(
        &self,
        session: &Session,
        code: &str,
        address: Option<IpAddr>,
    ) -> Result<i64, FactorError> {
        let attempt = self.attempt(Factor::Totp, session, address)?;
        let username = session.username.clone();
        let found = self
            .store
            .read(move |connection| table::find(connection, &username))
            .await?;
        let row = found.ok_or(FactorError::NotFound)?;
        if row.failures >= MOST_FAILURES {
            return Err(FactorError::Locked);
        }
        let totp = self.totp(&row.username, &row.sealed_secret)?;
        let step = matching_step(&totp, code, self.clock.now().seconds());
        let step = step.ok_or(FactorError::Wrong)?;
        if step <= row.last_step {
            return Err(FactorError::Replayed);
        }
        attempt.succeeded();
        Ok(step)
    }

    async fn take_step(
        &self,
        cause: &Cause,
        session: &Session,
        step: i64,
    ) -> Result<SessionKey, FactorError> {
        let (username, now) = (session.username.clone(), self.clock.now());
        let take = move |connection: &mut _| {
            let taken = table::take_step(connection, &username, step, now)?;
            taken.then_some(()).ok_or(StorageError::Conflict)
        };
        self.let_in(cause, session, Factor::Totp, take).await
    }

    fn totp(&self, username: &str, sealed: &str) -> Result<Totp, FactorError> {
        let secret = self.keys.open(username, sealed)?;
        // The name of an app's line must not have a colon in it, which hosts have before their port.
        let issuer = format!("Ambit {}", self.host.replace(':', " "));
        Builder::new()
            .with_secret(secret)
            .with_issuer(Some(issuer))
            .with_account_name(username)
            .build()
            .map_err(|_| FactorError::Ended)
    }
}

/// The time step of which this is the code: now's, the one before, or the one after, for clocks that
/// are not quite right. Codes are compared in constant time.
fn matching_step(totp: &Totp, typed: &str, seconds: i64) -> Option<i64> {
    let code: String = typed
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let step = totp.check(&code, u64::try_from(seconds).ok()?)?;
    i64::try_from(step).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, in six digits.
    #[test]
    fn codes_are_the_ones_of_the_rfc_and_hold_one_step_either_way() {
        let totp = Builder::new()
            .with_secret(b"12345678901234567890".to_vec())
            .build()
            .unwrap();
        assert_eq!(matching_step(&totp, "287082", 59), Some(1));
        assert_eq!(matching_step(&totp, " 287 082 ", 59), Some(1));
        assert_eq!(
            matching_step(&totp, "081804", 1_111_111_109),
            Some(37_037_036)
        );
        for (seconds, is_taken) in [(0, true), (89, true), (90, false)] {
            let step = matching_step(&totp, "287082", seconds);
            assert_eq!(step.is_some(), is_taken, "{seconds}");
        }
        for code in ["", "28708", "2870820", "287083", "+28708", "２８７０８２"] {
            assert_eq!(matching_step(&totp, code, 59), None, "{code}");
        }
    }
}
