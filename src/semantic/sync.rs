//! Writes what is known of the tables into tables of the warehouse itself, where agents that work
//! beside it read it by SQL.

use super::layer::SemanticLayer;
use super::model::{AiContext, Dataset, Field, SemanticModel};
use crate::config;
use crate::warehouse::load::{LoadError, TableName, Writer};
use crate::warehouse::{Column, Dialect, Kind, Value};

/// A table of metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataTable {
    /// Its name.
    pub name: &'static str,
    columns: Vec<(&'static str, Kind)>,
    rows: Vec<Vec<Value>>,
}

impl MetadataTable {
    fn new<const N: usize>(name: &'static str, columns: [(&'static str, Kind); N]) -> Self {
        Self {
            name,
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    fn row<const N: usize>(&mut self, values: [Value; N]) {
        self.rows.push(values.to_vec());
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }
}

/// Everything that is known, as tables. Lists of names are written with commas between them, lists of
/// examples with line breaks.
pub fn metadata_tables(layer: &SemanticLayer) -> Vec<MetadataTable> {
    vec![
        models(layer),
        datasets(layer),
        fields(layer),
        relationships(layer),
        metrics(layer),
        verified_queries(layer),
    ]
}

/// Replaces the tables in the warehouse that the settings name, all of them at once.
///
/// # Errors
/// The warehouse cannot be written, and is as it was.
pub async fn sync(settings: &config::Warehouse, tables: &[MetadataTable]) -> Result<(), LoadError> {
    let mut writer = Writer::begin(settings).await?;
    for table in tables {
        let columns = table.columns.iter().map(|(name, kind)| Column {
            name: (*name).to_owned(),
            kind: *kind,
        });
        writer
            .create(&TableName::own(table.name)?, columns.collect())
            .await?;
        for row in &table.rows {
            writer.row(row.clone()).await?;
        }
    }
    writer.commit().await
}

/// As [`sync`], as SQL for somebody else to run.
pub fn script(tables: &[MetadataTable], dialect: Dialect) -> String {
    let mut sql = String::from("BEGIN;\n");
    for table in tables {
        let name = table.name;
        let declared = table.columns.iter().map(|(column, kind)| match kind {
            Kind::Boolean => format!("{column} BOOLEAN"),
            Kind::Integer => format!("{column} INTEGER"),
            _ => format!("{column} TEXT"),
        });
        let declared = declared.collect::<Vec<_>>().join(", ");
        sql.push_str(&format!(
            "DROP TABLE IF EXISTS {name};\nCREATE TABLE {name} ({declared});\n"
        ));
        for row in &table.rows {
            let values = row.iter().map(|value| literal(value, dialect));
            let values = values.collect::<Vec<_>>().join(", ");
            sql.push_str(&format!("INSERT INTO {name} VALUES ({values});\n"));
        }
    }
    sql.push_str("COMMIT;\n");
    sql
}

fn literal(value: &Value, dialect: Dialect) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(true) => "TRUE".to_owned(),
        Value::Boolean(false) => "FALSE".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => {
            let text = text.replace('\'', "''");
            // Only Snowflake reads a backslash in text as the beginning of something else.
            let text = match dialect {
                Dialect::Snowflake => text.replace('\\', "\\\\"),
                Dialect::Sqlite | Dialect::Postgres => text,
            };
            format!("'{text}'")
        }
    }
}

fn models(layer: &SemanticLayer) -> MetadataTable {
    let mut table = MetadataTable::new(
        "ambit_semantic_models",
        [
            ("name", Kind::Text),
            ("description", Kind::Text),
            ("instructions", Kind::Text),
        ],
    );
    for model in layer.models() {
        table.row([
            text(&model.name),
            optional(model.description.as_ref()),
            optional(model.ai_context.instructions.as_ref()),
        ]);
    }
    table
}

fn datasets(layer: &SemanticLayer) -> MetadataTable {
    let mut table = MetadataTable::new(
        "ambit_semantic_datasets",
        [
            ("model", Kind::Text),
            ("name", Kind::Text),
            ("source", Kind::Text),
            ("description", Kind::Text),
            ("instructions", Kind::Text),
            ("synonyms", Kind::Text),
            ("examples", Kind::Text),
            ("primary_key", Kind::Text),
            ("scope", Kind::Text),
            ("row_filter", Kind::Text),
        ],
    );
    for (model, dataset) in every_dataset(layer) {
        let (instructions, synonyms, examples) = context(&dataset.ai_context);
        table.row([
            text(&model.name),
            text(&dataset.name),
            text(&dataset.source),
            optional(dataset.description.as_ref()),
            instructions,
            synonyms,
            examples,
            list(&dataset.primary_key),
            optional(dataset.access.scope.as_ref()),
            optional(dataset.access.row_filter.as_ref()),
        ]);
    }
    table
}

