//! Clients and their secrets.

use diesel::prelude::*;
use secrecy::ExposeSecret;

use super::schema::{client_secrets, clients};
use super::{AnyConnection, StorageError};
use crate::model::{Client, ClientId, ClientSecret, Resource, ScopeSet, TenantId, Timestamp};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
struct ClientRow {
    client_id: String,
    tenant_id: String,
    client_name: String,
    description: String,
    scope: String,
    allowed_resources: String,
    serves_resources: String,
    grant_types: String,
    redirect_uris: String,
    token_endpoint_auth_method: String,
    contacts: String,
    software_id: Option<String>,
    access_token_lifetime: Option<i32>,
    enabled: bool,
    client_id_issued_at: i64,
    updated_at: i64,
    tokens_valid_from: i64,
    token_generation: i64,
    last_used_at: Option<i64>,
}

impl From<&Client> for ClientRow {
    fn from(client: &Client) -> Self {
        Self {
            client_id: client.client_id.as_str().to_owned(),
            tenant_id: client.tenant_id.as_str().to_owned(),
            client_name: client.client_name.clone(),
            description: client.description.clone(),
            scope: client.scope.to_string(),
            allowed_resources: list_to_json(&client.allowed_resources),
            serves_resources: list_to_json(&client.serves_resources),
            grant_types: list_to_json(&client.grant_types),
            redirect_uris: list_to_json(&client.redirect_uris),
            token_endpoint_auth_method: client.token_endpoint_auth_method.clone(),
            contacts: list_to_json(&client.contacts),
            software_id: client.software_id.clone(),
            access_token_lifetime: client
                .access_token_lifetime
                .map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
            enabled: client.enabled,
            client_id_issued_at: client.client_id_issued_at.micros(),
            updated_at: client.updated_at.micros(),
            tokens_valid_from: client.tokens_valid_from.micros(),
            token_generation: client.token_generation,
            last_used_at: client.last_used_at.map(Timestamp::micros),
        }
    }
}

impl TryFrom<ClientRow> for Client {
    type Error = StorageError;

    fn try_from(row: ClientRow) -> Result<Self, StorageError> {
        let scope = match row.scope.as_str() {
            "" => ScopeSet::default(),
            text => ScopeSet::parse(text).map_err(|error| damaged(&error))?,
        };
        Ok(Self {
            tenant_id: TenantId::new(row.tenant_id),
            client_id: ClientId::parse(&row.client_id).map_err(|error| damaged(&error))?,
            client_name: row.client_name,
            description: row.description,
            scope,
            allowed_resources: resources_from_json(&row.allowed_resources)?,
            serves_resources: resources_from_json(&row.serves_resources)?,
            grant_types: list_from_json(&row.grant_types)?,
            redirect_uris: list_from_json(&row.redirect_uris)?,
            token_endpoint_auth_method: row.token_endpoint_auth_method,
            contacts: list_from_json(&row.contacts)?,
            software_id: row.software_id,
            access_token_lifetime: row
                .access_token_lifetime
                .and_then(|seconds| u32::try_from(seconds).ok()),
            enabled: row.enabled,
            client_id_issued_at: Timestamp::from_micros(row.client_id_issued_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            tokens_valid_from: Timestamp::from_micros(row.tokens_valid_from),
            token_generation: row.token_generation,
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
        })
    }
}

fn damaged(error: &dyn std::fmt::Display) -> StorageError {
    StorageError::Unavailable(format!("a stored client is damaged: {error}"))
}

fn list_to_json<T: serde::Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}

fn list_from_json(text: &str) -> Result<Vec<String>, StorageError> {
    serde_json::from_str(text).map_err(|error| damaged(&error))
}

fn resources_from_json(text: &str) -> Result<Vec<Resource>, StorageError> {
    list_from_json(text)?
        .iter()
        .map(|uri| Resource::parse(uri).map_err(|error| damaged(&error)))
        .collect()
}

/// Adds a client.
pub fn insert(connection: &mut AnyConnection, client: &Client) -> Result<(), StorageError> {
    diesel::insert_into(clients::table)
        .values(ClientRow::from(client))
        .execute(connection)?;
    Ok(())
}

/// Writes all of a client's fields.
pub fn update(connection: &mut AnyConnection, client: &Client) -> Result<(), StorageError> {
    let row = ClientRow::from(client);
    match diesel::update(clients::table.find(client.client_id.as_str()))
        .set(row)
        .execute(connection)?
    {
        0 => Err(StorageError::NotFound),
        _ => Ok(()),
    }
}

