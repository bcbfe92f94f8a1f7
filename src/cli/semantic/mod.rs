//! `ambit semantic`: what the warehouse's tables mean.

mod lint;
mod show;
mod sync;

use std::sync::Arc;

use clap::Subcommand;

use super::context::Context;
use crate::actions::ACTIONS;
use crate::config::Settings;
use crate::semantic::SemanticLayer;
use crate::warehouse::{self, Warehouse};

/// What to do with the semantic models.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold the models against the warehouse; exits with 1 where something is wrong
    Lint(lint::Args),
    /// Show what agents are told of the tables
    Show(show::Args),
    /// Write what the models say into tables of the warehouse, for agents that read it there
    Sync(sync::Args),
}

impl Command {
    /// Runs it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Lint(arguments) => arguments.run(context).await,
            Self::Show(arguments) => arguments.run(context).await,
            Self::Sync(arguments) => arguments.run(context).await,
        }
    }
}

/// The models that come with the routers: a name and the YAML.
pub fn built_in() -> Vec<(&'static str, &'static str)> {
    let routers = ACTIONS.iter();
    routers
        .flat_map(|router| router.models.iter().copied())
        .collect()
}

/// The warehouse and the models of a server with these settings.
async fn opened(settings: &Settings) -> anyhow::Result<(Arc<dyn Warehouse>, SemanticLayer)> {
    let warehouse = warehouse::open(&settings.warehouse).await?;
    let folder = Some(settings.warehouse.semantic_dir.as_path());
    let layer = SemanticLayer::load(&built_in(), folder, warehouse.dialect())?;
    Ok((warehouse, layer))
}
