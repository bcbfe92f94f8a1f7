//! A registered client and its secrets.

use secrecy::SecretString;

use super::{ClientId, Resource, ScopeSet, TenantId, Timestamp};

/// A client as it is registered (RFC 7591 section 2 names the metadata).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Whose the client is.
    pub tenant_id: TenantId,
    /// What it names itself by.
    pub client_id: ClientId,
    /// For people to read.
    pub client_name: String,
    /// What the client is for.
    pub description: String,
    /// The most that it may ask for.
    pub scope: ScopeSet,
    /// Resources beyond Ambit's own that its tokens may be for (RFC 8707).
    pub allowed_resources: Vec<Resource>,
    /// Resources that the client itself is the server of: it may introspect tokens for these.
    pub serves_resources: Vec<Resource>,
    /// Grant types that it may use.
    pub grant_types: Vec<String>,
    /// Where interactive grants may lead back to.
    pub redirect_uris: Vec<String>,
    /// How it says it authenticates. Basic and post both work for one that names either.
    pub token_endpoint_auth_method: String,
    /// Whom to ask about it.
    pub contacts: Vec<String>,
    /// Identifier of the software that runs as this client.
    pub software_id: Option<String>,
    /// Lifetime of its tokens, in seconds; `None` for the server's default.
    pub access_token_lifetime: Option<u32>,
    /// A disabled client gets no token, and those that it has are void.
    pub enabled: bool,
    /// When it was registered.
    pub client_id_issued_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When all of its tokens were last made void, for people to read.
    pub tokens_valid_from: Timestamp,
    /// Counts how often all of its tokens were made void. A token carries the count that it was
    /// issued under, so that replicas whose clocks differ agree on which tokens are void.
    pub token_generation: i64,
    /// When it last authenticated; written now and then, not for each token.
    pub last_used_at: Option<Timestamp>,
}

/// One of a client's secrets, as its hash.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// Names the secret; says nothing about it.
    pub secret_id: String,
    /// Whose it is.
    pub client_id: ClientId,
    /// Argon2id in PHC form.
    pub hash: SecretString,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it last authenticated; written now and then.
    pub last_used_at: Option<Timestamp>,
}

impl ClientSecret {
    /// Whether the secret still works at `now`.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
impl Client {
    /// A client with nothing special about it.
    pub fn for_tests() -> Self {
        let epoch = Timestamp::from_seconds(0);
        Self {
            tenant_id: TenantId::default(),
            client_id: ClientId::generate(),
            client_name: "test".to_owned(),
            description: String::new(),
            scope: ScopeSet::default(),
            allowed_resources: Vec::new(),
            serves_resources: Vec::new(),
            grant_types: vec!["client_credentials".to_owned()],
            redirect_uris: Vec::new(),
            token_endpoint_auth_method: "client_secret_basic".to_owned(),
            contacts: Vec::new(),
            software_id: None,
            access_token_lifetime: None,
            enabled: true,
            client_id_issued_at: epoch,
            updated_at: epoch,
            tokens_valid_from: epoch,
            token_generation: 0,
            last_used_at: None,
        }
    }
}