/// Removes a client, and its secrets with it.
pub fn delete(connection: &mut AnyConnection, client_id: &ClientId) -> Result<(), StorageError> {
    match diesel::delete(clients::table.find(client_id.as_str())).execute(connection)? {
        0 => Err(StorageError::NotFound),
        _ => Ok(()),
    }
}

/// One client.
pub fn find(
    connection: &mut AnyConnection,
    client_id: &ClientId,
) -> Result<Option<Client>, StorageError> {
    let row: Option<ClientRow> = clients::table
        .find(client_id.as_str())
        .select(ClientRow::as_select())
        .first(connection)
        .optional()?;
    row.map(Client::try_from).transpose()
}

/// What a list is ordered by; the identifier breaks ties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By name, A to Z.
    NameAscending,
    /// By name, Z to A.
    NameDescending,
    /// Oldest registration first.
    OldestFirst,
    /// Newest registration first.
    #[default]
    NewestFirst,
}

/// Which clients a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those whose name, description or identifier contains this, in any case; of letters beyond
    /// ASCII, in any case that the database knows.
    pub search: Option<String>,
    /// Only enabled, or only disabled ones.
    pub enabled: Option<bool>,
    /// Only those that may ask for this scope.
    pub scope: Option<String>,
}

/// The last row of the page before: its sort value and its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Name, or registration time in microseconds as text.
    pub value: String,
    /// The identifier.
    pub client_id: String,
}

impl Position {
    /// Where `client` stands in a list of this order.
    pub fn of(client: &Client, order: Order) -> Self {
        let value = match order {
            Order::NameAscending | Order::NameDescending => client.client_name.clone(),
            Order::OldestFirst | Order::NewestFirst => {
                client.client_id_issued_at.micros().to_string()
            }
        };
        Self {
            value,
            client_id: client.client_id.as_str().to_owned(),
        }
    }
}

