//! All models that are loaded.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checks;
use super::document::{self, LONGEST_FILE, ModelError};
use super::guard::{PreparedTable, ReadableColumn, ReadableTable, Unusable};
use super::model::{Dataset, Field, Place, SemanticModel};
use super::search::Index;
use super::visible::Visible;
use crate::model::ScopeSet;
use crate::warehouse::Dialect;

/// Why models were not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operator's folder cannot be read.
    #[error("the semantic models in {} cannot be read: {error}", path.display())]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// Models are broken; every mistake there is.
    #[error("the semantic models are broken{}", listed(.0))]
    Broken(Vec<ModelError>),
}

fn listed(errors: &[ModelError]) -> String {
    errors.iter().map(|error| format!("\n  {error}")).collect()
}

/// What is known of the warehouse's tables.
#[derive(Debug)]
pub struct SemanticLayer {
    dialect: Dialect,
    models: Vec<SemanticModel>,
    index: Index,
    /// The tables that can be read at all, by name in lower case.
    prepared: BTreeMap<String, Arc<PreparedTable>>,
}

impl SemanticLayer {
    /// Loads the models that come with Ambit, each a name and its YAML, and every `*.yaml` and `*.yml`
    /// of the operator's folder, sorted by name. A folder that is not there holds none.
    ///
    /// # Errors
    /// A file cannot be read, or is broken by itself or beside the others.
    pub fn load(
        built_in: &[(&str, &str)],
        folder: Option<&Path>,
        dialect: Dialect,
    ) -> Result<Self, LoadError> {
        let mut texts: Vec<(String, String)> = built_in
            .iter()
            .map(|(name, yaml)| ((*name).to_owned(), (*yaml).to_owned()))
            .collect();
        if let Some(folder) = folder {
            texts.extend(files(folder)?);
        }
        Self::parse(&texts, dialect)
    }

    /// As [`load`](Self::load), of files already read, each a name and its YAML.
    ///
    /// # Errors
    /// One is broken by itself or beside the others.
    pub fn parse(texts: &[(String, String)], dialect: Dialect) -> Result<Self, LoadError> {
        let mut models = Vec::new();
        let mut errors = Vec::new();
        for (name, yaml) in texts {
            match document::parse(name, yaml) {
                Ok(read) => models.extend(read),
                Err(broken) => errors.extend(broken),
            }
        }
        errors.extend(checks::check(&mut models, dialect));
        let mut prepared = BTreeMap::new();
        for dataset in models.iter().flat_map(|model| &model.datasets) {
            match prepare(dataset, dialect) {
                Ok(Some(table)) => {
                    prepared.insert(dataset.name.to_ascii_lowercase(), Arc::new(table));
                }
                Ok(None) => {}
                Err(unusable) => errors.push(ModelError {
                    place: dataset.place.clone(),
                    problem: unusable.to_string(),
                }),
            }
        }
        if errors.is_empty() {
            Ok(Self {
                dialect,
                index: Index::new(&models),
                models,
                prepared,
            })
        } else {
            Err(LoadError::Broken(errors))
        }
    }

    /// The dialect of SQL for which the models were loaded.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Every model.
    pub fn models(&self) -> &[SemanticModel] {
        &self.models
    }

    /// What someone with these scopes may read.
    pub fn visible_to(&self, scopes: &ScopeSet) -> Visible<'_> {
        self.visible(|dataset| dataset.access.permits(scopes))
    }

    /// Everything, for the operator alone.
    pub fn whole(&self) -> Visible<'_> {
        self.visible(|_| true)
    }

    fn visible(&self, may_read: impl Fn(&Dataset) -> bool) -> Visible<'_> {
        let mut tables = BTreeMap::new();
        for model in &self.models {
            for dataset in model.datasets.iter().filter(|dataset| may_read(dataset)) {
                tables.insert(dataset.name.to_ascii_lowercase(), (model, dataset));
            }
        }
        Visible::new(self, tables)
    }

    pub(super) fn prepared(&self, table: &str) -> Option<&Arc<PreparedTable>> {
        self.prepared.get(&table.to_ascii_lowercase())
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }
}

/// What stands in for the dataset's name in SQL. `None`: none of its fields can be read in this
/// dialect.
fn prepare(dataset: &Dataset, dialect: Dialect) -> Result<Option<PreparedTable>, Unusable> {
    let readable = |field: &Field| {
        let expression = field.expression.for_dialect(dialect)?;
        Some(ReadableColumn {
            name: field.name.clone(),
            // A plain lower-case name is the same column however it is quoted.
            expression: (expression != field.name || field.name != field.name.to_ascii_lowercase())
                .then(|| expression.to_owned()),
            mask: dataset.access.masks.get(&field.name).copied(),
        })
    };
    let columns: Vec<ReadableColumn> = dataset.fields.iter().filter_map(readable).collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let table = ReadableTable {
        name: dataset.name.clone(),
        source: dataset.source.clone(),
        columns,
        row_filter: dataset.access.row_filter.clone(),
    };
    table.prepare(dialect).map(Some)
}

/// The models in a folder, by name.
fn files(folder: &Path) -> Result<Vec<(String, String)>, LoadError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| LoadError::Folder { path, error }
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable(folder))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml")) {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| Ok((path.display().to_string(), read(path)?)))
        .collect()
}

/// The text of one model's file.
///
/// # Errors
/// It cannot be read, is no text, or is larger than any model may be.
pub fn read(path: &Path) -> Result<String, LoadError> {
    let unreadable = |error| LoadError::Folder {
        path: path.to_owned(),
        error,
    };
    let mut bytes = Vec::new();
    let longest = u64::try_from(LONGEST_FILE).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(longest.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| {
        LoadError::Broken(vec![ModelError {
            place: Place {
                file: path.display().to_string().into(),
                line: 0,
            },
            problem: "it is no UTF-8 text, as YAML has to be".to_owned(),
        }])
    })
}
