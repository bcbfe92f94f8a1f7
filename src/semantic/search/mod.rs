//! Finds what fits a question: tables, fields, metrics and verified queries.
//!
//! Each of these is a document of its words; a word in a name or a synonym counts more than one in a
//! description. Documents are ranked by BM25. How rare a word is, is counted among the documents that
//! the caller may read alone, so that scores tell nothing of others.

mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::layer::SemanticLayer;
use super::model::{AiContext, Dataset, Field, Metric, SemanticModel, VerifiedQuery};
use super::visible::Visible;

/// Longest question that is read, in bytes.
pub const LONGEST_QUESTION: usize = 2_000;

/// How soon a word that is repeated counts no more (BM25's k1).
const SATURATION: f64 = 1.2;
/// How much long documents are held back (BM25's b).
const LENGTH: f64 = 0.5;

/// What a word in a name, a synonym or a question counts, against one in a description.
const IN_NAME: f64 = 3.0;
const IN_SYNONYM: f64 = 2.5;
const IN_QUESTION: f64 = 2.5;
const IN_EXAMPLE: f64 = 1.5;
const IN_DESCRIPTION: f64 = 1.0;

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// A table.
    Table,
    /// A column of a table.
    Field,
    /// Something that can be measured.
    Metric,
    /// A question with SQL that answers it.
    VerifiedQuery,
}

/// Something that fits a question.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SearchHit {
    /// What kind of thing it is.
    pub kind: HitKind,
    /// Its name.
    #[schema(example = "releases_by_month")]
    pub name: String,
    /// The tables that it belongs to.
    pub tables: Vec<String>,
    /// What it means; of a verified query, its question.
    pub description: Option<String>,
    /// SQL: of a verified query whole, of a metric its expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// How well it fits, above 0. Only of use to compare hits of one search.
    pub score: f64,
}

/// The words of everything.
#[derive(Debug)]
pub(super) struct Index {
    documents: Vec<Document>,
}

#[derive(Debug)]
struct Document {
    model: usize,
    what: What,
    tables: BTreeSet<String>,
    /// How much each word counts.
    weights: BTreeMap<String, f64>,
    length: f64,
}

/// Where in a model the document's subject stands.
#[derive(Debug, Clone, Copy)]
enum What {
    Dataset(usize),
    Field(usize, usize),
    Metric(usize),
    VerifiedQuery(usize),
}

impl Index {
    pub fn new(models: &[SemanticModel]) -> Self {
        let mut documents = Vec::new();
        for (model, read) in models.iter().enumerate() {
            let mut add = |what, tables, words: Words| {
                documents.push(Document {
                    model,
                    what,
                    tables,
                    length: words.0.values().sum(),
                    weights: words.0,
                });
            };
            for (at, dataset) in read.datasets.iter().enumerate() {
                let tables = BTreeSet::from([dataset.name.clone()]);
                add(
                    What::Dataset(at),
                    tables.clone(),
                    Words::of_dataset(dataset, read),
                );
                for (field, subject) in dataset.fields.iter().enumerate() {
                    let words = Words::of_field(subject);
                    add(What::Field(at, field), tables.clone(), words);
                }
            }
            for (at, metric) in read.metrics.iter().enumerate() {
                add(
                    What::Metric(at),
                    metric.datasets.clone(),
                    Words::of_metric(metric),
                );
            }
            for (at, query) in read.verified_queries.iter().enumerate() {
                let words = Words::of_query(query);
                add(What::VerifiedQuery(at), query.datasets.clone(), words);
            }
        }
        Self { documents }
    }
}

/// Words with what they count.
#[derive(Default)]
struct Words(BTreeMap<String, f64>);

impl Words {
    fn add(&mut self, text: &str, weight: f64) {
        for stem in words::stems(text) {
            *self.0.entry(stem).or_default() += weight;
        }
    }

    fn add_context(&mut self, context: &AiContext) {
        for synonym in &context.synonyms {
            self.add(synonym, IN_SYNONYM);
        }
        for example in &context.examples {
            self.add(example, IN_EXAMPLE);
        }
    }

    fn described(name: &str, description: Option<&str>, context: &AiContext) -> Self {
        let mut words = Self::default();
        words.add(name, IN_NAME);
        words.add(description.unwrap_or_default(), IN_DESCRIPTION);
        words.add_context(context);
        words
    }