fn fields(layer: &SemanticLayer) -> MetadataTable {
    let mut table = MetadataTable::new(
        "ambit_semantic_fields",
        [
            ("dataset", Kind::Text),
            ("ordinal", Kind::Integer),
            ("name", Kind::Text),
            ("type", Kind::Text),
            ("is_time", Kind::Boolean),
            ("expression", Kind::Text),
            ("description", Kind::Text),
            ("instructions", Kind::Text),
            ("synonyms", Kind::Text),
            ("examples", Kind::Text),
            ("is_masked", Kind::Boolean),
        ],
    );
    for (_, dataset) in every_dataset(layer) {
        for (ordinal, field) in (1..).zip(&dataset.fields) {
            let (instructions, synonyms, examples) = context(&field.ai_context);
            table.row([
                text(&dataset.name),
                Value::Integer(ordinal),
                text(&field.name),
                kind(field),
                Value::Boolean(field.is_time()),
                optional(field.expression.for_dialect(layer.dialect())),
                optional(field.description.as_ref()),
                instructions,
                synonyms,
                examples,
                Value::Boolean(dataset.access.masks.contains_key(&field.name)),
            ]);
        }
    }
    table
}

fn relationships(layer: &SemanticLayer) -> MetadataTable {
    let mut table = MetadataTable::new(
        "ambit_semantic_relationships",
        [
            ("model", Kind::Text),
            ("name", Kind::Text),
            ("from_dataset", Kind::Text),
            ("to_dataset", Kind::Text),
            ("from_columns", Kind::Text),
            ("to_columns", Kind::Text),
            ("instructions", Kind::Text),
        ],
    );
    for model in layer.models() {
        for relationship in &model.relationships {
            table.row([
                text(&model.name),
                text(&relationship.name),
                text(&relationship.from),
                text(&relationship.to),
                list(&relationship.from_columns),
                list(&relationship.to_columns),
                optional(relationship.ai_context.instructions.as_ref()),
            ]);
        }
    }
    table
}

fn metrics(layer: &SemanticLayer) -> MetadataTable {
    let mut table = MetadataTable::new(
        "ambit_semantic_metrics",
        [
            ("model", Kind::Text),
            ("name", Kind::Text),
            ("expression", Kind::Text),
            ("datasets", Kind::Text),
            ("description", Kind::Text),
            ("instructions", Kind::Text),
            ("synonyms", Kind::Text),
        ],
    );
    for model in layer.models() {
        for metric in &model.metrics {
            let (instructions, synonyms, _) = context(&metric.ai_context);
            table.row([
                text(&model.name),
                text(&metric.name),
                optional(metric.expression.for_dialect(layer.dialect())),
                list(&metric.datasets),
                optional(metric.description.as_ref()),
                instructions,
                synonyms,
            ]);
        }
    }
    table
}

fn verified_queries(layer: &SemanticLayer) -> MetadataTable {
    let mut table = MetadataTable::new(
        "ambit_semantic_verified_queries",
        [
            ("model", Kind::Text),
            ("name", Kind::Text),
            ("question", Kind::Text),
            ("sql", Kind::Text),
            ("datasets", Kind::Text),
        ],
    );
    for model in layer.models() {
        for query in &model.verified_queries {
            table.row([
                text(&model.name),
                text(&query.name),
                text(&query.question),
                text(&query.sql),
                list(&query.datasets),
            ]);
        }
    }
    table
}

fn every_dataset(layer: &SemanticLayer) -> impl Iterator<Item = (&SemanticModel, &Dataset)> {
    layer
        .models()
        .iter()
        .flat_map(|model| model.datasets.iter().map(move |dataset| (model, dataset)))
}

/// Instructions, synonyms and examples.
fn context(context: &AiContext) -> (Value, Value, Value) {
    let examples = (!context.examples.is_empty()).then(|| context.examples.join("\n"));
    (
        optional(context.instructions.as_ref()),
        list(&context.synonyms),
        optional(examples),
    )
}

fn kind(field: &Field) -> Value {
    optional(field.kind().map(Kind::name))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn optional(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |value| Value::Text(value.to_string()))
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> Value {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    optional((!names.is_empty()).then(|| names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_in_every_dialect() {
        let value = Value::Text("it's \\'; DROP TABLE x".to_owned());
        assert_eq!(
            literal(&value, Dialect::Sqlite),
            "'it''s \\''; DROP TABLE x'"
        );
        assert_eq!(
            literal(&value, Dialect::Snowflake),
            "'it''s \\\\''; DROP TABLE x'"
        );
    }
}
