//! What a registration may say (RFC 7591 section 2), and a change to one.

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::model::{Client, ClientId, Resource, ScopeSet, TenantId, Timestamp};
use crate::scopes::Catalogue;

const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 2_000;
const LONGEST_CONTACT: usize = 254;
const LONGEST_LIST: usize = 20;
/// A hundred years, in seconds: a secret that is to last longer is one without an end.
pub const LONGEST_SECRET_LIFETIME: u64 = 3_153_600_000;

/// What every registration keeps to, whatever the request.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Grant types that the server has.
    pub grant_types: Vec<&'static str>,
    /// Client authentication methods that the server has.
    pub authentication_methods: Vec<&'static str>,
    /// Longest lifetime of an access token, in seconds.
    pub longest_token_lifetime: u32,
}

/// A field that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field's name.
    #[schema(example = "scope")]
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

impl FieldError {
    fn new(field: &str, detail: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            detail: detail.into(),
        }
    }
}

/// A client to be registered.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// For people to read; 1 to 200 characters.
    #[schema(
        example = "Release bot",
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub client_name: String,
    /// What the client is for; at most 2,000 characters.
    #[schema(
        max_length = 2000,
        pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
    )]
    pub description: Option<String>,
    /// The most that it may ask for, separated by spaces; none if left out.
    #[schema(example = "protected", pattern = r"^([!#-\[\]-~]+( [!#-\[\]-~]+)*)?$")]
    pub scope: Option<String>,
    /// Resources beyond Ambit's own that its tokens may be for (RFC 8707).
    #[serde(default)]
    pub allowed_resources: Vec<String>,
    /// Resources that the client is the server of: it may introspect tokens for these.
    #[serde(default)]
    pub serves_resources: Vec<String>,
    /// Grant types that it may use; `client_credentials` if left out.
    pub grant_types: Option<Vec<String>>,
    /// Where interactive grants may lead back to.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// How it says it authenticates; `client_secret_basic` if left out. Either method works.
    #[schema(example = "client_secret_basic")]
    pub token_endpoint_auth_method: Option<String>,
    /// Whom to ask about it.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// Identifier of the software that runs as this client.
    pub software_id: Option<String>,
    /// Lifetime of its tokens in seconds; the server's default if left out.
    #[schema(minimum = 1, maximum = 2_592_000)]
    pub access_token_lifetime: Option<u32>,
    /// Seconds until its first secret ends; never, if left out.
    #[schema(minimum = 1, maximum = 3_153_600_000u64)]
    pub client_secret_lifetime: Option<u64>,
}

/// A change to a client. What is left out stays as it is, and what is null becomes what it is for a
/// client that is registered without it (RFC 7396).
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientPatch {
    /// For people to read; 1 to 200 characters. Every client has one, so null is refused.
    #[schema(
        value_type = String,
        required = false,
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    #[serde(default, deserialize_with = "null_resets")]
    pub client_name: Option<String>,
    /// What the client is for; at most 2,000 characters.
    #[schema(
        max_length = 2000,
        pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
    )]
    #[serde(default, deserialize_with = "null_resets")]
    pub description: Option<String>,
    /// The most that it may ask for, separated by spaces.
    #[schema(pattern = r"^([!#-\[\]-~]+( [!#-\[\]-~]+)*)?$")]
    #[serde(default, deserialize_with = "null_resets")]
    pub scope: Option<String>,
    /// Resources beyond Ambit's own that its tokens may be for (RFC 8707).
    #[serde(default, deserialize_with = "null_resets")]
    pub allowed_resources: Option<Vec<String>>,
    /// Resources that the client is the server of.
    #[serde(default, deserialize_with = "null_resets")]
    pub serves_resources: Option<Vec<String>>,
    /// Grant types that it may use.
    #[serde(default, deserialize_with = "null_resets_grant_types")]
    pub grant_types: Option<Vec<String>>,
    /// Where interactive grants may lead back to.
    #[serde(default, deserialize_with = "null_resets")]
    pub redirect_uris: Option<Vec<String>>,
    /// How it says it authenticates.
    #[serde(default, deserialize_with = "null_resets_method")]
    pub token_endpoint_auth_method: Option<String>,
    /// Whom to ask about it.
    #[serde(default, deserialize_with = "null_resets")]
    pub contacts: Option<Vec<String>>,
    /// Identifier of the software that runs as this client; null for none.
    #[serde(default, deserialize_with = "null_or_value")]
    #[schema(value_type = Option<String>)]
    pub software_id: Option<Option<String>>,
    /// Lifetime of its tokens in seconds; null for the server's default.
    #[serde(default, deserialize_with = "null_or_value")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 2_592_000)]
    pub access_token_lifetime: Option<Option<u32>>,
}

/// Tells a field that is null from one that is left out.
fn null_or_value<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