    fn of_dataset(dataset: &Dataset, model: &SemanticModel) -> Self {
        let description = dataset.description.as_deref();
        let mut words = Self::described(&dataset.name, description, &dataset.ai_context);
        words.add(&model.name, IN_DESCRIPTION);
        words.add(
            model.description.as_deref().unwrap_or_default(),
            IN_DESCRIPTION,
        );
        words.add_context(&model.ai_context);
        words
    }

    fn of_field(field: &Field) -> Self {
        let description = field.description.as_deref();
        let mut words = Self::described(&field.name, description, &field.ai_context);
        words.add(field.label.as_deref().unwrap_or_default(), IN_SYNONYM);
        words
    }

    fn of_metric(metric: &Metric) -> Self {
        Self::described(
            &metric.name,
            metric.description.as_deref(),
            &metric.ai_context,
        )
    }

    fn of_query(query: &VerifiedQuery) -> Self {
        let mut words = Self::default();
        words.add(&query.name, IN_DESCRIPTION);
        words.add(&query.question, IN_QUESTION);
        words
    }
}

/// What fits a question, best first; of two that fit alike, in the order of kinds and names.
pub(super) fn search(
    layer: &SemanticLayer,
    visible: &Visible<'_>,
    question: &str,
    limit: usize,
) -> Vec<SearchHit> {
    let wanted: BTreeSet<String> = words::stems(question).into_iter().collect();
    let documents: Vec<&Document> = layer
        .index()
        .documents
        .iter()
        .filter(|document| visible.holds(&document.tables))
        .collect();
    let ranking = Ranking::new(&documents);
    let mut hits: Vec<SearchHit> = documents
        .iter()
        .filter_map(|document| {
            let score = ranking.score(document, &wanted);
            (score > 0.0).then(|| hit(layer, document, score)).flatten()
        })
        .collect();
    hits.sort_by(|left, right| {
        right
            .score
            .total_cmp(&left.score)
            .then_with(|| left.kind.cmp(&right.kind))
            .then_with(|| (&left.tables, &left.name).cmp(&(&right.tables, &right.name)))
    });
    hits.truncate(limit);
    hits
}

/// How many documents there are, how long they are, and which words are rare in them.
struct Ranking<'a> {
    documents: f64,
    average_length: f64,
    having: BTreeMap<&'a str, f64>,
}

impl<'a> Ranking<'a> {
    fn new(documents: &[&'a Document]) -> Self {
        let mut ranking = Self {
            documents: 0.0,
            average_length: 0.0,
            having: BTreeMap::new(),
        };
        let mut length = 0.0;
        for document in documents {
            ranking.documents += 1.0;
            length += document.length;
            for word in document.weights.keys() {
                *ranking.having.entry(word).or_default() += 1.0;
            }
        }
        ranking.average_length = length / ranking.documents.max(1.0);
        ranking
    }

    fn score(&self, document: &Document, wanted: &BTreeSet<String>) -> f64 {
        let relative = document.length / self.average_length.max(1.0);
        let held_back = SATURATION * (1.0 - LENGTH + LENGTH * relative);
        wanted
            .iter()
            .filter_map(|word| {
                let weight = document.weights.get(word)?;
                let having = self.having.get(word.as_str())?;
                let rarity = (1.0 + (self.documents - having + 0.5) / (having + 0.5)).ln();
                Some(rarity * weight * (SATURATION + 1.0) / (weight + held_back))
            })
            .sum()
    }
}

fn hit(layer: &SemanticLayer, document: &Document, score: f64) -> Option<SearchHit> {
    let model = layer.models().get(document.model)?;
    let dialect = layer.dialect();
    let (kind, name, description, sql) = match document.what {
        What::Dataset(at) => {
            let dataset = model.datasets.get(at)?;
            (
                HitKind::Table,
                &dataset.name,
                dataset.description.clone(),
                None,
            )
        }
        What::Field(dataset, at) => {
            let field = model.datasets.get(dataset)?.fields.get(at)?;
            (HitKind::Field, &field.name, field.description.clone(), None)
        }
        What::Metric(at) => {
            let metric = model.metrics.get(at)?;
            let sql = metric.expression.for_dialect(dialect).map(str::to_owned);
            (
                HitKind::Metric,
                &metric.name,
                metric.description.clone(),
                sql,
            )
        }
        What::VerifiedQuery(at) => {
            let query = model.verified_queries.get(at)?;
            let question = Some(query.question.clone());
            (
                HitKind::VerifiedQuery,
                &query.name,
                question,
                Some(query.sql.clone()),
            )
        }
    };
    Some(SearchHit {
        kind,
        name: name.clone(),
        tables: document.tables.iter().cloned().collect(),
        description,
        sql,
        score,
    })
}
