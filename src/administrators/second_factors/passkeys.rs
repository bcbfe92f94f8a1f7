//! Passkeys (Web Authentication level 3). What is begun is kept in the database, bound to its session,
//! and taken away before it is looked at: nothing that a browser sends is good twice, and any replica
//! can finish what another one began.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use webauthn_rs::prelude::{
    CreationChallengeResponse, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse, Url, Uuid,
    Webauthn, WebauthnBuilder, WebauthnError,
};

use super::{ADD, Factor, FactorError, RecoveryCodes, SecondFactors, VERIFY};
use crate::administrators::{Session, SessionKey};
use crate::audit::{Cause, sha256_hex};
use crate::model::Timestamp;
use crate::storage::passkeys::{self as table, PasskeyRow};
use crate::storage::{StorageError, factor_ceremonies};

/// Most passkeys of one administrator.
pub(super) const MOST_PASSKEYS: usize = 10;
/// Most characters of a passkey's name.
pub(super) const LONGEST_NAME: usize = 40;
const REGISTRATION: &str = "passkey_registration";
const AUTHENTICATION: &str = "passkey_authentication";

/// A passkey that was added.
#[derive(Debug, Clone)]
pub struct EnrolledPasskey {
    /// Names it in forms.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used to sign in.
    pub last_used_at: Option<Timestamp>,
}

impl From<PasskeyRow> for EnrolledPasskey {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: row.credential_id,
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
        }
    }
}

/// What passkeys belong to: the host of this server, if browsers let it have any.
pub struct PasskeySite(Result<Webauthn, &'static str>);

impl PasskeySite {
    /// The site of a public base address. Browsers make passkeys for a host name alone, not for an
    /// address in numbers, and only where nobody listens in: under TLS, or on one's own machine.
    pub fn of(issuer: &str) -> Self {
        let Ok(url) = Url::parse(issuer) else {
            return Self(Err("AMBIT_ISSUER is no address."));
        };
        let Some(host) = url.domain().map(str::to_owned) else {
            return Self(Err(
                "Passkeys need a host name, and this server's address is a number. On one's own \
                 machine, set AMBIT_ISSUER to http://localhost and the port, and open the pages there.",
            ));
        };
        let is_local = host == "localhost" || host.ends_with(".localhost");
        if url.scheme() != "https" && !is_local {
            return Self(Err(
                "Passkeys need TLS: browsers make none for a server that is reached by http.",
            ));
        }
        let built = WebauthnBuilder::new(&host, &url)
            .and_then(|builder| builder.rp_name("Ambit").build())
            .map_err(|_| "Passkeys cannot be used at this server's address.");
        Self(built)
    }

    fn webauthn(&self) -> Result<&Webauthn, FactorError> {
        self.0.as_ref().map_err(|_| FactorError::NoSite)
    }
}

impl SecondFactors {
    /// Why there can be no passkeys here, if there can be none.
    pub fn why_no_passkeys(&self) -> Option<&'static str> {
        self.site.0.as_ref().err().copied()
    }

    /// Begins to add a passkey. The answer is for the browser.
    pub async fn begin_passkey(
        &self,
        session: &Session,
    ) -> Result<CreationChallengeResponse, FactorError> {
        let webauthn = self.site.webauthn()?;
        let known = self.passkeys(&session.username).await?;
        if known.len() >= MOST_PASSKEYS {
            return Err(FactorError::TooMany);
        }
        let known = known.iter().map(|(_, passkey)| passkey.cred_id().clone());
        let name = &session.username;
        let (options, state) = webauthn
            .start_passkey_registration(handle(name), name, name, Some(known.collect()))
            .map_err(refused)?;
        self.begin(session, REGISTRATION, json(&state)?).await?;
        Ok(options)
    }

    /// Adds the passkey that the browser made. The first factor brings recovery codes along, and ends the
    /// sessions that began without one.
    pub async fn confirm_passkey(
        &self,
        cause: &Cause,
        session: &Session,
        name: &str,
        made: &str,
    ) -> Result<Option<RecoveryCodes>, FactorError> {
        let name = name.trim();
        let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
        if !fits || name.contains(char::is_control) {
            return Err(FactorError::Name);
        }
        let passkey = match self.check_made(session, made).await {
            Ok(passkey) => passkey,
            Err(error) => {
                return self
                    .refuse(ADD, (cause, session), Factor::Passkey, error)
                    .await;
            }
        };
        let row = PasskeyRow {
            credential_id: URL_SAFE_NO_PAD.encode(passkey.cred_id()),
            tenant_id: session.tenant_id.as_str().to_owned(),
            username: session.username.clone(),
            name: name.to_owned(),
            credential: json(&passkey)?,
            // What it counts from is in `credential`; here is what it has counted since.
            counter: 0,
            created_at: self.clock.now().micros(),
            last_used_at: None,
        };
        let insert = move |connection: &mut _| table::insert(connection, &row);
        self.add(cause, session, Factor::Passkey, insert).await
    }

    async fn check_made(&self, session: &Session, made: &str) -> Result<Passkey, FactorError> {
        let state: PasskeyRegistration = self.taken(session, REGISTRATION).await?;
        let made: RegisterPublicKeyCredential =
            serde_json::from_str(made).map_err(|_| FactorError::Passkey)?;
        self.site
            .webauthn()?
            .finish_passkey_registration(&made, &state)
            .map_err(refused)
    }

    /// Begins to ask for a passkey. The answer is for the browser.
    pub async fn ask_for_passkey(
        &self,
        session: &Session,
    ) -> Result<RequestChallengeResponse, FactorError> {
        let webauthn = self.site.webauthn()?;
        let passkeys = self.passkeys(&session.username).await?;
        let passkeys: Vec<Passkey> = passkeys.into_iter().map(|(_, passkey)| passkey).collect();
        if passkeys.is_empty() {
            return Err(FactorError::NotFound);
        }
        let begun = webauthn.start_passkey_authentication(&passkeys);
        let (options, state) = begun.map_err(refused)?;
        self.begin(session, AUTHENTICATION, json(&state)?).await?;
        Ok(options)
    }

    /// Lets a session in that waits for a second factor.
    pub async fn verify_passkey(
        &self,
        cause: &Cause,
        session: &Session,
        signed: &str,
        address: Option<IpAddr>,
    ) -> Result<SessionKey, FactorError> {
        let used = match self.check_passkey(session, signed, address).await {
            Ok(used) => used,
            Err(error) => {
                return self
                    .refuse(VERIFY, (cause, session), Factor::Passkey, error)
                    .await;
            }
        };
        let now = self.clock.now();
        let take = move |connection: &mut _| {
            let noted = table::used(connection, &used, now)?;
            noted.then_some(()).ok_or(StorageError::Conflict)
        };
        match self.let_in(cause, session, Factor::Passkey, take).await {
            // It signed elsewhere meanwhile, or was removed.
            Err(FactorError::Storage(StorageError::Conflict)) => {
                let error = FactorError::Counter;
                self.refuse(VERIFY, (cause, session), Factor::Passkey, error)
                    .await
            }
            entered => entered,
        }
    }

    async fn check_passkey(
        &self,
        session: &Session,
        signed: &str,
        address: Option<IpAddr>,
    ) -> Result<PasskeyRow, FactorError> {
        let attempt = self.attempt(Factor::Passkey, session, address)?;
        let state: PasskeyAuthentication = self.taken(session, AUTHENTICATION).await?;
        let signed: PublicKeyCredential =
            serde_json::from_str(signed).map_err(|_| FactorError::Passkey)?;
        let result = self
            .site
            .webauthn()?
            .finish_passkey_authentication(&signed, &state)
            .map_err(refused)?;
        let passkeys = self.passkeys(&session.username).await?;
        let mut named = passkeys
            .into_iter()
            .filter(|(_, passkey)| passkey.cred_id() == result.cred_id());
        let (mut row, mut passkey) = named.next().ok_or(FactorError::NotFound)?;
        passkey.update_credential(&result);
        row.credential = json(&passkey)?;
        row.counter = result.counter().into();
        attempt.succeeded();
        Ok(row)
    }

    /// Removes one of one's own passkeys. With the last factor the recovery codes go.
    pub async fn remove_passkey(
        &self,
        cause: &Cause,
        session: &Session,
        id: &str,
    ) -> Result<(), FactorError> {
        if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(FactorError::NotFound);
        }
        let id = id.to_owned();
        let delete =
            move |connection: &mut _, username: &str| table::delete(connection, username, &id);
        self.remove(cause, session, Factor::Passkey, delete).await
    }

    async fn passkeys(&self, username: &str) -> Result<Vec<(PasskeyRow, Passkey)>, FactorError> {
        let username = username.to_owned();
        let rows = self
            .store
            .read(move |connection| table::of_administrator(connection, &username))
            .await?;
        rows.into_iter()
            .map(|row| Ok((read(&row.credential)?, row)))
            .map(|both: Result<_, FactorError>| both.map(|(passkey, row)| (row, passkey)))
            .collect()
    }

    /// What this session has begun, which nobody can finish any more from here on.
    async fn taken<T: DeserializeOwned>(
        &self,
        session: &Session,
        purpose: &'static str,
    ) -> Result<T, FactorError> {
        let state = self.begun(session, purpose).await?;
        let state = state.ok_or(FactorError::Ended)?;
        let (hash, expected) = (session.hash.clone(), state.clone());
        let effect = move |connection: &mut _| {
            let taken = factor_ceremonies::take(connection, (&hash, purpose), &expected)?;
            taken.then_some(()).ok_or(StorageError::NotFound)
        };
        match self.journal.maintain(effect).await {
            Ok(()) => read(&state),
            Err(StorageError::NotFound) => Err(FactorError::Ended),
            Err(error) => Err(error.into()),
        }
    }
}

