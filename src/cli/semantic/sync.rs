//! `ambit semantic sync`.

use super::super::context::Context;
use super::super::failure::usage;
use super::super::output;
use super::opened;
use crate::semantic::{metadata_tables, script, sync};
use crate::warehouse::Dialect;

const EXPLANATION: &str = "\
The tables are ambit_semantic_models, _datasets, _fields, _relationships, _metrics and \
_verified_queries. Those that are there are replaced, all in one transaction. Whoever may read them \
learns of every table, whatever its scope.

Examples:
  ambit semantic sync
  ambit semantic sync --sql";

/// How to write.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLANATION)]
pub struct Args {
    /// Print the SQL in place of running it, for a warehouse that Ambit only reads
    #[arg(long)]
    sql: bool,
}

impl Args {
    /// Writes the tables.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.settings()?;
        let (warehouse, layer) = opened(&settings).await?;
        let dialect = warehouse.dialect();
        let tables = metadata_tables(&layer);
        if self.sql {
            return Ok(output::print(&script(&tables, dialect))?);
        }
        if dialect == Dialect::Snowflake {
            return Err(usage(
                "Ambit only reads from Snowflake; `ambit semantic sync --sql` prints what to run there",
            ));
        }
        sync(&settings.warehouse, &tables).await?;
        for table in &tables {
            output::print_line(&format!("{} rows in {}", table.rows(), table.name))?;
        }
        Ok(())
    }
}
