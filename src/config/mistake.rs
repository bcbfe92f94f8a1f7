//! Mistakes in settings, gathered so that one start reports them all.

use std::fmt;

/// One mistake: which setting, what is wrong, and how it could be written.
///
/// No field ever holds the value of a secret setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The setting as the user wrote it: TOML key, environment variable or flag.
    pub name: String,
    /// What is wrong, in words that follow the name.
    pub problem: String,
    /// How it could be written instead.
    pub example: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.problem)?;
        match &self.example {
            Some(example) => write!(formatter, "\n    example: {example}"),
            None => Ok(()),
        }
    }
}

/// All the mistakes found in one loading, in the order in which settings are documented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    pub(super) fn new(mistakes: Vec<Mistake>) -> Self {
        Self(mistakes)
    }

    /// The mistakes one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(formatter, "1 mistake in the settings")?,
            count => write!(formatter, "{count} mistakes in the settings")?,
        }
        for mistake in &self.0 {
            write!(formatter, "\n\n{mistake}")?;
        }
        Ok(())
    }
}

/// A value could not be read, and the reader holds the mistake already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recorded;