fn null_resets<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

fn null_resets_grant_types<'de, D>(deserializer: D) -> Result<Option<Vec<String>>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Some(
        Option::deserialize(deserializer)?.unwrap_or_else(default_grant_types),
    ))
}

fn null_resets_method<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Some(
        Option::deserialize(deserializer)?.unwrap_or_else(default_method),
    ))
}

fn default_grant_types() -> Vec<String> {
    vec!["client_credentials".to_owned()]
}

fn default_method() -> String {
    "client_secret_basic".to_owned()
}

impl Registration {
    /// The client that this registers, or every field that cannot be accepted.
    pub fn into_client(
        self,
        rules: &Rules,
        catalogue: &Catalogue,
        tenant_id: &TenantId,
        now: Timestamp,
    ) -> Result<Client, Vec<FieldError>> {
        let empty = Client {
            tenant_id: tenant_id.clone(),
            client_id: ClientId::generate(),
            client_name: String::new(),
            description: String::new(),
            scope: ScopeSet::default(),
            allowed_resources: Vec::new(),
            serves_resources: Vec::new(),
            grant_types: Vec::new(),
            redirect_uris: Vec::new(),
            token_endpoint_auth_method: String::new(),
            contacts: Vec::new(),
            software_id: None,
            access_token_lifetime: None,
            enabled: true,
            client_id_issued_at: now,
            updated_at: now,
            tokens_valid_from: now,
            token_generation: 0,
            last_used_at: None,
        };
        let secret_lifetime = check_secret_lifetime(self.client_secret_lifetime);
        let patch = ClientPatch {
            client_name: Some(self.client_name),
            description: self.description,
            scope: self.scope,
            allowed_resources: Some(self.allowed_resources),
            serves_resources: Some(self.serves_resources),
            grant_types: Some(self.grant_types.unwrap_or_else(default_grant_types)),
            redirect_uris: Some(self.redirect_uris),
            token_endpoint_auth_method: Some(
                self.token_endpoint_auth_method
                    .unwrap_or_else(default_method),
            ),
            contacts: Some(self.contacts),
            software_id: Some(self.software_id),
            access_token_lifetime: Some(self.access_token_lifetime),
        };
        match (patch.apply(empty, rules, catalogue), secret_lifetime) {
            (Ok(_), Err(error)) => Err(vec![error]),
            (Err(mut errors), Err(error)) => {
                errors.push(error);
                Err(errors)
            }
            (outcome, Ok(())) => outcome,
        }
    }
}

impl ClientPatch {
    /// The names of the fields that it changes.
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("client_name", self.client_name.is_some()),
            ("description", self.description.is_some()),
            ("scope", self.scope.is_some()),
            ("allowed_resources", self.allowed_resources.is_some()),
            ("serves_resources", self.serves_resources.is_some()),
            ("grant_types", self.grant_types.is_some()),
            ("redirect_uris", self.redirect_uris.is_some()),
            (
                "token_endpoint_auth_method",
                self.token_endpoint_auth_method.is_some(),
            ),
            ("contacts", self.contacts.is_some()),
            ("software_id", self.software_id.is_some()),
            (
                "access_token_lifetime",
                self.access_token_lifetime.is_some(),
            ),
        ]
        .into_iter()
        .filter_map(|(name, named)| named.then_some(name))
        .collect()
    }

    /// `client` with the change, or every field that cannot be accepted.
    pub fn apply(
        &self,
        mut client: Client,
        rules: &Rules,
        catalogue: &Catalogue,
    ) -> Result<Client, Vec<FieldError>> {
        let mut errors = Vec::new();
        if let Some(name) = &self.client_name {
            check_text(&mut errors, "client_name", name, 1, LONGEST_NAME);
            client.client_name.clone_from(name);
        }
        if let Some(description) = &self.description {
            check_prose(&mut errors, "description", description, LONGEST_DESCRIPTION);
            client.description.clone_from(description);
        }
        if let Some(scope) = &self.scope {
            client.scope = read_scope(&mut errors, scope, catalogue);
        }
        if let Some(resources) = &self.allowed_resources {
            client.allowed_resources = read_resources(&mut errors, "allowed_resources", resources);
        }
        if let Some(resources) = &self.serves_resources {
            client.serves_resources = read_resources(&mut errors, "serves_resources", resources);
        }
        if let Some(grant_types) = &self.grant_types {
            check_choices(&mut errors, "grant_types", grant_types, &rules.grant_types);
            client.grant_types.clone_from(grant_types);
        }
        if let Some(uris) = &self.redirect_uris {
            check_redirect_uris(&mut errors, uris);
            client.redirect_uris.clone_from(uris);
        }
        if let Some(method) = &self.token_endpoint_auth_method {
            let one = std::slice::from_ref(method);
            let methods = &rules.authentication_methods;
            check_choices(&mut errors, "token_endpoint_auth_method", one, methods);
            client.token_endpoint_auth_method.clone_from(method);
        }
        if let Some(contacts) = &self.contacts {
            check_length(&mut errors, "contacts", contacts);
            for contact in contacts {
                check_text(&mut errors, "contacts", contact, 1, LONGEST_CONTACT);
            }
            client.contacts.clone_from(contacts);
        }
        if let Some(software_id) = &self.software_id {
            if let Some(software_id) = software_id {
                check_text(&mut errors, "software_id", software_id, 1, LONGEST_NAME);
            }
            client.software_id.clone_from(software_id);
        }
        if let Some(lifetime) = self.access_token_lifetime {
            let longest = rules.longest_token_lifetime;
            if lifetime.is_some_and(|seconds| seconds == 0 || seconds > longest) {
                let detail = format!("must be 1 to {longest} seconds");
                errors.push(FieldError::new("access_token_lifetime", detail));
            }
            client.access_token_lifetime = lifetime;
        }
        if errors.is_empty() {
            Ok(client)
        } else {
            Err(errors)
        }
    }
}

