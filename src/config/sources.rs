//! Where settings come from, gathered before any is read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::mistake::{Mistake, Mistakes};
use super::{definitions, load};

/// The settings file that is read when no other is named.
const DEFAULT_FILE: &str = "ambit.toml";

/// What command-line flags said: the strongest source.
#[derive(Clone, Default)]
pub struct Overrides(BTreeMap<String, String>);

impl Overrides {
    /// Adds the value of a flag, under the setting's name such as `server.listen`.
    ///
    /// A list is separated by commas. A name that is no setting is a mistake, which
    /// [`load`] reports.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Values may be secret, so only names are shown.
impl fmt::Debug for Overrides {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Everything that [`load`] reads. Weakest first: file, environment, flags.
#[derive(Clone, Default)]
pub struct Sources {
    /// The settings file; it must exist when one is named.
    pub file: Option<PathBuf>,
    /// Environment variables by name.
    pub environment: BTreeMap<String, String>,
    /// What flags said.
    pub overrides: Overrides,
}

impl Sources {
    /// Takes the environment of this process, and `ambit.toml` of the working directory where
    /// `file` names no other and it exists.
    ///
    /// # Errors
    ///
    /// A variable that Ambit reads holds bytes that are not UTF-8. The mistakes of everything
    /// else are reported beside it.
    pub fn from_process(file: Option<PathBuf>, overrides: Overrides) -> Result<Self, Mistakes> {
        let default_file = PathBuf::from(DEFAULT_FILE);
        let file = file.or_else(|| default_file.exists().then_some(default_file));
        Self::from_variables(std::env::vars_os(), file, overrides)
    }

    fn from_variables(
        variables: impl Iterator<Item = (OsString, OsString)>,
        file: Option<PathBuf>,
        overrides: Overrides,
    ) -> Result<Self, Mistakes> {
        let mut environment = BTreeMap::new();
        let mut mistakes = Vec::new();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    environment.insert(name, value);
                }
                Err(_) if definitions::is_variable(&name) => mistakes.push(Mistake {
                    name,
                    problem: "must be UTF-8 text".to_owned(),
                    example: None,
                }),
                Err(_) => {}
            }
        }
        let sources = Self {
            file,
            environment,
            overrides,
        };
        if mistakes.is_empty() {
            return Ok(sources);
        }
        if let Err(others) = load(&sources) {
            mistakes.extend(others.iter().cloned());
        }
        Err(Mistakes::new(mistakes))
    }
}

/// Variables may be secret, so only names are shown.
impl fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sources")
            .field("file", &self.file)
            .field("environment", &self.environment.keys())
            .field("overrides", &self.overrides)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_reported_with_everything_else() {
        let broken = || OsString::from_vec(vec![b'x', 0xff]);
        let variables = [
            ("AMBIT_ISSUER".into(), broken()),
            ("UNRELATED".into(), broken()),
            ("AMBIT_WORKERS".into(), "none".into()),
        ];
        let mistakes = Sources::from_variables(variables.into_iter(), None, Overrides::default())
            .expect_err("the issuer is not UTF-8");
        let names: Vec<&str> = mistakes
            .iter()
            .map(|mistake| mistake.name.as_str())
            .collect();
        assert_eq!(names, ["AMBIT_ISSUER", "AMBIT_WORKERS"]);
    }

    #[test]
    fn debug_shows_names_only() {
        let sources = Sources {
            environment: BTreeMap::from([("AMBIT_ADMIN_PASSWORD".into(), "hunter2hunter2".into())]),
            overrides: Overrides::default().set("database.url", "postgres://u:hunter2@h/d"),
            ..Sources::default()
        };
        let shown = format!("{sources:?}");
        assert!(shown.contains("AMBIT_ADMIN_PASSWORD") && shown.contains("database.url"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
