//! The clients that an administrator may choose to act as.

use crate::app::App;
use crate::http::error::Problem;
use crate::model::TenantId;
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

/// The clients by name, and whether there are too many for a list.
///
/// # Errors
/// They cannot be read.
pub async fn choices(
    app: &App,
    tenant_id: &TenantId,
    chosen: &str,
) -> Result<(Vec<Choice>, bool), Problem> {
    let filter = Filter::default();
    let (clients, next) = app
        .clients
        .list(tenant_id, filter, Order::NameAscending, None, LISTED)
        .await?;
    let choices = clients.into_iter().map(|client| Choice {
        is_chosen: client.client_id.as_str() == chosen,
        client_id: client.client_id.as_str().to_owned(),
        name: client.client_name,
        enabled: client.enabled,
    });
    Ok((choices.collect(), next.is_some()))
}
