//! The fields of a client's form: what a registration or a change says, as it was typed.

use std::collections::BTreeSet;

use crate::clients::{ClientPatch, FieldError, Registration};
use crate::http::admin::gui::form::Form;
use crate::model::{Client, Resource};

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub client_name: String,
    pub description: String,
    pub scopes: BTreeSet<String>,
    pub contacts: String,
    pub software_id: String,
    pub allowed_resources: String,
    pub serves_resources: String,
    pub access_token_lifetime: String,
    pub client_secret_lifetime: String,
}

impl From<&Client> for Fields {
    fn from(client: &Client) -> Self {
        let lines = |resources: &[Resource]| {
            let texts: Vec<_> = resources.iter().map(Resource::as_str).collect();
            texts.join("\n")
        };
        let scopes = client.scope.iter().map(|token| token.as_str().to_owned());
        Self {
            client_name: client.client_name.clone(),
            description: client.description.clone(),
            scopes: scopes.collect(),
            contacts: client.contacts.join("\n"),
            software_id: client.software_id.clone().unwrap_or_default(),
            allowed_resources: lines(&client.allowed_resources),
            serves_resources: lines(&client.serves_resources),
            access_token_lifetime: client
                .access_token_lifetime
                .map(|seconds| seconds.to_string())
                .unwrap_or_default(),
            client_secret_lifetime: String::new(),
        }
    }
}

impl From<&Form> for Fields {
    fn from(form: &Form) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            client_name: text("client_name"),
            description: text("description"),
            scopes: form.all("scope").map(str::to_owned).collect(),
            contacts: text("contacts"),
            software_id: text("software_id"),
            allowed_resources: text("allowed_resources"),
            serves_resources: text("serves_resources"),
            access_token_lifetime: text("access_token_lifetime"),
            client_secret_lifetime: text("client_secret_lifetime"),
        }
    }
}

fn scope(form: &Form) -> String {
    let chosen: Vec<_> = form.all("scope").collect();
    chosen.join(" ")
}

/// The registration that a form asks for.
///
/// # Errors
/// What is in a field of numbers is none.
pub fn registration(form: &Form) -> Result<Registration, FieldError> {
    Ok(Registration {
        client_name: form.given("client_name").unwrap_or_default(),
        description: form.given("description"),
        scope: Some(scope(form)),
        allowed_resources: form.lines("allowed_resources"),
        serves_resources: form.lines("serves_resources"),
        contacts: form.lines("contacts"),
        software_id: form.given("software_id"),
        access_token_lifetime: form.number("access_token_lifetime")?,
        client_secret_lifetime: form.number("client_secret_lifetime")?,
        ..Registration::default()
    })
}

/// The change that a form asks for. It has every field of the form, and leaves what has none alone.
///
/// # Errors
/// What is in a field of numbers is none.
pub fn patch(form: &Form) -> Result<ClientPatch, FieldError> {
    Ok(ClientPatch {
        client_name: Some(form.given("client_name").unwrap_or_default()),
        description: Some(form.given("description").unwrap_or_default()),
        scope: Some(scope(form)),
        allowed_resources: Some(form.lines("allowed_resources")),
        serves_resources: Some(form.lines("serves_resources")),
        contacts: Some(form.lines("contacts")),
        software_id: Some(form.given("software_id")),
        access_token_lifetime: Some(form.number("access_token_lifetime")?),
        ..ClientPatch::default()
    })
}
