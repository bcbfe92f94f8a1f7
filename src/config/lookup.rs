//! Looks for the value of a setting in all sources.

use std::fs::File;
use std::io::Read;

use super::definition::{Definition, Kind, split_list};
use super::definitions::{self, FILE_ENDING};
use super::effective::Origin;
use super::file::SettingsFile;
use super::mistake::Mistake;
use super::nearest::nearest;
use super::sources::Sources;

/// Every variable with this beginning is a setting, or a mistake.
const PREFIX: &str = "AMBIT_";
/// Variables with this beginning steer tests and are none of the server's business.
const TEST_PREFIX: &str = "AMBIT_TEST_";
/// Belongs to `ambit token`, which reads it itself: it is a client's, not the server's.
const CLIENT_SECRET: &str = "AMBIT_CLIENT_SECRET";
/// A secret file larger than this (in bytes) is no secret file.
const SECRET_FILE_LIMIT: u64 = 65_536;

/// A value as it was written, not yet understood.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) enum Value {
    One(String),
    Many(Vec<String>),
}

/// A value and where it came from.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Given {
    pub value: Value,
    pub origin: Origin,
}

/// All sources, the file read.
pub(super) struct Lookup<'a> {
    sources: &'a Sources,
    file: SettingsFile,
}

impl<'a> Lookup<'a> {
    pub fn open(sources: &'a Sources) -> Self {
        let file = sources
            .file
            .as_deref()
            .map(SettingsFile::read)
            .unwrap_or_default();
        Self { sources, file }
    }

    /// What is wrong with the sources themselves: a broken file, names that are no settings.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let variables = self
            .sources
            .environment
            .keys()
            .filter(|name| name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX))
            .filter(|name| *name != CLIENT_SECRET)
            .filter(|name| !definitions::is_variable(name))
            .map(|name| unknown(name, definitions::variables()));
        let overrides = self
            .sources
            .overrides
            .names()
            .filter(|name| definitions::keys().all(|key| key != *name))
            .map(|name| unknown(name, definitions::keys().map(str::to_owned)));
        self.file
            .mistakes
            .iter()
            .cloned()
            .chain(variables)
            .chain(overrides)
            .collect()
    }

    /// Looks through the sources, strongest first.
    pub fn find(&self, definition: &Definition) -> Result<Option<Given>, Mistake> {
        if let Some(text) = self.sources.overrides.get(definition.name) {
            let origin = Origin::Flag(definition.flag.unwrap_or(definition.name));
            return Ok(Some(Given {
                value: split(definition.kind, text),
                origin,
            }));
        }
        for variable in definition.environment {
            if let Some(text) = self.variable(definition, variable)? {
                let (variable, text) = text;
                let origin = Origin::Environment(variable);
                return Ok(Some(Given {
                    value: split(definition.kind, &text),
                    origin,
                }));
            }
        }
        self.file.values.get(definition.name).cloned().transpose()
    }

    /// The variable's value, or that of the file which `NAME_FILE` names, with the variable's name.
    fn variable(
        &self,
        definition: &Definition,
        name: &str,
    ) -> Result<Option<(String, String)>, Mistake> {
        let file_name = format!("{name}{FILE_ENDING}");
        let plain = self.set_variable(name);
        let path = self
            .set_variable(&file_name)
            .filter(|_| definition.may_come_from_a_file());
        match (plain, path) {
            (Some(_), Some(_)) => Err(Mistake {
                name: format!("{name} and {file_name}"),
                problem: "are both set; only one of them may be".to_owned(),
                example: None,
            }),
            (Some(text), None) => Ok(Some((name.to_owned(), text.to_owned()))),
            (None, Some(path)) => match read_secret_file(path) {
                Ok(text) => Ok(Some((file_name, text))),
                Err(problem) => Err(Mistake {
                    name: file_name,
                    problem,
                    example: None,
                }),
            },
            (None, None) => Ok(None),
        }
    }

    /// An empty variable counts as not set: that is how compose files and hosts unset one.
    fn set_variable(&self, name: &str) -> Option<&str> {
        self.sources
            .environment
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }
}

fn unknown(name: &str, candidates: impl Iterator<Item = String>) -> Mistake {
    let problem = match nearest(name, candidates) {
        Some(near) => format!("is no setting; did you mean {near}?"),
        None => "is no setting".to_owned(),
    };
    Mistake {
        name: name.to_owned(),
        problem,
        example: None,
    }
}

fn split(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::List => Value::Many(split_list(text).map(str::to_owned).collect()),
        Kind::Text | Kind::Number | Kind::Flag | Kind::Variable => Value::One(text.to_owned()),
    }
}

/// The text of a file without its trailing line break, which editors and `echo` add.
///
/// The path is not repeated in the error: it may be a secret given to the wrong variable.
fn read_secret_file(path: &str) -> Result<String, String> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| {
            file.take(SECRET_FILE_LIMIT.saturating_add(1))
                .read_to_string(&mut text)
        })
        .map_err(|error| format!("names a file that cannot be read: {error}"))?;
    if u64::try_from(text.len()).is_ok_and(|length| length > SECRET_FILE_LIMIT) {
        return Err(format!(
            "names a file larger than {SECRET_FILE_LIMIT} bytes"
        ));
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
