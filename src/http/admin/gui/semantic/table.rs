//! `GET /admin/semantic/tables/{table}`: one table, as agents are told of it, and who may read it.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use super::list::scopes;
use super::{query_path, table_path};
use crate::app::App;
use crate::http::admin::api::ReadScopes;
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Shell, page};
use crate::http::error::Problem;
use crate::semantic::{FieldMetadata, Mask, MetricMetadata, RelationshipMetadata, TableMetadata};
use crate::warehouse::Kind;

#[derive(Template)]
#[template(path = "admin/semantic/table.html")]
struct Page {
    shell: Shell,
    table: TableMetadata,
    source: String,
    scopes: Vec<String>,
    fields: Vec<FieldShown>,
    relationships: Vec<RelationshipShown>,
    metrics: Vec<MetricMetadata>,
    queries: Vec<QueryShown>,
}

struct FieldShown {
    name: String,
    kind: &'static str,
    description: String,
    instructions: String,
    also: String,
    is_key: bool,
    is_time: bool,
    mask: &'static str,
}

struct RelationshipShown {
    name: String,
    other: String,
    link: String,
    condition: String,
    points: bool,
}

struct QueryShown {
    question: String,
    link: String,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadScopes>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let visible = app.invoker.dependencies().semantics.whole();
    let detail = "There is no such table in the semantic layer.";
    let missing = || Problem::new(StatusCode::NOT_FOUND, detail);
    let (_, dataset) = visible.table(&path).ok_or_else(missing)?;
    let mut table = visible.metadata(&path).ok_or_else(missing)?;
    let model_of = |query: &str| {
        let mut models = app.invoker.dependencies().semantics.models().iter();
        models.find(|model| model.verified_queries.iter().any(|own| own.name == query))
    };
    let queries = table.verified_queries.iter().filter_map(|query| {
        Some(QueryShown {
            question: query.question.clone(),
            link: query_path(&model_of(&query.name)?.name, &query.name),
        })
    });
    let queries = queries.collect();
    let keys = table.primary_key.clone();
    let fields = std::mem::take(&mut table.fields);
    let relationships = std::mem::take(&mut table.relationships);
    let drawn = Page {
        shell: visitor.shell,
        source: dataset.source.clone(),
        scopes: scopes(dataset.access.scope.as_ref()),
        fields: fields.into_iter().map(|one| field(one, &keys)).collect(),
        relationships: relationships
            .iter()
            .map(|one| relationship(one, &table.name))
            .collect(),
        metrics: std::mem::take(&mut table.metrics),
        queries,
        table,
    };
    page(StatusCode::OK, &drawn)
}

fn field(field: FieldMetadata, keys: &[String]) -> FieldShown {
    FieldShown {
        is_key: keys.contains(&field.name),
        kind: field.kind.map_or("", Kind::name),
        description: field.description.unwrap_or_default(),
        instructions: field.instructions.unwrap_or_default(),
        also: field.synonyms.join(", "),
        is_time: field.is_time,
        mask: match field.mask {
            None => "",
            Some(Mask::Null) => "Shown as nothing",
            Some(Mask::Redact) => "Shown as redacted",
            Some(Mask::Last4) => "Last four characters shown",
        },
        name: field.name,
    }
}

fn relationship(relationship: &RelationshipMetadata, table: &str) -> RelationshipShown {
    let points = relationship.from.eq_ignore_ascii_case(table);
    let other = match points {
        true => &relationship.to,
        false => &relationship.from,
    };
    let pairs = relationship.from_fields.iter().zip(&relationship.to_fields);
    let pairs: Vec<_> = pairs
        .map(|(from, to)| format!("{}.{from} = {}.{to}", relationship.from, relationship.to))
        .collect();
    RelationshipShown {
        name: relationship.name.clone(),
        link: table_path(other),
        other: other.clone(),
        condition: pairs.join(" AND "),
        points,
    }
}