/// What an authenticator knows an administrator by. It tells nobody the name.
fn handle(username: &str) -> Uuid {
    let hash = sha256_hex(format!("ambit passkey:{username}").as_bytes());
    let half = hash.get(..32).unwrap_or_default();
    Uuid::from_u128(u128::from_str_radix(half, 16).unwrap_or_default())
}

fn refused(error: WebauthnError) -> FactorError {
    tracing::debug!(%error, "a passkey was refused");
    match error {
        WebauthnError::CredentialPossibleCompromise => FactorError::Counter,
        _ => FactorError::Passkey,
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, FactorError> {
    serde_json::to_string(value).map_err(|error| unreadable(&error))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, FactorError> {
    serde_json::from_str(text).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> FactorError {
    StorageError::Unavailable(format!("a passkey cannot be read: {error}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_and_a_line_that_nobody_listens_to() {
        for (issuer, is_good) in [
            ("https://ambit.example", true),
            ("https://ambit.example:8443/below", true),
            ("http://localhost:8000", true),
            ("http://127.0.0.1:8000", false),
            ("https://192.0.2.1", false),
            ("https://[::1]", false),
            ("http://ambit.example", false),
        ] {
            assert_eq!(PasskeySite::of(issuer).0.is_ok(), is_good, "{issuer}");
        }
    }

    #[test]
    fn a_handle_is_one_administrators_own() {
        assert_eq!(handle("alice"), handle("alice"));
        assert_ne!(handle("alice"), handle("bob"));
        assert_ne!(handle("alice"), Uuid::nil());
    }
}
