//! `ambit warehouse`: bring business data in, and see what is there.

mod load;
mod tables;

use clap::Subcommand;

use super::context::Context;

/// What to do with the warehouse.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Load a CSV file into a table, which it replaces
    Load(load::Args),
    /// List the tables and their columns
    Tables(tables::Args),
}

impl Command {
    /// Runs it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Load(arguments) => arguments.run(context).await,
            Self::Tables(arguments) => arguments.run(context).await,
        }
    }
}
