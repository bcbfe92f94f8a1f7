//! Clients: registration and its rules. The admin API, the GUI and the command line are thin over
//! [`Clients`].

mod authentication;
mod cursor;
mod registration;
mod rotation;
mod secret;
mod uses;
mod view;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

pub use authentication::{Authenticated, AuthenticationError};
pub use cursor::{InvalidCursor, decode_cursor, encode_cursor};
pub use registration::{
    ClientPatch, FieldError, LONGEST_SECRET_LIFETIME, Registration, Rules, check_secret_lifetime,
};
pub use uses::Uses;
pub use view::{ClientPage, ClientView, SecretView};

use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{Client, ClientId, ClientSecret, Clock, Resource, TenantId};
use crate::scopes::Catalogue;
use crate::secrets::{Checker, HashError};
use crate::storage::cached::Cached;
use crate::storage::changes::{Change, Kind};
use crate::storage::clients::{self as table, Filter, Order, Position};
use crate::storage::{AnyConnection, StorageError, Store};

/// Clients remembered at a time.
const REMEMBERED: usize = 10_000;
/// Most secrets that a client holds: the one in use and the one that replaces it.
pub const MOST_SECRETS: usize = 2;

/// A client and its secrets' hashes.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secrets, oldest first.
    pub secrets: Vec<ClientSecret>,
}

/// Why a client was not registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Fields that cannot be accepted, all of them.
    #[error("{} of the client's fields cannot be accepted", .0.len())]
    Invalid(Vec<FieldError>),
    /// There is no such client or secret.
    #[error("there is no such client or secret")]
    NotFound,
    /// It holds as many secrets as a client may.
    #[error("a client holds at most {MOST_SECRETS} secrets; retire one first")]
    TooManySecrets,
    /// The last secret can't be retired this way.
    #[error("this is the client's only secret; add another first, or disable the client")]
    LastSecret,
    /// Hashing the new secret failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database would not.
    #[error(transparent)]
    Storage(StorageError),
}

impl From<StorageError> for ClientError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NotFound => Self::NotFound,
            other => Self::Storage(other),
        }
    }
}

/// A secret that was just made: shown once, never again.
pub struct NewSecret {
    /// As it is stored.
    pub stored: ClientSecret,
    /// What the client has to present.
    pub value: SecretString,
}

/// What the service works with.
pub struct Dependencies {
    /// Reads.
    pub store: Arc<Store>,
    /// Writes.
    pub journal: Arc<Journal>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Checks secrets.
    pub checker: Arc<Checker>,
    /// Knows the scopes.
    pub catalogue: Arc<Catalogue>,
    /// What registrations must keep to.
    pub rules: Rules,
}

/// Registers clients, finds them, changes them.
pub struct Clients {
    deps: Dependencies,
    remembered: Cached<ClientId, Option<Arc<Registered>>>,
    served: Cached<(), Arc<Vec<Resource>>>,
    uses: Uses,
}

impl Clients {
    /// A service over these.
    pub fn new(deps: Dependencies) -> Self {
        Self {
            deps,
            remembered: Cached::new(REMEMBERED),
            served: Cached::new(1),
            uses: Uses::default(),
        }
    }

    /// Registers a client and gives it its first secret.
    pub async fn register(
        &self,
        cause: &Cause,
        registration: Registration,
    ) -> Result<(Registered, NewSecret), ClientError> {
        let secret_lifetime = registration.client_secret_lifetime.map(Duration::from_secs);
        let client = registration
            .into_client(
                &self.deps.rules,
                &self.deps.catalogue,
                &cause.tenant_id,
                self.deps.clock.now(),
            )
            .map_err(ClientError::Invalid)?;
        let secret = self.make_secret(&client.client_id, secret_lifetime).await?;
        let registered = Registered {
            client: client.clone(),
            secrets: vec![secret.stored.clone()],
        };
        let entry = Entry::new("client.create", Decision::Allowed, cause)
            .client(&client.client_id)
            .target(client.client_id.as_str())
            .detail("client_name", &client.client_name);
        let entry = powers(&client)
            .into_iter()
            .fold(entry, |entry, (name, value)| entry.fact(name, value));
        let stored = secret.stored.clone();
        let client_id = client.client_id.clone();
        self.change(entry, &client_id, move |connection| {
            table::insert(connection, &client)?;
            table::insert_secret(connection, &client.tenant_id, &stored)
        })
        .await?;
        Ok((registered, secret))
    }

