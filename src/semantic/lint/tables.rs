//! What only the warehouse can tell: tables, columns, types, and SQL that runs or does not.

use std::collections::BTreeSet;

use super::Finding;
use crate::semantic::guard::{self, Caller};
use crate::semantic::layer::SemanticLayer;
use crate::semantic::model::{Dataset, Field, Metric, Place, SemanticModel};
use crate::warehouse::{
    Column, Kind, Limits, Rows, TableDescription, Value, Warehouse, WarehouseError,
};

/// Who asks, in row filters; nobody's rows.
const NOBODY: Caller<'static> = Caller {
    client_id: "",
    subject: "",
    tenant_id: "",
};

/// The models beside the tables that are there.
pub(super) struct Tables<'a> {
    pub layer: &'a SemanticLayer,
    pub warehouse: &'a dyn Warehouse,
    pub limits: Limits,
    pub there: Vec<TableDescription>,
    /// Datasets whose table is not there, or not as they say: SQL over them is not tried.
    pub missing: BTreeSet<String>,
    /// Tables that may lack and do.
    pub not_loaded: BTreeSet<String>,
    pub findings: Vec<Finding>,
}

impl Tables<'_> {
    fn wrong(&mut self, place: &Place, problem: String) {
        self.findings.push(Finding {
            place: place.clone(),
            problem,
        });
    }

    pub async fn datasets(
        &mut self,
        may_lack: impl Fn(&str) -> bool,
    ) -> Result<(), WarehouseError> {
        let layer = self.layer;
        for dataset in layer.models().iter().flat_map(|model| &model.datasets) {
            if dataset.source.contains('.') {
                // A table of another schema, which the warehouse does not list.
                self.fields_by_query(dataset).await?;
                self.row_filter(dataset).await?;
                continue;
            }
            let source = dataset.source.trim_matches('"');
            let table = self
                .there
                .iter()
                .find(|table| table.name.eq_ignore_ascii_case(source))
                .cloned();
            match table {
                Some(table) => {
                    self.fields(dataset, &table).await?;
                    self.row_filter(dataset).await?;
                }
                None => {
                    self.missing.insert(dataset.name.to_ascii_lowercase());
                    if may_lack(&dataset.place.file) {
                        self.not_loaded.insert(dataset.source.clone());
                    } else {
                        let problem = format!("the warehouse has no table {}", dataset.source);
                        self.wrong(&dataset.place, problem);
                    }
                }
            }
        }
        Ok(())
    }

    async fn fields(
        &mut self,
        dataset: &Dataset,
        table: &TableDescription,
    ) -> Result<(), WarehouseError> {
        let mut computed = Vec::new();
        for field in &dataset.fields {
            let Some(expression) = field.expression.for_dialect(self.layer.dialect()) else {
                continue;
            };
            let name = expression.trim().trim_matches('"');
            match column(table, name) {
                Some(column) => self.kind(field, column.kind, &dataset.source),
                None if is_name(name) => {
                    let problem = format!("{} has no column {name}", dataset.source);
                    self.wrong(&field.place, problem);
                    self.missing.insert(dataset.name.to_ascii_lowercase());
                }
                None => computed.push(field),
            }
        }
        self.keys(dataset, Some(table));
        if !self.is_missing(&dataset.name) {
            for field in computed {
                self.computed(dataset, field).await?;
            }
        }
        Ok(())
    }

    async fn fields_by_query(&mut self, dataset: &Dataset) -> Result<(), WarehouseError> {
        self.keys(dataset, None);
        let before = self.findings.len();
        for field in &dataset.fields {
            if field.expression.for_dialect(self.layer.dialect()).is_some() {
                self.computed(dataset, field).await?;
            }
        }
        if self.findings.len() > before {
            self.missing.insert(dataset.name.to_ascii_lowercase());
        }
        Ok(())
    }

    /// Whether the condition on a dataset's rows runs. If not, metrics and verified queries are not
    /// tried on it, which would only fail for the same reason.
    async fn row_filter(&mut self, dataset: &Dataset) -> Result<(), WarehouseError> {
        if dataset.access.row_filter.is_none() || self.is_missing(&dataset.name) {
            return Ok(());
        }
        let sql = format!("SELECT 1 FROM {} LIMIT 1", dataset.name);
        if let Err(problem) = self.run(&sql).await? {
            let problem = format!(
                "{} cannot be read with its row filter: {problem}",
                dataset.name
            );
            self.wrong(&dataset.place, problem);
            self.missing.insert(dataset.name.to_ascii_lowercase());
        }
        Ok(())
    }

    /// What a field is computed to, tried on one row.
    async fn computed(&mut self, dataset: &Dataset, field: &Field) -> Result<(), WarehouseError> {
        let sql = format!(
            "SELECT \"{name}\" FROM {table} WHERE \"{name}\" IS NOT NULL",
            name = field.name,
            table = dataset.name
        );
        match self.run(&sql).await? {
            Ok(rows) => {
                let masked = dataset.access.masks.contains_key(&field.name);
                if let Some(column) = rows.columns.first()
                    && !rows.rows.is_empty()
                    && !masked
                    && !is_text_of_time(field, column.kind)
                {
                    self.kind(field, column.kind, "it");
                }
            }
            Err(problem) => {
                let problem = format!("field {} cannot be read: {problem}", field.name);
                self.wrong(&field.place, problem);
            }
        }
        Ok(())
    }

    fn kind(&mut self, field: &Field, found: Kind, source: &str) {
        let Some(said) = field.kind() else {
            return;
        };
        // Whole numbers are numbers too.
        if said == found || (said == Kind::Number && found == Kind::Integer) {
            return;
        }
        let problem = format!(
            "field {} is {} by its datatype, but {source} holds {}",
            field.name,
            said.name(),
            found.name()
        );
        self.wrong(&field.place, problem);
    }

    /// Keys name fields or columns that are no fields.
    fn keys(&mut self, dataset: &Dataset, table: Option<&TableDescription>) {
        let keys = dataset
            .primary_key
            .iter()
            .chain(dataset.unique_keys.iter().flatten());
        for key in keys {
            let mut fields = dataset.fields.iter();
            let is_field = fields.any(|field| field.name.eq_ignore_ascii_case(key));
            let is_column = table.is_some_and(|table| column(table, key).is_some());
            if !is_field && !is_column {
                let problem = format!("a key of {} names {key}, which it has not", dataset.name);
                self.wrong(&dataset.place, problem);
            }
        }
    }

    pub async fn metrics(&mut self) -> Result<(), WarehouseError> {
        let layer = self.layer;
        for model in layer.models() {
            for metric in &model.metrics {
                let Some(expression) = metric.expression.for_dialect(layer.dialect()) else {
                    let problem = format!(
                        "metric {} has no expression in ANSI_SQL, so that nobody sees it",
                        metric.name
                    );
                    self.wrong(&metric.place, problem);
                    continue;
                };
                if metric.datasets.iter().any(|name| self.is_missing(name)) {
                    continue;
                }
                match joined(metric, model) {
                    Ok(from) => {
                        let sql = format!("SELECT {expression} AS value FROM {from}");
                        if let Err(problem) = self.run(&sql).await? {
                            let problem = format!("metric {} does not run: {problem}", metric.name);
                            self.wrong(&metric.place, problem);
                        }
                    }
                    Err(problem) => self.wrong(&metric.place, problem),
                }
            }
        }
        Ok(())
    }

    pub async fn verified_queries(&mut self) -> Result<(), WarehouseError> {
        let layer = self.layer;
        for query in layer
            .models()
            .iter()
            .flat_map(|model| &model.verified_queries)
        {
            if query.datasets.iter().any(|name| self.is_missing(name)) {
                continue;
            }
            if let Err(problem) = self.run(&query.sql).await? {
                let problem = format!("verified query {} does not run: {problem}", query.name);
                self.wrong(&query.place, problem);
            }
        }
        Ok(())
    }

    fn is_missing(&self, dataset: &str) -> bool {
        self.missing.contains(&dataset.to_ascii_lowercase())
    }

    /// Runs SQL as an agent's would be that may read everything. The inner error is the model's
    /// fault, the outer the warehouse's.
    async fn run(&self, sql: &str) -> Result<Result<Rows, String>, WarehouseError> {
        let readable = self.layer.whole().readable();
        let no_parameters: &[Value] = &[];
        let checked = match guard::check(sql, no_parameters, &readable, &NOBODY) {
            Ok(checked) => checked,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        match self.warehouse.query(checked.statement, self.limits).await {
            Ok(rows) => Ok(Ok(rows)),
            Err(WarehouseError::Statement(problem)) => Ok(Err(problem)),
            Err(error @ WarehouseError::Time(_)) => Ok(Err(error.to_string())),
            Err(error) => Err(error),
        }
    }
}

