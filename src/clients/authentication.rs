//! Client authentication by a secret (RFC 6749 section 2.3.1).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::{Clients, Registered, secret};
use crate::model::ClientId;
use crate::secrets::{Refused, Stored};
use crate::storage::StorageError;

/// A client that has proved who it is.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The client; it is enabled.
    pub registered: Arc<Registered>,
    /// The secret that it proved itself by.
    pub secret_id: String,
}

/// Why a client was not authenticated. The first case covers an unknown client, a wrong secret and one
/// that has expired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// Not somebody we know, or not proved.
    #[error("client authentication failed")]
    Failed,
    /// A disabled client, which proved who it is. It is answered as if it had failed.
    #[error("client authentication failed")]
    Disabled,
    /// Too many failed lately.
    #[error("too many attempts failed; wait {} seconds", .0.as_secs().max(1))]
    Limited(Duration),
    /// Too many secrets are being checked.
    #[error("too many secrets are being checked")]
    Busy,
    /// The database is away.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Clients {
    /// Checks what a client presented.
    pub async fn authenticate(
        &self,
        client_id: &str,
        presented: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<Authenticated, AuthenticationError> {
        let registered = match ClientId::parse(client_id) {
            Ok(client_id) => self.find(&client_id).await?,
            Err(_) => None,
        };
        let now = self.deps.clock.now();
        let claimed = secret::id_of(presented).unwrap_or_default();
        let stored = registered
            .iter()
            .flat_map(|registered| &registered.secrets)
            .find(|secret| secret.secret_id == claimed && secret.is_current(now))
            .map(|secret| Stored {
                id: secret.secret_id.clone(),
                hash: secret.hash.clone(),
            });
        let checked = self
            .deps
            .checker
            .check(client_id, address, presented, stored.as_ref())
            .await;
        checked.map_err(|refused| match refused {
            Refused::Wrong => AuthenticationError::Failed,
            Refused::Limited(wait) => AuthenticationError::Limited(wait),
            Refused::Busy => AuthenticationError::Busy,
        })?;
        match (registered, stored) {
            (Some(registered), Some(stored)) if registered.client.enabled => {
                self.uses
                    .note(&registered.client.client_id, &stored.id, now);
                Ok(Authenticated {
                    registered,
                    secret_id: stored.id,
                })
            }
            (Some(_), Some(_)) => Err(AuthenticationError::Disabled),
            _ => Err(AuthenticationError::Failed),
        }
    }
}