    /// A client, from memory if it is there.
    pub async fn find(
        &self,
        client_id: &ClientId,
    ) -> Result<Option<Arc<Registered>>, StorageError> {
        let wanted = client_id.clone();
        let load = self
            .deps
            .store
            .read(move |connection| load(connection, &wanted));
        self.remembered.get_or_load(client_id, load).await
    }

    /// A tenant's client, as the database has it now.
    pub async fn show(
        &self,
        tenant_id: &TenantId,
        client_id: &ClientId,
    ) -> Result<Registered, ClientError> {
        let wanted = client_id.clone();
        let found = self
            .deps
            .store
            .read(move |connection| load(connection, &wanted))
            .await?;
        match found {
            Some(found) if found.client.tenant_id == *tenant_id => Ok(found.as_ref().clone()),
            _ => Err(ClientError::NotFound),
        }
    }

    /// At most `limit` clients behind a position, and the position of the last one if more follow.
    pub async fn list(
        &self,
        tenant_id: &TenantId,
        filter: Filter,
        order: Order,
        after: Option<Position>,
        limit: u16,
    ) -> Result<(Vec<Client>, Option<Position>), StorageError> {
        let tenant_id = tenant_id.clone();
        let wanted = i64::from(limit);
        let mut clients = self
            .deps
            .store
            .read(move |connection| {
                let one_more = wanted.saturating_add(1);
                table::page(
                    connection,
                    &tenant_id,
                    &filter,
                    order,
                    after.as_ref(),
                    one_more,
                )
            })
            .await?;
        let more = clients.len() > usize::from(limit);
        clients.truncate(usize::from(limit));
        let next = clients
            .last()
            .filter(|_| more)
            .map(|last| Position::of(last, order));
        Ok((clients, next))
    }

    /// Changes what the patch names.
    pub async fn update(
        &self,
        cause: &Cause,
        client_id: &ClientId,
        patch: ClientPatch,
    ) -> Result<Registered, ClientError> {
        let current = self.show(&cause.tenant_id, client_id).await?.client;
        let fields = patch.fields();
        // The patch is checked here, against what is there now, and applied inside the transaction to
        // what is there then: two administrators at once do not undo each other.
        let changed = patch
            .apply(current, &self.deps.rules, &self.deps.catalogue)
            .map_err(ClientError::Invalid)?;
        let now = self.deps.clock.now();
        let entry = Entry::new("client.update", Decision::Allowed, cause)
            .client(client_id)
            .target(client_id.as_str())
            .detail("fields", &fields.join(" "));
        let entry = powers(&changed)
            .into_iter()
            .filter(|(name, _)| fields.contains(name))
            .fold(entry, |entry, (name, value)| entry.fact(name, value));
        let rules = self.deps.rules.clone();
        let catalogue = Arc::clone(&self.deps.catalogue);
        let id = client_id.clone();
        self.change(entry, client_id, move |connection| {
            let current = table::find(connection, &id)?.ok_or(StorageError::NotFound)?;
            let mut changed = patch
                .apply(current, &rules, &catalogue)
                .map_err(|_| StorageError::Conflict)?;
            changed.updated_at = now;
            table::update(connection, &changed)
        })
        .await?;
        self.show(&cause.tenant_id, client_id).await
    }

    /// Lets a client in again. Tokens that it had before stay void.
    pub async fn enable(
        &self,
        cause: &Cause,
        client_id: &ClientId,
    ) -> Result<Registered, ClientError> {
        self.modify(cause, client_id, "client.enable", |client| {
            client.enabled = true
        })
        .await
    }

    /// Shuts a client out: it gets no token, and those that it has are void at once.
    pub async fn disable(
        &self,
        cause: &Cause,
        client_id: &ClientId,
    ) -> Result<Registered, ClientError> {
        let now = self.deps.clock.now();
        let disabled = self
            .modify(cause, client_id, "client.disable", move |client| {
                client.enabled = false;
                client.token_generation = client.token_generation.saturating_add(1);
                client.tokens_valid_from = now;
            })
            .await?;
        for secret in &disabled.secrets {
            self.deps.checker.forget(&secret.secret_id);
        }
        Ok(disabled)
    }

