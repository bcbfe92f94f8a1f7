//! `ambit semantic show`.

use std::slice;

use anyhow::anyhow;

use super::super::context::Context;
use super::super::output::{self, Table, printable};
use super::opened;
use crate::semantic::{TableMetadata, Visible};
use crate::warehouse::Kind;

/// Which table, and how to print it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One table; without it, all of them
    table: Option<String>,
    /// Print YAML in the form of Apache Ossie
    #[arg(long, conflicts_with = "json")]
    yaml: bool,
    /// Print JSON, as agents get it
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Prints it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.settings()?;
        let (_, layer) = opened(&settings).await?;
        let whole = layer.whole();
        let table = self.table.as_deref();
        if let Some(name) = table
            && whole.table(name).is_none()
        {
            let name = printable(name);
            return Err(anyhow!(
                "no model has a table {name}; `ambit semantic show` lists those that there are"
            ));
        }
        if self.yaml {
            return Ok(output::print(
                &whole.yaml(self.table.as_ref().map(slice::from_ref))?,
            )?);
        }
        match (table.and_then(|name| whole.metadata(name)), self.json) {
            (Some(metadata), true) => output::print_json(&metadata),
            (Some(metadata), false) => Ok(output::print(&described(&metadata))?),
            (None, true) => output::print_json(&everything(&whole)),
            (None, false) => Ok(output::print(&listed(&whole))?),
        }
    }
}

fn everything(whole: &Visible<'_>) -> Vec<TableMetadata> {
    let tables = whole.tables();
    tables
        .filter_map(|(_, dataset)| whole.metadata(&dataset.name))
        .collect()
}

fn listed(whole: &Visible<'_>) -> String {
    let mut table = Table::new(["TABLE", "MODEL", "FIELDS", "SCOPE", "DESCRIPTION"]);
    for (model, dataset) in whole.tables() {
        let scope = dataset.access.scope.as_ref();
        table.row([
            &dataset.name,
            &model.name,
            &dataset.fields.len().to_string(),
            &scope.map_or_else(|| "-".to_owned(), ToString::to_string),
            dataset.description.as_deref().unwrap_or_default(),
        ]);
    }
    table.text()
}

fn described(metadata: &TableMetadata) -> String {
    let mut text = format!("{} (model {})\n", metadata.name, metadata.model);
    let lines = [
        &metadata.description,
        &metadata.instructions,
        &metadata.model_instructions,
    ];
    for line in lines.into_iter().flatten() {
        text.push_str(&format!("\n{}\n", printable(line)));
    }
    if !metadata.synonyms.is_empty() {
        text.push_str(&format!(
            "\nAlso: {}\n",
            printable(&metadata.synonyms.join(", "))
        ));
    }
    if let Some(filter) = &metadata.row_filter {
        text.push_str(&format!("\nOnly rows where {}\n", printable(filter)));
    }
    let mut fields = Table::new(["FIELD", "TYPE", "DESCRIPTION"]);
    for field in &metadata.fields {
        let masked = if field.mask.is_some() {
            "[masked] "
        } else {
            ""
        };
        let description = field.description.as_deref().unwrap_or_default();
        fields.row([
            &field.name,
            field.kind.map_or("-", Kind::name),
            &format!("{masked}{description}"),
        ]);
    }
    text.push_str(&format!("\n{}", fields.text()));
    let mut metrics = Table::new(["METRIC", "EXPRESSION"]);
    for metric in &metadata.metrics {
        metrics.row([&metric.name, &metric.expression]);
    }
    if !metadata.metrics.is_empty() {
        text.push_str(&format!("\n{}", metrics.text()));
    }
    for query in &metadata.verified_queries {
        text.push_str(&format!("\n{}\n", printable(&query.question)));
        for line in query.sql.lines() {
            text.push_str(&format!("    {}\n", printable(line)));
        }
    }
    text
}
