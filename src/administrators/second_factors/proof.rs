//! A second factor asked for again, of somebody who is signed in and changes how they sign in.

use std::net::IpAddr;
use std::time::Duration;

use super::{Enrolled, Factor, FactorError, SecondFactors, VERIFY, recovery};
use crate::administrators::Session;
use crate::audit::{Cause, Decision, Entry};
use crate::storage::{AnyConnection, StorageError, recovery_codes, totp_factors};

/// For so long a sign-in proves the factor that it was made with.
const FRESH: Duration = Duration::from_secs(300);

impl SecondFactors {
    /// Checks a factor again, where there is one: a code of the app, or a recovery code, which is used up.
    /// Who has no app, or no recovery code left, may have nothing to type: a sign-in of the last five
    /// minutes, which asked for a factor, is proof enough then.
    ///
    /// # Errors
    /// [`FactorError::Needed`] if nothing was typed, and else why it was not accepted.
    pub async fn prove(
        &self,
        cause: &Cause,
        session: &Session,
        typed: &str,
        address: Option<IpAddr>,
    ) -> Result<(), FactorError> {
        let enrolled = self.of(&session.username).await?;
        if !enrolled.any() {
            return Ok(());
        }
        if typed.trim().is_empty() {
            let lacks_codes = enrolled.totp.is_none() || enrolled.recovery_codes == 0;
            return if lacks_codes && self.is_fresh(session, &enrolled) {
                Ok(())
            } else {
                Err(FactorError::Needed)
            };
        }
        // No recovery code is of digits alone.
        let is_number = typed
            .chars()
            .all(|letter| letter.is_ascii_digit() || letter.is_whitespace());
        let factor = if is_number {
            Factor::Totp
        } else {
            Factor::RecoveryCode
        };
        let proved = match factor {
            Factor::Totp => self.prove_totp(cause, session, typed, address).await,
            _ => {
                self.prove_recovery_code(cause, session, typed, address)
                    .await
            }
        };
        match proved {
            Err(error) => self.refuse(VERIFY, (cause, session), factor, error).await,
            proved => proved,
        }
    }

    /// Whether the session began just now, and after a factor was added that is there still: only with a
    /// factor did it begin then.
    fn is_fresh(&self, session: &Session, enrolled: &Enrolled) -> bool {
        let apps = enrolled.totp.iter().map(|app| app.created_at);
        let passkeys = enrolled.passkeys.iter().map(|passkey| passkey.created_at);
        let mut added = apps.chain(passkeys);
        added.any(|added| added < session.created_at)
            && self.clock.now().since(session.created_at) < FRESH
    }

    async fn prove_totp(
        &self,
        cause: &Cause,
        session: &Session,
        typed: &str,
        address: Option<IpAddr>,
    ) -> Result<(), FactorError> {
        let step = self.check_totp(session, typed, address).await?;
        let (username, now) = (session.username.clone(), self.clock.now());
        let take =
            move |connection: &mut _| totp_factors::take_step(connection, &username, step, now);
        let taken = self.take(cause, session, Factor::Totp, take).await?;
        taken.then_some(()).ok_or(FactorError::Replayed)
    }

    async fn prove_recovery_code(
        &self,
        cause: &Cause,
        session: &Session,
        typed: &str,
        address: Option<IpAddr>,
    ) -> Result<(), FactorError> {
        let attempt = self.attempt(Factor::RecoveryCode, session, address)?;
        let username = session.username.clone();
        let hash = recovery::hash(&username, typed);
        let take = move |connection: &mut _| recovery_codes::take(connection, &username, &hash);
        if !self
            .take(cause, session, Factor::RecoveryCode, take)
            .await?
        {
            return Err(FactorError::Wrong);
        }
        attempt.succeeded();
        Ok(())
    }

    /// Uses a factor up and records it; whether it was good still.
    async fn take(
        &self,
        cause: &Cause,
        session: &Session,
        factor: Factor,
        take: impl Fn(&mut AnyConnection) -> Result<bool, StorageError> + Send + 'static,
    ) -> Result<bool, FactorError> {
        let effect = move |connection: &mut _| {
            take(connection)?
                .then_some(())
                .ok_or(StorageError::Conflict)
        };
        let entry = Entry::new(VERIFY, Decision::Allowed, cause)
            .target(&session.username)
            .detail("factor", factor.name());
        match self.journal.change(entry, None, effect).await {
            Ok(()) => Ok(true),
            Err(StorageError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
