//! The settings in force, as people may see them.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// One setting in force, its secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// The dotted TOML key, such as `server.listen`.
    pub name: &'static str,
    /// The value, masked where it is secret; `None` where there is none.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// The settings file at this path, with the line of the value (from 1).
    File(PathBuf, usize),
    /// The environment variable (or variables, separated by commas) of this name.
    Environment(String),
    /// The command-line flag of this name, with its dashes.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(path, line) => write!(formatter, "{} line {line}", path.display()),
            Self::Environment(variable) => write!(formatter, "environment {variable}"),
            Self::Flag(flag) => write!(formatter, "flag {flag}"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
