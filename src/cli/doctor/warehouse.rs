//! The warehouse: is it there, is it only read, does it hold the tables that agents are told of?

use std::time::Duration;

use super::super::output::one_line;
use super::super::semantic::built_in;
use super::check::Check;
use crate::config::{Settings, WarehouseUrl};
use crate::semantic::SemanticLayer;
use crate::warehouse::{self, Limits, Statement, TableDescription, Warehouse, WarehouseError};

const CHECK: &str = "warehouse";
const MODELS: &str = "models";
/// Tables that are named; more are counted.
const NAMED: usize = 8;
const LOAD: &str =
    "Load them with `ambit warehouse load FILE.csv --table NAME`, if agents shall read them.";

/// Looks at the warehouse and at what the models say of it.
pub async fn examine(settings: &Settings) -> Vec<Check> {
    let url = &settings.warehouse.url;
    if let WarehouseUrl::Sqlite(path) = url
        && !path.exists()
    {
        let detail = format!("there is none at {url} yet");
        let advice = "`ambit warehouse load FILE.csv --table NAME` makes it.";
        return vec![Check::warning(CHECK, detail, advice)];
    }
    let unusable = |error: &dyn std::fmt::Display| {
        let detail = format!("{url}: {}", one_line(&error.to_string()));
        let advice = "Check that it runs, that AMBIT_WAREHOUSE_URL is right, that this user may read it, \
                      and that it is not Ambit's own database.";
        vec![Check::problem(CHECK, detail, advice)]
    };
    let warehouse = match warehouse::open(&settings.warehouse).await {
        Ok(warehouse) => warehouse,
        Err(error) => return unusable(&error),
    };
    let tables = match warehouse.tables().await {
        Ok(tables) => tables,
        Err(error) => return unusable(&error),
    };
    let takes_changes = match tables.first() {
        Some(table) => takes_changes(warehouse.as_ref(), table).await,
        None => Ok(false),
    };
    let found = match takes_changes {
        Ok(true) => {
            let detail = format!("{url} lets this user change {} tables", tables.len());
            let advice = "Give it a user or a role that may only read.";
            Check::problem(CHECK, detail, advice)
        }
        Ok(false) => {
            let detail = format!(
                "{url} answers, is only read, and has {} tables",
                tables.len()
            );
            Check::ok(CHECK, detail)
        }
        Err(error) => return unusable(&error),
    };
    vec![found, models(settings, warehouse.as_ref(), &tables)]
}

/// Whether a statement that would remove rows, were there any that it means, is not refused.
async fn takes_changes(
    warehouse: &dyn Warehouse,
    table: &TableDescription,
) -> Result<bool, WarehouseError> {
    let name = table.name.replace('"', "\"\"");
    let statement = Statement {
        sql: format!("DELETE FROM \"{name}\" WHERE 1 = 0"),
        parameters: Vec::new(),
    };
    let limits = Limits {
        rows: 1,
        bytes: 1024,
        time: Duration::from_secs(10),
    };
    match warehouse.query(statement, limits).await {
        Ok(_) => Ok(true),
        Err(WarehouseError::Statement(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the tables of the models are there.
fn models(settings: &Settings, warehouse: &dyn Warehouse, tables: &[TableDescription]) -> Check {
    let folder = Some(settings.warehouse.semantic_dir.as_path());
    let layer = match SemanticLayer::load(&built_in(), folder, warehouse.dialect()) {
        Ok(layer) => layer,
        Err(error) => {
            let advice = "Run `ambit semantic lint`, which names every mistake by file and line.";
            return Check::problem(MODELS, one_line(&error.to_string()), advice);
        }
    };
    let datasets = layer.models().iter().flat_map(|model| &model.datasets);
    let sources: Vec<&str> = datasets.map(|dataset| dataset.source.as_str()).collect();
    let missing: Vec<&str> = sources
        .iter()
        .map(|source| {
            source
                .rsplit('.')
                .next()
                .unwrap_or(source)
                .trim_matches('"')
        })
        .filter(|name| {
            !tables
                .iter()
                .any(|table| table.name.eq_ignore_ascii_case(name))
        })
        .collect();
    if missing.is_empty() {
        let detail = format!("all {} tables that they describe are there", sources.len());
        return Check::ok(MODELS, detail);
    }
    let named = missing
        .iter()
        .take(NAMED)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    Check::warning(MODELS, format!("the warehouse has no {named}{more}"), LOAD)
}
