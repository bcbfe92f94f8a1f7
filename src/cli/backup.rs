//! `ambit backup`.

use std::path::PathBuf;

use super::context::Context;
use super::output;
use crate::app::database_address;
use crate::storage::backup;

const EXPLANATION: &str = "\
The copy is whole and of one moment, whatever the server does meanwhile. It is a database like the one \
it was taken from: to restore, stop the server, put the copy in the database's place, with no file beside \
it that ends in -wal or -shm, and start the server.

The keys that sign tokens are not in it: copy their folder too.

A PostgreSQL database is copied by pg_dump.

Examples:
  ambit backup /backups/ambit-2026-11-23.db";

/// Where to.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLANATION)]
pub struct Args {
    /// The file to write; nothing is written over
    file: PathBuf,
}

impl Args {
    /// Writes the copy and says how long it is.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.settings()?;
        let bytes = backup::copy(&database_address(&settings), &self.file)?;
        Ok(output::print_line(&format!(
            "{bytes} bytes written to {}",
            self.file.display()
        ))?)
    }
}
