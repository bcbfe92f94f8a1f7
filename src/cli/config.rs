//! `ambit config`.

use clap::Subcommand;

use super::context::Context;
use super::output::{self, Table};
use crate::config;

/// What to show of the settings.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print the settings as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the reference of all settings, as in CONFIGURATION.md.
    Reference,
}

impl Args {
    /// Prints the settings in force, or the reference.
    ///
    /// # Errors
    /// Every mistake in the settings.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        if let Some(Command::Reference) = self.command {
            return Ok(output::print(&config::reference())?);
        }
        let effective = context.settings_to_serve_with()?.effective();
        if self.json {
            return output::print_json(&effective);
        }
        let mut table = Table::new(["SETTING", "VALUE", "ORIGIN"]);
        for setting in &effective {
            let value = setting.value.as_deref().unwrap_or("-");
            table.row([setting.name, value, &setting.origin.to_string()]);
        }
        Ok(output::print(&table.text())?)
    }
}
