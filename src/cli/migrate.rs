//! `ambit migrate`.

use anyhow::bail;

use super::context::Context;
use super::output;
use crate::app::{database_address, make_database_folder};
use crate::storage::inspection::{self, State};
use crate::storage::migrations;

/// Whether to change anything.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing; fail if the tables are not up to date
    #[arg(long)]
    check: bool,
}

impl Args {
    /// Brings the tables up to date, or says whether they are.
    ///
    /// # Errors
    /// They are not, and `--check` was given.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.settings()?;
        if self.check {
            match inspection::state(&database_address(&settings))? {
                State::Ready => return Ok(output::print_line("The database is up to date.")?),
                State::Missing => bail!("there is no database at {}", settings.database.url),
                State::Behind(pending) if pending.is_empty() => {
                    bail!("the database has no tables yet")
                }
                State::Behind(pending) => bail!("the database awaits {}", pending.join(", ")),
            }
        }
        make_database_folder(&settings)?;
        let applied = migrations::run(&mut database_address(&settings).link())?;
        if applied.is_empty() {
            return Ok(output::print_line("The database was up to date.")?);
        }
        Ok(output::print_line(&format!(
            "Applied: {}",
            applied.join(", ")
        ))?)
    }
}
