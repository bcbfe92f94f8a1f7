//! A client as administrators see it, under its RFC 7591 names. Times are seconds since the epoch, as
//! that RFC has them.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NewSecret, Registered};
use crate::model::{Client, ClientSecret, Timestamp};

/// A client, without any secret but the one that was just made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ClientView {
    /// What the client names itself by.
    #[schema(example = "client_2dXyq0cVSYGmR4mCkZzPQA")]
    pub client_id: String,
    /// The secret. Only in the answer that made it; Ambit keeps a hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// When the secret in this answer ends; 0 if it does not. Only beside `client_secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    /// When the client was registered.
    #[schema(example = 1_795_000_000)]
    pub client_id_issued_at: i64,
    /// For people to read.
    #[schema(example = "Release bot")]
    pub client_name: String,
    /// What the client is for.
    pub description: String,
    /// The most that it may ask for, separated by spaces.
    #[schema(example = "protected")]
    pub scope: String,
    /// Grant types that it may use.
    #[schema(example = json!(["client_credentials"]))]
    pub grant_types: Vec<String>,
    /// Where interactive grants may lead back to.
    pub redirect_uris: Vec<String>,
    /// How it says it authenticates.
    #[schema(example = "client_secret_basic")]
    pub token_endpoint_auth_method: String,
    /// Whom to ask about it.
    pub contacts: Vec<String>,
    /// Identifier of the software that runs as this client.
    pub software_id: Option<String>,
    /// Resources beyond Ambit's own that its tokens may be for (RFC 8707).
    pub allowed_resources: Vec<String>,
    /// Resources that the client is the server of: it may introspect tokens for these.
    pub serves_resources: Vec<String>,
    /// Lifetime of its tokens in seconds; null for the server's default.
    pub access_token_lifetime: Option<u32>,
    /// A disabled client gets no token, and those that it has are void.
    pub enabled: bool,
    /// Whose the client is.
    #[schema(example = "default")]
    pub tenant_id: String,
    /// When it was last changed.
    pub updated_at: i64,
    /// When all of its tokens were last made void.
    pub tokens_valid_from: i64,
    /// When it last authenticated; seconds behind.
    pub last_used_at: Option<i64>,
    /// Its secrets, without their values. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Vec<SecretView>>,
}

/// One of a client's secrets, without its value.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SecretView {
    /// Names the secret; stands behind the prefix of its value.
    pub secret_id: String,
    /// When it was made.
    pub created_at: i64,
    /// When it ends, if ever.
    pub expires_at: Option<i64>,
    /// When it was last used; seconds behind.
    pub last_used_at: Option<i64>,
    /// Its value. Only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// A page of a list of clients.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ClientPage {
    /// The clients.
    pub clients: Vec<ClientView>,
    /// Hand this in as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl From<&Client> for ClientView {
    fn from(client: &Client) -> Self {
        let texts = |resources: &[crate::model::Resource]| {
            resources
                .iter()
                .map(|resource| resource.as_str().to_owned())
                .collect()
        };
        Self {
            client_id: client.client_id.as_str().to_owned(),
            client_secret: None,
            client_secret_expires_at: None,
            client_id_issued_at: client.client_id_issued_at.seconds(),
            client_name: client.client_name.clone(),
            description: client.description.clone(),
            scope: client.scope.to_string(),
            grant_types: client.grant_types.clone(),
            redirect_uris: client.redirect_uris.clone(),
            token_endpoint_auth_method: client.token_endpoint_auth_method.clone(),
            contacts: client.contacts.clone(),
            software_id: client.software_id.clone(),
            allowed_resources: texts(&client.allowed_resources),
            serves_resources: texts(&client.serves_resources),
            access_token_lifetime: client.access_token_lifetime,
            enabled: client.enabled,
            tenant_id: client.tenant_id.as_str().to_owned(),
            updated_at: client.updated_at.seconds(),
            tokens_valid_from: client.tokens_valid_from.seconds(),
            last_used_at: client.last_used_at.map(Timestamp::seconds),
            secrets: None,
        }
    }
}

impl From<&Registered> for ClientView {
    fn from(registered: &Registered) -> Self {
        Self {
            secrets: Some(registered.secrets.iter().map(SecretView::from).collect()),
            ..Self::from(&registered.client)
        }
    }
}

impl ClientView {
    /// With the secret that was just made, to be shown this once.
    #[must_use]
    pub fn with_secret(mut self, secret: &NewSecret) -> Self {
        self.client_secret = Some(secret.value.expose_secret().to_owned());
        self.client_secret_expires_at =
            Some(secret.stored.expires_at.map_or(0, Timestamp::seconds));
        self
    }
}

impl From<&ClientSecret> for SecretView {
    fn from(secret: &ClientSecret) -> Self {
        Self {
            secret_id: secret.secret_id.clone(),
            created_at: secret.created_at.seconds(),
            expires_at: secret.expires_at.map(Timestamp::seconds),
            last_used_at: secret.last_used_at.map(Timestamp::seconds),
            client_secret: None,
        }
    }
}

impl From<&NewSecret> for SecretView {
    fn from(secret: &NewSecret) -> Self {
        Self {
            client_secret: Some(secret.value.expose_secret().to_owned()),
            ..Self::from(&secret.stored)
        }
    }
}