/// At most `limit` of a tenant's clients behind a position.
pub fn page(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    filter: &Filter,
    order: Order,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Client>, StorageError> {
    use clients::dsl;
    use diesel::sql_types::Text;
    diesel::define_sql_function! { fn lower(text: Text) -> Text; }
    diesel::define_sql_function! { fn replace(text: Text, what: Text, by: Text) -> Text; }

    let mut query = dsl::clients
        .filter(dsl::tenant_id.eq(tenant_id.as_str()))
        .select(ClientRow::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(enabled) = filter.enabled {
        query = query.filter(dsl::enabled.eq(enabled));
    }
    if let Some(scope) = &filter.scope {
        // Whole tokens in their own case, which no pattern finds on both databases.
        let held = || diesel::dsl::sql::<Text>("(' ' || scope || ' ')");
        query = query.filter(replace(held(), format!(" {scope} "), "").ne(held()));
    }
    if let Some(search) = &filter.search {
        let pattern = format!("%{}%", escape_like(search));
        // The database lowers both sides, so that they fit whichever letters it knows.
        query = query.filter(
            lower(dsl::client_name)
                .like(lower(pattern.clone()))
                .escape('\\')
                .or(lower(dsl::description)
                    .like(lower(pattern.clone()))
                    .escape('\\'))
                .or(lower(dsl::client_id).like(lower(pattern)).escape('\\')),
        );
    }
    if let Some(Position { value, client_id }) = after {
        let id = client_id.clone();
        let at: i64 = value.parse().unwrap_or_default();
        query = match order {
            Order::NameAscending => query.filter(
                dsl::client_name.gt(value.clone()).or(dsl::client_name
                    .eq(value.clone())
                    .and(dsl::client_id.gt(id))),
            ),
            Order::NameDescending => query.filter(
                dsl::client_name.lt(value.clone()).or(dsl::client_name
                    .eq(value.clone())
                    .and(dsl::client_id.gt(id))),
            ),
            Order::OldestFirst => query.filter(
                dsl::client_id_issued_at
                    .gt(at)
                    .or(dsl::client_id_issued_at.eq(at).and(dsl::client_id.gt(id))),
            ),
            Order::NewestFirst => query.filter(
                dsl::client_id_issued_at
                    .lt(at)
                    .or(dsl::client_id_issued_at.eq(at).and(dsl::client_id.gt(id))),
            ),
        };
    }
    let query = match order {
        Order::NameAscending => query.order((dsl::client_name.asc(), dsl::client_id.asc())),
        Order::NameDescending => query.order((dsl::client_name.desc(), dsl::client_id.asc())),
        Order::OldestFirst => query.order((dsl::client_id_issued_at.asc(), dsl::client_id.asc())),
        Order::NewestFirst => query.order((dsl::client_id_issued_at.desc(), dsl::client_id.asc())),
    };
    let rows: Vec<ClientRow> = query.load(connection)?;
    rows.into_iter().map(Client::try_from).collect()
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// Every resource that some client is the server of.
pub fn served_resources(connection: &mut AnyConnection) -> Result<Vec<Resource>, StorageError> {
    let rows: Vec<String> = clients::table
        .filter(clients::serves_resources.ne("[]"))
        .select(clients::serves_resources)
        .load(connection)?;
    let mut resources = Vec::new();
    for row in rows {
        resources.extend(resources_from_json(&row)?);
    }
    Ok(resources)
}

/// Notes when clients and secrets were last used. Never moves back.
pub fn touch(
    connection: &mut AnyConnection,
    uses: &[(ClientId, String, Timestamp)],
) -> Result<(), StorageError> {
    for (client_id, secret_id, at) in uses {
        let at = at.micros();
        let client = clients::table
            .filter(clients::client_id.eq(client_id.as_str()))
            .filter(
                clients::last_used_at
                    .is_null()
                    .or(clients::last_used_at.lt(at)),
            );
        diesel::update(client)
            .set(clients::last_used_at.eq(at))
            .execute(connection)?;
        let secret = client_secrets::table
            .filter(client_secrets::secret_id.eq(secret_id))
            .filter(
                client_secrets::last_used_at
                    .is_null()
                    .or(client_secrets::last_used_at.lt(at)),
            );
        diesel::update(secret)
            .set(client_secrets::last_used_at.eq(at))
            .execute(connection)?;
    }
    Ok(())
}

type SecretRow = (String, String, String, i64, Option<i64>, Option<i64>);

/// A client's secrets, oldest first.
pub fn secrets(
    connection: &mut AnyConnection,
    client_id: &ClientId,
) -> Result<Vec<ClientSecret>, StorageError> {
    let rows: Vec<SecretRow> = client_secrets::table
        .filter(client_secrets::client_id.eq(client_id.as_str()))
        .order((
            client_secrets::created_at.asc(),
            client_secrets::secret_id.asc(),
        ))
        .select((
            client_secrets::secret_id,
            client_secrets::client_id,
            client_secrets::secret_hash,
            client_secrets::created_at,
            client_secrets::expires_at,
            client_secrets::last_used_at,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(
            |(secret_id, client_id, hash, created_at, expires_at, last_used_at)| {
                Ok(ClientSecret {
                    secret_id,
                    client_id: ClientId::parse(&client_id).map_err(|error| damaged(&error))?,
                    hash: hash.into(),
                    created_at: Timestamp::from_micros(created_at),
                    expires_at: expires_at.map(Timestamp::from_micros),
                    last_used_at: last_used_at.map(Timestamp::from_micros),
                })
            },
        )
        .collect()
}

/// Gives a client a secret.
pub fn insert_secret(
    connection: &mut AnyConnection,
    tenant_id: &TenantId,
    secret: &ClientSecret,
) -> Result<(), StorageError> {
    diesel::insert_into(client_secrets::table)
        .values((
            client_secrets::secret_id.eq(&secret.secret_id),
            client_secrets::tenant_id.eq(tenant_id.as_str()),
            client_secrets::client_id.eq(secret.client_id.as_str()),
            client_secrets::secret_hash.eq(secret.hash.expose_secret()),
            client_secrets::created_at.eq(secret.created_at.micros()),
            client_secrets::expires_at.eq(secret.expires_at.map(Timestamp::micros)),
        ))
        .execute(connection)?;
    Ok(())
}

/// Sets when a secret stops working.
pub fn expire_secret(
    connection: &mut AnyConnection,
    client_id: &ClientId,
    secret_id: &str,
    expires_at: Timestamp,
) -> Result<(), StorageError> {
    let changed = diesel::update(
        client_secrets::table
            .filter(client_secrets::client_id.eq(client_id.as_str()))
            .filter(client_secrets::secret_id.eq(secret_id)),
    )
    .set(client_secrets::expires_at.eq(expires_at.micros()))
    .execute(connection)?;
    if changed == 0 {
        Err(StorageError::NotFound)
    } else {
        Ok(())
    }
}

/// Takes a secret away.
pub fn delete_secret(
    connection: &mut AnyConnection,
    client_id: &ClientId,
    secret_id: &str,
) -> Result<(), StorageError> {
    let changed = diesel::delete(
        client_secrets::table
            .filter(client_secrets::client_id.eq(client_id.as_str()))
            .filter(client_secrets::secret_id.eq(secret_id)),
    )
    .execute(connection)?;
    if changed == 0 {
        Err(StorageError::NotFound)
    } else {
        Ok(())
    }
}
