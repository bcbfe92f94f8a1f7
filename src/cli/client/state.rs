//! `ambit client disable`, `enable`, `revoke-tokens` and `delete`.

use anyhow::bail;

use super::super::context::Context;
use super::super::{input, output};
use super::{One, show};
use crate::model::ClientId;

/// Shuts a client out.
pub async fn disable(one: &One, context: &Context) -> anyhow::Result<()> {
    let registered = context
        .change(async |app, cause| Ok(app.clients.disable(cause, &one.client_id).await?))
        .await?;
    show::changed(&registered, one.json, "is disabled; its tokens are void")
}

/// Lets a client in again.
pub async fn enable(one: &One, context: &Context) -> anyhow::Result<()> {
    let registered = context
        .change(async |app, cause| Ok(app.clients.enable(cause, &one.client_id).await?))
        .await?;
    show::changed(
        &registered,
        one.json,
        "is enabled; tokens from before stay void",
    )
}

/// Makes every token that a client has void.
pub async fn revoke_tokens(one: &One, context: &Context) -> anyhow::Result<()> {
    let registered = context
        .change(async |app, cause| Ok(app.clients.revoke_tokens(cause, &one.client_id).await?))
        .await?;
    show::changed(
        &registered,
        one.json,
        "has no valid token any more; it can get new ones",
    )
}

/// Which client to remove.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// The client's identifier
    #[arg(value_name = "CLIENT_ID", value_parser = ClientId::parse)]
    client_id: ClientId,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl DeleteArgs {
    /// Removes the client, once somebody has confirmed it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client_id = &self.client_id;
        let name = context
            .change(async |app, cause| {
                let client = app.clients.show(&cause.tenant_id, client_id).await?.client;
                let name = output::printable(&client.client_name);
                let question = format!("Delete {client_id} ({name}) for good?");
                if !self.yes && !input::confirm(&question)? {
                    bail!("nothing was deleted");
                }
                app.clients.delete(cause, client_id).await?;
                Ok(name)
            })
            .await?;
        Ok(output::print_line(&format!(
            "{client_id} ({name}) is deleted"
        ))?)
    }
}
