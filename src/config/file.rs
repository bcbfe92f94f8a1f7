//! `ambit.toml`: its text, read into values by setting name.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::definition::{Definition, Kind};
use super::definitions;
use super::effective::Origin;
use super::lookup::{Given, Value};
use super::mistake::Mistake;
use super::nearest::nearest;

/// What the settings file says.
#[derive(Default)]
pub(super) struct SettingsFile {
    /// A value of the wrong type is its setting's mistake.
    pub values: BTreeMap<&'static str, Result<Given, Mistake>>,
    /// What belongs to no setting: broken text, unknown keys.
    pub mistakes: Vec<Mistake>,
}

impl SettingsFile {
    pub fn read(path: &Path) -> Self {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) => Self {
                mistakes: vec![Mistake {
                    name: path.display().to_string(),
                    problem: format!("cannot be read: {error}"),
                    example: None,
                }],
                ..Self::default()
            },
        }
    }

    fn parse(path: &Path, text: &str) -> Self {
        let mut walk = Walk {
            path,
            text,
            found: Self::default(),
        };
        let (document, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            walk.table("", document.get_ref());
        }
        for error in errors {
            // The error's own Display quotes the line, which may hold a secret.
            let line = walk.line(error.span().map_or(0, |span| span.start));
            walk.found.mistakes.push(Mistake {
                name: format!("{} line {line}", path.display()),
                problem: format!("is not TOML: {}", error.message()),
                example: None,
            });
        }
        walk.found
    }
}

struct Walk<'a> {
    path: &'a Path,
    text: &'a str,
    found: SettingsFile,
}

impl Walk<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = if prefix.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{prefix}.{}", key.get_ref())
            };
            let line = self.line(key.span().start);
            let definition = definitions::all()
                .find(|definition| definition.has_key() && definition.name == name);
            match (definition, value.get_ref()) {
                (Some(definition), _) => self.setting(definition, value, line),
                (None, DeValue::Table(inner)) if is_table(&name) => self.table(&name, inner),
                (None, _) => self.unknown(&name, line),
            }
        }
    }

    fn setting(
        &mut self,
        definition: &'static Definition,
        value: &Spanned<DeValue<'_>>,
        line: usize,
    ) {
        let given = match convert(definition.kind, value.get_ref()) {
            Ok(value) => Ok(Given {
                value,
                origin: Origin::File(self.path.to_owned(), line),
            }),
            Err(problem) => Err(Mistake {
                name: self.located(definition.name, line),
                problem: problem.to_owned(),
                example: Some(definition.toml_example()),
            }),
        };
        self.found.values.insert(definition.name, given);
    }

    fn unknown(&mut self, name: &str, line: usize) {
        let problem = if is_table(name) {
            format!("must be a table, written [{name}]")
        } else {
            match nearest(name, definitions::keys().map(str::to_owned)) {
                Some(near) => format!("is no setting; did you mean {near}?"),
                None => "is no setting".to_owned(),
            }
        };
        let name = self.located(name, line);
        self.found.mistakes.push(Mistake {
            name,
            problem,
            example: None,
        });
    }

    fn located(&self, name: &str, line: usize) -> String {
        format!("{name} ({} line {line})", self.path.display())
    }

    /// The line (from 1) of a byte offset.
    fn line(&self, offset: usize) -> usize {
        self.text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
            .saturating_add(1)
    }
}

/// Whether settings stand under this name.
fn is_table(name: &str) -> bool {
    definitions::keys().any(|key| {
        key.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

fn convert(kind: Kind, value: &DeValue<'_>) -> Result<Value, &'static str> {
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Ok(Value::One(text.to_string())),
        (Kind::Text, _) => Err("must be text, in quotes"),
        (Kind::Number, DeValue::Integer(number)) => Ok(Value::One(decimal(number))),
        (Kind::Number, _) => Err("must be a whole number, without quotes"),
        (Kind::Flag, DeValue::Boolean(flag)) => Ok(Value::One(flag.to_string())),
        (Kind::Flag, _) => Err("must be true or false, without quotes"),
        (Kind::List, DeValue::Array(items)) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Ok(text.to_string()),
                _ => Err("must be a list of texts, each in quotes"),
            })
            .collect::<Result<_, _>>()
            .map(Value::Many),
        (Kind::List, _) => Err("must be a list of texts, in brackets"),
        (Kind::Variable, _) => Err("is an environment variable, not a key"),
    }
}

/// The number in base ten; one too long for any setting stays as it was written, and fails there.
fn decimal(number: &DeInteger<'_>) -> String {
    i128::from_str_radix(number.as_str(), number.radix())
        .map_or_else(|_| number.to_string(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let found = SettingsFile::parse(Path::new("ambit.toml"), text);
        found.mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_bear_their_line() {
        let text = "[server]\nlisten = '127.0.0.1:1'\nworkers = 0x10\n[server.tls]\nkey_file = 'k'";
        let found = SettingsFile::parse(Path::new("ambit.toml"), text);
        assert!(found.mistakes.is_empty());
        let workers = found.values["server.workers"].as_ref().expect("a number");
        assert_eq!(workers.value, Value::One("16".into()));
        assert_eq!(workers.origin, Origin::File("ambit.toml".into(), 3));
        assert!(found.values.contains_key("server.tls.key_file"));
    }

    #[test]
    fn unknown_keys_are_mistakes_with_advice() {
        let found = mistakes("listen = 'x'\n[server]\nisuer = 'x'\n[quux]\nzzz = 1\n");
        assert_eq!(
            found,
            [
                "listen (ambit.toml line 1): is no setting; did you mean server.listen?",
                "server.isuer (ambit.toml line 3): is no setting; did you mean server.issuer?",
                "quux (ambit.toml line 4): is no setting",
            ]
        );
    }

    #[test]
    fn wrong_types_are_mistakes_with_an_example() {
        let text = "[server]\nlisten = 8000\nworkers = '2'\ntrusted_proxies = 'x'";
        let found = SettingsFile::parse(Path::new("ambit.toml"), text);
        let shown = |name| match &found.values[name] {
            Ok(_) => String::new(),
            Err(mistake) => mistake.to_string(),
        };
        assert_eq!(
            shown("server.listen"),
            "server.listen (ambit.toml line 2): must be text, in quotes\n    \
             example: listen = \"127.0.0.1:8000\", under [server]"
        );
        assert_eq!(
            shown("server.workers"),
            "server.workers (ambit.toml line 3): must be a whole number, without quotes\n    \
             example: workers = 4, under [server]"
        );
        assert_eq!(
            shown("server.trusted_proxies"),
            "server.trusted_proxies (ambit.toml line 4): must be a list of texts, in brackets\n    \
             example: trusted_proxies = [\"10.0.0.0/8\", \"192.168.1.7\"], under [server]"
        );
        assert_eq!(
            mistakes("log = 1"),
            ["log (ambit.toml line 1): must be a table, written [log]"]
        );
    }

    #[test]
    fn broken_toml_names_every_broken_line_and_no_value() {
        let found = mistakes("[admin]\npassword = hunter2 hunter2\n[log]\nfilter = \n");
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(
            found[0].starts_with("ambit.toml line 2: is not TOML: "),
            "{found:#?}"
        );
        assert!(
            found[1].starts_with("ambit.toml line 4: is not TOML: "),
            "{found:#?}"
        );
        assert!(!found.concat().contains("hunter2"), "{found:#?}");
    }
}