/// The datasets of a metric, joined by the relationships of its model.
fn joined(metric: &Metric, model: &SemanticModel) -> Result<String, String> {
    let mut waiting: Vec<&String> = metric.datasets.iter().collect();
    let Some(first) = waiting.pop() else {
        return Err(format!("metric {} reads no dataset", metric.name));
    };
    let mut from = first.clone();
    let mut reached = BTreeSet::from([first]);
    while !waiting.is_empty() {
        let next = model.relationships.iter().find_map(|relationship| {
            let (one, other) = (&relationship.from, &relationship.to);
            let new = match (reached.contains(one), reached.contains(other)) {
                (true, false) => other,
                (false, true) => one,
                _ => return None,
            };
            waiting.contains(&new).then_some((new, relationship))
        });
        let Some((new, relationship)) = next else {
            return Err(format!(
                "metric {} reads datasets that no relationship joins",
                metric.name
            ));
        };
        let pairs = relationship
            .from_columns
            .iter()
            .zip(&relationship.to_columns);
        let equal = pairs.map(|(one, other)| {
            format!("{}.{one} = {}.{other}", relationship.from, relationship.to)
        });
        let condition = equal.collect::<Vec<_>>().join(" AND ");
        from.push_str(&format!(" JOIN {new} ON {condition}"));
        reached.insert(new);
        waiting.retain(|name| *name != new);
    }
    Ok(from)
}

fn column<'t>(table: &'t TableDescription, name: &str) -> Option<&'t Column> {
    table
        .columns
        .iter()
        .find(|column| column.name.eq_ignore_ascii_case(name))
}

/// SQLite has no types for what is computed, and text that looks like a day is told as one.
fn is_text_of_time(field: &Field, found: Kind) -> bool {
    field.kind() == Some(Kind::Text) && matches!(found, Kind::Date | Kind::Timestamp)
}

fn is_name(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '_')
}
