//! A client's secrets: made, and replaced without a pause. The client gets a second one, changes over to
//! it, and the first is retired.

use std::time::Duration;

use super::{ClientError, Clients, MOST_SECRETS, NewSecret, Registered, secret, table};
use crate::audit::{Cause, Decision, Entry};
use crate::model::{ClientId, ClientSecret};
use crate::storage::StorageError;

impl Clients {
    /// Gives a client one more secret, so that it can change over without a pause.
    pub async fn add_secret(
        &self,
        cause: &Cause,
        client_id: &ClientId,
        lifetime: Option<Duration>,
    ) -> Result<NewSecret, ClientError> {
        let now = self.deps.clock.now();
        let current = self.show(&cause.tenant_id, client_id).await?;
        let held = current
            .secrets
            .iter()
            .filter(|secret| secret.is_current(now))
            .count();
        if held >= MOST_SECRETS {
            return Err(ClientError::TooManySecrets);
        }
        let secret = self.make_secret(client_id, lifetime).await?;
        let entry = Entry::new("client.secret.create", Decision::Allowed, cause)
            .client(client_id)
            .target(client_id.as_str())
            .detail("secret_id", &secret.stored.secret_id);
        let stored = secret.stored.clone();
        let tenant_id = cause.tenant_id.clone();
        let id = client_id.clone();
        let outcome = self.change(entry, client_id, move |connection| {
            let secrets = table::secrets(connection, &id)?;
            let (current, ended): (Vec<_>, Vec<_>) = secrets
                .into_iter()
                .partition(|secret| secret.is_current(now));
            if current.len() >= MOST_SECRETS {
                return Err(StorageError::Conflict);
            }
            for secret in ended {
                table::delete_secret(connection, &id, &secret.secret_id)?;
            }
            table::insert_secret(connection, &tenant_id, &stored)
        });
        match outcome.await {
            Err(ClientError::Storage(StorageError::Conflict)) => Err(ClientError::TooManySecrets),
            other => other.map(|()| secret),
        }
    }

    /// Retires a secret, at once or after some time. The only one that still works stays.
    pub async fn retire_secret(
        &self,
        cause: &Cause,
        client_id: &ClientId,
        secret_id: &str,
        after: Duration,
    ) -> Result<Registered, ClientError> {
        let now = self.deps.clock.now();
        self.show(&cause.tenant_id, client_id).await?;
        let entry = Entry::new("client.secret.retire", Decision::Allowed, cause)
            .client(client_id)
            .target(client_id.as_str())
            .detail("secret_id", secret_id)
            .detail("after_seconds", &after.as_secs().to_string());
        let id = client_id.clone();
        let retired = secret_id.to_owned();
        let outcome = self.change(entry, client_id, move |connection| {
            let secrets = table::secrets(connection, &id)?;
            if !secrets.iter().any(|secret| secret.secret_id == retired) {
                return Err(StorageError::NotFound);
            }
            let stays =
                |secret: &ClientSecret| secret.secret_id != retired && secret.is_current(now);
            if !secrets.iter().any(stays) {
                return Err(StorageError::Conflict);
            }
            let ends = secrets
                .iter()
                .find(|secret| secret.secret_id == retired)
                .and_then(|secret| secret.expires_at)
                .map_or(now.plus(after), |end| end.min(now.plus(after)));
            if ends <= now {
                table::delete_secret(connection, &id, &retired)
            } else {
                table::expire_secret(connection, &id, &retired, ends)
            }
        });
        match outcome.await {
            Err(ClientError::Storage(StorageError::Conflict)) => {
                return Err(ClientError::LastSecret);
            }
            other => other?,
        }
        if after.is_zero() {
            self.deps.checker.forget(secret_id);
        }
        self.show(&cause.tenant_id, client_id).await
    }

    pub(super) async fn make_secret(
        &self,
        client_id: &ClientId,
        lifetime: Option<Duration>,
    ) -> Result<NewSecret, ClientError> {
        let (secret_id, value) = secret::generate();
        let hash = self.deps.checker.hash(&value).await?;
        let now = self.deps.clock.now();
        let stored = ClientSecret {
            secret_id,
            client_id: client_id.clone(),
            hash,
            created_at: now,
            expires_at: lifetime.map(|lifetime| now.plus(lifetime)),
            last_used_at: None,
        };
        Ok(NewSecret { stored, value })
    }
}