/// Whether a secret may be made for so many seconds.
///
/// # Errors
/// It would end at once, or not within a lifetime.
pub fn check_secret_lifetime(seconds: Option<u64>) -> Result<(), FieldError> {
    if seconds.is_none_or(|seconds| (1..=LONGEST_SECRET_LIFETIME).contains(&seconds)) {
        return Ok(());
    }
    let detail = format!("must be 1 to {LONGEST_SECRET_LIFETIME} seconds");
    Err(FieldError::new("client_secret_lifetime", detail))
}

fn check_text(errors: &mut Vec<FieldError>, field: &str, text: &str, least: usize, most: usize) {
    let length = text.trim().chars().count();
    if length < least || text.chars().count() > most {
        errors.push(FieldError::new(
            field,
            format!("must be {least} to {most} characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        errors.push(FieldError::new(field, "must have no control characters"));
    }
}

fn check_prose(errors: &mut Vec<FieldError>, field: &str, text: &str, most: usize) {
    if text.chars().count() > most {
        errors.push(FieldError::new(
            field,
            format!("must be at most {most} characters"),
        ));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        errors.push(FieldError::new(
            field,
            "must have no control characters but line breaks",
        ));
    }
}

fn check_length(errors: &mut Vec<FieldError>, field: &str, list: &[String]) {
    if list.len() > LONGEST_LIST {
        errors.push(FieldError::new(
            field,
            format!("must have at most {LONGEST_LIST} entries"),
        ));
    }
}

fn check_choices(errors: &mut Vec<FieldError>, field: &str, given: &[String], known: &[&str]) {
    check_length(errors, field, given);
    for choice in given
        .iter()
        .filter(|choice| !known.contains(&choice.as_str()))
    {
        let detail = format!(
            "{choice:?} is not supported; supported: {}",
            known.join(", ")
        );
        errors.push(FieldError::new(field, detail));
    }
}

fn read_scope(errors: &mut Vec<FieldError>, text: &str, catalogue: &Catalogue) -> ScopeSet {
    if text.is_empty() {
        return ScopeSet::default();
    }
    match ScopeSet::parse(text) {
        Ok(scope) => {
            for name in catalogue.unknown(&scope) {
                let detail = format!("{name:?} is not in the catalogue of scopes");
                errors.push(FieldError::new("scope", detail));
            }
            scope
        }
        Err(error) => {
            errors.push(FieldError::new("scope", error.to_string()));
            ScopeSet::default()
        }
    }
}

fn read_resources(errors: &mut Vec<FieldError>, field: &str, uris: &[String]) -> Vec<Resource> {
    check_length(errors, field, uris);
    let mut resources = Vec::new();
    for uri in uris {
        match Resource::parse(uri) {
            Ok(resource) => resources.push(resource),
            Err(error) => errors.push(FieldError::new(field, format!("{uri:?}: {error}"))),
        }
    }
    resources
}

/// RFC 6749 section 3.1.2: absolute, without fragment; here also encrypted, unless it stays on the
/// user's own machine (RFC 8252 section 7.3).
fn check_redirect_uris(errors: &mut Vec<FieldError>, uris: &[String]) {
    check_length(errors, "redirect_uris", uris);
    for uri in uris {
        let acceptable = Url::parse(uri).is_ok_and(|parsed| {
            let loopback = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
            let scheme = parsed.scheme() == "https" || (parsed.scheme() == "http" && loopback);
            scheme && parsed.fragment().is_none() && uri.len() <= Resource::MAX_LENGTH
        });
        if !acceptable {
            let detail = format!("{uri:?} is not an https URI without fragment");
            errors.push(FieldError::new("redirect_uris", detail));
        }
    }
}
