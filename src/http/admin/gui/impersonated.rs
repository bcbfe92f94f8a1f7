//! The field in which an administrator chooses the client to act as.

use super::form::Form;
use crate::app::App;
use crate::http::error::Problem;
use crate::model::{ClientId, TenantId};
use crate::storage::clients::{Filter, Order};

/// Clients of a list to choose from. With more of them the identifier is typed.
const LISTED: u16 = 200;

/// A client to choose.
pub struct Choice {
    /// What it names itself by.
    pub client_id: String,
    /// What people call it.
    pub name: String,
    /// Whether it gets tokens.
    pub enabled: bool,
    /// Whether it is the one that was chosen.
    pub is_chosen: bool,
}

/// What was chosen.
#[derive(Default)]
pub struct Chosen {
    client_id: String,
    error: String,
}

impl Chosen {
    /// What an address names.
    pub fn named(client_id: String) -> Self {
        let error = String::new();
        Self { client_id, error }
    }

    /// What a form says.
    pub fn typed(form: &Form) -> Self {
        Self::named(form.text("client_id").trim().to_owned())
    }

    /// The client. Where it makes no sense, the field will say so.
    pub fn client_id(&mut self) -> Option<ClientId> {
        let parsed = ClientId::parse(&self.client_id).ok();
        if parsed.is_none() {
            "Choose the client to act as.".clone_into(&mut self.error);
        }
        parsed
    }

    /// Has the field say that there is no such client.
    pub fn is_gone(&mut self) {
        "There is no such client any more.".clone_into(&mut self.error);
    }

    /// The field, with the clients by name.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn field(self, app: &App, tenant_id: &TenantId) -> Result<Picker, Problem> {
        let filter = Filter::default();
        let (clients, next) = app
            .clients
            .list(tenant_id, filter, Order::NameAscending, None, LISTED)
            .await?;
        let choices = clients.into_iter().map(|client| Choice {
            is_chosen: client.client_id.as_str() == self.client_id,
            client_id: client.client_id.as_str().to_owned(),
            name: client.client_name,
            enabled: client.enabled,
        });
        Ok(Picker {
            choices: choices.collect(),
            has_more: next.is_some(),
            client_id: self.client_id,
            error: self.error,
        })
    }
}

/// The field, as it is drawn.
pub struct Picker {
    /// What there is to choose.
    pub choices: Vec<Choice>,
    /// Whether there are too many for a list.
    pub has_more: bool,
    /// What was chosen.
    pub client_id: String,
    /// What is wrong with it.
    pub error: String,
}

impl Picker {
    /// Whether there is no client to act as.
    pub fn is_empty(&self) -> bool {
        self.choices.is_empty()
    }
}
