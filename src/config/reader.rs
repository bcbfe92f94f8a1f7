//! Reads the value of each setting, and keeps mistakes and provenance.

use super::checks::{Checks, Finding};
use super::definition::{Definition, Fallback, Setting};
use super::effective::{Effective, Origin};
use super::lookup::{Given, Lookup, Value};
use super::mistake::{Mistake, Recorded};
use super::show::{example_at, masked, name_at, quotable};
use super::sources::Sources;

/// Reads settings one by one from all sources.
pub(super) struct Reader<'a> {
    lookup: Lookup<'a>,
    checks: Checks,
    effective: Vec<Effective>,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    /// Reads the file and finds the names that are no settings.
    pub fn open(sources: &'a Sources, checks: Checks) -> Self {
        let lookup = Lookup::open(sources);
        let mistakes = lookup.mistakes();
        Self {
            lookup,
            checks,
            effective: Vec::new(),
            mistakes,
        }
    }

    pub fn close(self) -> (Vec<Effective>, Vec<Mistake>) {
        (self.effective, self.mistakes)
    }

    /// Reads a setting that always has a value.
    pub fn one<T>(&mut self, setting: &'static Setting<T>) -> Result<T, Recorded> {
        self.one_or(setting, None)
    }

    /// Reads a setting; where nobody gave it, `alternative` stands before the default.
    pub fn one_or<T>(
        &mut self,
        setting: &'static Setting<T>,
        alternative: Option<Given>,
    ) -> Result<T, Recorded> {
        match self.optional_or(setting, alternative)? {
            Some(value) => Ok(value),
            None => Err(self.mistake(&setting.definition, "must be set")),
        }
    }

    /// Reads a setting that may have no value.
    pub fn optional<T>(&mut self, setting: &'static Setting<T>) -> Result<Option<T>, Recorded> {
        self.optional_or(setting, None)
    }

    fn optional_or<T>(
        &mut self,
        setting: &'static Setting<T>,
        alternative: Option<Given>,
    ) -> Result<Option<T>, Recorded> {
        let definition = &setting.definition;
        let given = self
            .given(definition)?
            .or(alternative)
            .or_else(|| fallback(definition));
        let value = match &given {
            Some(Given {
                value: Value::One(text),
                origin,
            }) => Some(self.parse(setting, text, origin)?),
            _ => None,
        };
        self.remember(definition, given);
        Ok(value)
    }

    /// Reads a list; nobody giving it makes it empty.
    pub fn list<T>(&mut self, setting: &'static Setting<T>) -> Result<Vec<T>, Recorded> {
        let given = self.given(&setting.definition)?;
        let values = match &given {
            Some(Given {
                value: Value::Many(items),
                origin,
            }) => {
                let read: Vec<_> = items
                    .iter()
                    .map(|item| self.parse(setting, item, origin))
                    .collect();
                read.into_iter().collect::<Result<Vec<T>, Recorded>>()?
            }
            _ => Vec::new(),
        };
        self.remember(&setting.definition, given);
        Ok(values)
    }

    /// Whether any source gives this setting.
    pub fn is_given(&self, definition: &Definition) -> bool {
        !matches!(self.lookup.find(definition), Ok(None))
    }

    /// Records everything that a check finds.
    pub fn examine(&mut self, look: impl FnOnce(Checks) -> Vec<Finding>) -> Result<(), Recorded> {
        let mut outcome = Ok(());
        for finding in look(self.checks) {
            outcome = Err(self.mistake(finding.setting.definition(), &finding.problem));
        }
        outcome
    }

    /// Records what is wrong with a setting, under the name by which it was given.
    pub fn mistake(&mut self, definition: &Definition, problem: &str) -> Recorded {
        let origin = match self.lookup.find(definition) {
            Ok(Some(given)) => given.origin,
            _ => Origin::Default,
        };
        self.mistake_at(definition, &origin, problem.to_owned())
    }

    fn mistake_at(
        &mut self,
        definition: &Definition,
        origin: &Origin,
        problem: String,
    ) -> Recorded {
        let name = name_at(definition, origin);
        let example = Some(example_at(definition, origin));
        self.mistakes.push(Mistake {
            name,
            problem,
            example,
        });
        Recorded
    }

    fn given(&mut self, definition: &Definition) -> Result<Option<Given>, Recorded> {
        self.lookup.find(definition).map_err(|mistake| {
            self.mistakes.push(mistake);
            Recorded
        })
    }

    fn parse<T>(
        &mut self,
        setting: &'static Setting<T>,
        text: &str,
        origin: &Origin,
    ) -> Result<T, Recorded> {
        (setting.parse)(text).map_err(|problem| {
            let problem = match quotable(&setting.definition, text) {
                Some(text) => format!("{problem}, not {text:?}"),
                None => problem,
            };
            self.mistake_at(&setting.definition, origin, problem)
        })
    }

    fn remember(&mut self, definition: &'static Definition, given: Option<Given>) {
        if !definition.has_key() {
            return;
        }
        let (value, origin) = match given {
            Some(given) => (Some(masked(definition, given.value)), given.origin),
            None => (None, Origin::Default),
        };
        self.effective.push(Effective {
            name: definition.name,
            value,
            origin,
        });
    }
}

fn fallback(definition: &Definition) -> Option<Given> {
    let text = match definition.fallback {
        Fallback::Nothing(_) => return None,
        Fallback::Text(text) => text.to_owned(),
        Fallback::Computed { compute, .. } => compute(),
    };
    Some(Given {
        value: Value::One(text),
        origin: Origin::Default,
    })
}