    /// Makes every token that the client has void, at once.
    pub async fn revoke_tokens(
        &self,
        cause: &Cause,
        client_id: &ClientId,
    ) -> Result<Registered, ClientError> {
        let now = self.deps.clock.now();
        self.modify(cause, client_id, "client.revoke_tokens", move |client| {
            client.token_generation = client.token_generation.saturating_add(1);
            client.tokens_valid_from = now;
        })
        .await
    }

    /// Removes a client, its secrets, and with it the validity of its tokens.
    pub async fn delete(&self, cause: &Cause, client_id: &ClientId) -> Result<(), ClientError> {
        let current = self.show(&cause.tenant_id, client_id).await?;
        let entry = Entry::new("client.delete", Decision::Allowed, cause)
            .client(client_id)
            .target(client_id.as_str())
            .detail("client_name", &current.client.client_name);
        let id = client_id.clone();
        self.change(entry, client_id, move |connection| {
            table::delete(connection, &id)
        })
        .await?;
        for secret in &current.secrets {
            self.deps.checker.forget(&secret.secret_id);
        }
        Ok(())
    }

    /// Resources that some client is the server of.
    pub async fn served_resources(&self) -> Result<Arc<Vec<Resource>>, StorageError> {
        let load = async {
            let served = self.deps.store.read(table::served_resources).await?;
            Ok(Arc::new(served))
        };
        self.served.get_or_load(&(), load).await
    }

    /// A client changed somewhere: it is read again before it is next decided upon.
    pub fn forget(&self, client_id: &str) {
        if let Ok(client_id) = ClientId::parse(client_id) {
            self.remembered.forget(&client_id);
        }
        self.served.forget_all();
    }

    /// Any client may have changed.
    pub fn forget_all(&self) {
        self.remembered.forget_all();
        self.served.forget_all();
    }

    /// Writes down when clients and secrets were last used.
    pub async fn flush_uses(&self) -> Result<(), StorageError> {
        let uses = self.uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        let noted = uses.clone();
        let effect = move |connection: &mut _| table::touch(connection, &noted);
        let outcome = self.deps.journal.maintain(effect).await;
        if outcome.is_err() {
            // To be written down next time, unless a later use is noted by then.
            self.uses.put_back(uses);
        }
        outcome
    }

    async fn modify(
        &self,
        cause: &Cause,
        client_id: &ClientId,
        event: &'static str,
        edit: impl Fn(&mut Client) + Send + 'static,
    ) -> Result<Registered, ClientError> {
        self.show(&cause.tenant_id, client_id).await?;
        let entry = Entry::new(event, Decision::Allowed, cause)
            .client(client_id)
            .target(client_id.as_str());
        let id = client_id.clone();
        let now = self.deps.clock.now();
        self.change(entry, client_id, move |connection| {
            let mut client = table::find(connection, &id)?.ok_or(StorageError::NotFound)?;
            edit(&mut client);
            client.updated_at = now;
            table::update(connection, &client)
        })
        .await?;
        self.show(&cause.tenant_id, client_id).await
    }

    async fn change(
        &self,
        entry: Entry,
        client_id: &ClientId,
        effect: impl Fn(&mut AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<(), ClientError> {
        let change = Change {
            kind: Kind::Client,
            subject: client_id.as_str().to_owned(),
        };
        let outcome = self.deps.journal.change(entry, Some(change), effect).await;
        self.forget(client_id.as_str());
        Ok(outcome?)
    }
}

/// What a client may do, field by field and in full, for the record of who gave it.
fn powers(client: &Client) -> [(&'static str, String); 5] {
    let list = |resources: &[Resource]| {
        let texts: Vec<_> = resources.iter().map(Resource::as_str).collect();
        texts.join(" ")
    };
    let lifetime = client
        .access_token_lifetime
        .map_or_else(|| "default".to_owned(), |seconds| seconds.to_string());
    [
        ("scope", client.scope.to_string()),
        ("allowed_resources", list(&client.allowed_resources)),
        ("serves_resources", list(&client.serves_resources)),
        ("grant_types", client.grant_types.join(" ")),
        ("access_token_lifetime", lifetime),
    ]
}

fn load(
    connection: &mut AnyConnection,
    client_id: &ClientId,
) -> Result<Option<Arc<Registered>>, StorageError> {
    let Some(client) = table::find(connection, client_id)? else {
        return Ok(None);
    };
    let secrets = table::secrets(connection, client_id)?;
    Ok(Some(Arc::new(Registered { client, secrets })))
}
