//! `ambit semantic lint`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::anyhow;

use super::super::context::Context;
use super::super::output::{self, printable};
use super::built_in;
use crate::app::database_address;
use crate::config::Settings;
use crate::http;
use crate::model::TenantId;
use crate::semantic::{self, Linted, LoadError, SemanticLayer};
use crate::storage::inspection::{self, State};
use crate::storage::scopes;
use crate::warehouse::{self, Limits};

const EXPLANATION: &str = "\
Without files, the models that come with Ambit and those of the folder warehouse.semantic_dir are \
checked; with files, these in place of the folder's. A table of a model that comes with Ambit need not \
be loaded.

Examples:
  ambit semantic lint
  ambit semantic lint orders.yaml --json";

/// Which models, and how to print what is found.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLANATION)]
pub struct Args {
    /// Models in place of those of the folder
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Prints what is wrong, by file and line.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.settings()?;
        let Linted {
            findings,
            not_loaded,
        } = self.linted(&settings).await?;
        if self.json {
            output::print_json(&findings)?;
        } else {
            if !not_loaded.is_empty() {
                output::print_line(&printable(&unchecked(&not_loaded)))?;
            }
            if findings.is_empty() {
                let what = if not_loaded.is_empty() {
                    "the models"
                } else {
                    "what was checked"
                };
                output::print_line(&format!("Nothing is wrong with {what}."))?;
            }
        }
        if findings.is_empty() {
            return Ok(());
        }
        if !self.json {
            for finding in &findings {
                let line = format!("{}: {}", finding.place, finding.problem);
                output::print_line(&printable(&line))?;
            }
        }
        let things = if findings.len() == 1 {
            "thing is"
        } else {
            "things are"
        };
        Err(anyhow!("{} {things} wrong with the models", findings.len()))
    }

    async fn linted(&self, settings: &Settings) -> anyhow::Result<Linted> {
        let scopes = known_scopes(settings)?;
        let limits = Limits {
            rows: 1,
            bytes: settings.warehouse.query_bytes,
            time: settings.warehouse.query_timeout,
        };
        let warehouse = warehouse::open(&settings.warehouse).await?;
        let built_in = built_in();
        let loaded = if self.files.is_empty() {
            let folder = Some(settings.warehouse.semantic_dir.as_path());
            SemanticLayer::load(&built_in, folder, warehouse.dialect())
        } else {
            self.texts(&built_in)
                .and_then(|texts| SemanticLayer::parse(&texts, warehouse.dialect()))
        };
        let layer = match loaded {
            Ok(layer) => layer,
            Err(LoadError::Broken(errors)) => {
                return Ok(Linted {
                    findings: errors.into_iter().map(Into::into).collect(),
                    not_loaded: BTreeSet::new(),
                });
            }
            Err(error) => return Err(error.into()),
        };
        let comes_with_ambit = |file: &str| built_in.iter().any(|(name, _)| *name == file);
        let found = semantic::lint(
            &layer,
            warehouse.as_ref(),
            limits,
            &scopes,
            comes_with_ambit,
        )
        .await;
        Ok(found?)
    }

    fn texts(&self, built_in: &[(&str, &str)]) -> Result<Vec<(String, String)>, LoadError> {
        let mut texts: Vec<(String, String)> = built_in
            .iter()
            .map(|(name, yaml)| ((*name).to_owned(), (*yaml).to_owned()))
            .collect();
        for file in &self.files {
            texts.push((file.display().to_string(), semantic::read(file)?));
        }
        Ok(texts)
    }
}

/// Says which tables were not there to be checked against.
fn unchecked(not_loaded: &BTreeSet<String>) -> String {
    let names: Vec<&str> = not_loaded.iter().map(String::as_str).collect();
    format!(
        "Not loaded, so neither their columns nor SQL over them were checked: {}.",
        names.join(", ")
    )
}

/// The scopes of the code, and those that were added to the database, if there is one.
fn known_scopes(settings: &Settings) -> anyhow::Result<BTreeSet<String>> {
    let mut known: BTreeSet<String> = http::scopes()
        .into_iter()
        .map(|scope| scope.name.to_owned())
        .collect();
    let address = database_address(settings);
    if matches!(inspection::state(&address)?, State::Ready) {
        let added = address
            .link()
            .read(|connection| scopes::all(connection, &TenantId::default()))?;
        known.extend(added.into_iter().map(|scope| scope.name));
    }
    Ok(known)
}
