//! `ambit client`: clients and their secrets.

mod create;
mod list;
mod secrets;
mod show;
mod state;
mod update;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::model::ClientId;

/// What can be done with clients.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register a client; its secret is shown this once.
    Create(create::Args),
    /// List clients, a page at a time.
    List(list::Args),
    /// Show a client and its secrets' dates.
    Show(One),
    /// Change what is named, and nothing else.
    Update(update::Args),
    /// Give a client a new secret, and retire the older one after a time.
    RotateSecret(secrets::RotateArgs),
    /// Retire one of a client's two secrets.
    RetireSecret(secrets::RetireArgs),
    /// Shut a client out: it gets no token, and those that it has are void at once.
    Disable(One),
    /// Let a client in again.
    Enable(One),
    /// Remove a client for good.
    Delete(state::DeleteArgs),
    /// Make every token that a client has void, at once.
    RevokeTokens(One),
}

/// One client.
#[derive(Debug, Args)]
pub struct One {
    /// The client's identifier
    #[arg(value_name = "CLIENT_ID", value_parser = ClientId::parse)]
    client_id: ClientId,
    /// Print the client as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Create(arguments) => arguments.run(context).await,
            Self::List(arguments) => arguments.run(context).await,
            Self::Show(one) => show::run(&one, context).await,
            Self::Update(arguments) => arguments.run(context).await,
            Self::RotateSecret(arguments) => arguments.run(context).await,
            Self::RetireSecret(arguments) => arguments.run(context).await,
            Self::Disable(one) => state::disable(&one, context).await,
            Self::Enable(one) => state::enable(&one, context).await,
            Self::Delete(arguments) => arguments.run(context).await,
            Self::RevokeTokens(one) => state::revoke_tokens(&one, context).await,
        }
    }
}
