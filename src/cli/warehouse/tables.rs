//! `ambit warehouse tables`.

use serde_json::json;

use super::super::context::Context;
use super::super::output::{self, Table};
use crate::warehouse;

/// How to print them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Lists every table and view with its columns.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.settings()?;
        let warehouse = warehouse::open(&settings.warehouse).await?;
        let tables = warehouse.tables().await?;
        if self.json {
            let tables: Vec<_> = tables
                .iter()
                .map(|table| json!({ "name": table.name, "columns": table.columns }))
                .collect();
            return output::print_json(&tables);
        }
        let mut lines = Table::new(["TABLE", "COLUMN", "TYPE"]);
        for table in &tables {
            for column in &table.columns {
                lines.row([&table.name, &column.name, column.kind.name()]);
            }
        }
        Ok(output::print(&lines.text())?)
    }
}
