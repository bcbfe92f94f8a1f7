//! `ambit scope`: the catalogue of scopes.

use anyhow::anyhow;
use clap::{Subcommand, ValueEnum};

use super::context::Context;
use super::output::{self, Table};
use crate::scopes::{CatalogueEntry, ScopeError, Sensitivity};
use crate::storage::StorageError;

/// What can be done with the catalogue.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List every scope.
    List {
        /// Print the scopes as JSON
        #[arg(long)]
        json: bool,
    },
    /// Add a scope that a resource server of yours understands.
    #[command(
        after_help = "Example:\n  ambit scope add reports:read --description \"Read sales reports\""
    )]
    Add {
        /// The scope's name
        name: String,
        /// What it lets a client do
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
        /// How much harm it can do in the wrong hands
        #[arg(long, value_enum, default_value = "normal")]
        sensitivity: SensitivityArgument,
        /// Print the scope as JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a scope that was added. Clients keep it, but no token is issued for it any more.
    Remove {
        /// The scope's name
        name: String,
    },
}

/// [`Sensitivity`] as the command line has it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SensitivityArgument {
    /// Reads what many may know, or changes what is easily put right
    Normal,
    /// Reads what few may know, or changes what is hard to put right
    Sensitive,
}

impl From<SensitivityArgument> for Sensitivity {
    fn from(argument: SensitivityArgument) -> Self {
        match argument {
            SensitivityArgument::Normal => Self::Normal,
            SensitivityArgument::Sensitive => Self::Sensitive,
        }
    }
}

impl Command {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List { json } => {
                let scopes = context.read(async |app, _| Ok(app.catalogue.all())).await?;
                if json {
                    output::print_json(&scopes)
                } else {
                    show(&scopes)
                }
            }
            Self::Add {
                name,
                description,
                sensitivity,
                json,
            } => {
                let added = context
                    .change(async |app, cause| {
                        let catalogue = &app.catalogue;
                        let added = catalogue.add(cause, &name, &description, sensitivity.into());
                        added.await.map_err(|error| explained(error, &name))
                    })
                    .await?;
                if json {
                    return output::print_json(&added);
                }
                Ok(output::print_line(&format!(
                    "Scope {} was added.",
                    added.name
                ))?)
            }
            Self::Remove { name } => {
                context
                    .change(async |app, cause| {
                        let removed = app.catalogue.remove(cause, &name).await;
                        removed.map_err(|error| explained(error, &name))
                    })
                    .await?;
                Ok(output::print_line(&format!("Scope {name} was removed."))?)
            }
        }
    }
}

fn explained(error: ScopeError, name: &str) -> anyhow::Error {
    let name = output::printable(name);
    match error {
        ScopeError::Storage(StorageError::Conflict) => anyhow!("there is a scope {name} already"),
        ScopeError::Storage(StorageError::NotFound) => anyhow!("there is no scope {name}"),
        other => other.into(),
    }
}

fn show(scopes: &[CatalogueEntry]) -> anyhow::Result<()> {
    let mut table = Table::new(["NAME", "SENSITIVITY", "ORIGIN", "DESCRIPTION"]);
    for scope in scopes {
        let sensitivity = match scope.sensitivity {
            Sensitivity::Normal => "normal",
            Sensitivity::Sensitive => "sensitive",
        };
        let origin = if scope.built_in { "built in" } else { "added" };
        table.row([&scope.name, sensitivity, origin, &scope.description]);
    }
    Ok(output::print(&table.text())?)
}
