//! `ambit audit`: what was decided, by whom, and whether the log still says so.

mod export;
mod tail;
mod verify;

use clap::Subcommand;

use super::context::Context;

/// What can be done with the log. None of it changes the log.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the latest records, oldest first.
    Tail(tail::Args),
    /// Walk the hash chain and name every place where it does not hold.
    Verify(verify::Args),
    /// Write records out, a line each.
    Export(export::Args),
}

impl Command {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Tail(arguments) => arguments.run(context).await,
            Self::Verify(arguments) => arguments.run(context),
            Self::Export(arguments) => arguments.run(context),
        }
    }
}
