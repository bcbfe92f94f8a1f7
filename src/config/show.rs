//! How settings are shown to people: names, examples, values without their secrets.

use super::database;
use super::definition::{Definition, MASK, Privacy};
use super::effective::Origin;
use super::lookup::Value;

/// How much of a wrong value a mistake repeats, in characters.
const QUOTED_LIMIT: usize = 80;

/// The name of a setting as the user wrote it.
pub(super) fn name_at(definition: &Definition, origin: &Origin) -> String {
    match origin {
        Origin::Default => match definition.environment.first() {
            Some(variable) if definition.has_key() => format!("{} or {variable}", definition.name),
            _ => definition.name.to_owned(),
        },
        Origin::File(..) => format!("{} ({origin})", definition.name),
        Origin::Environment(variable) => variable.clone(),
        Origin::Flag(flag) => (*flag).to_owned(),
    }
}

/// How the setting could be written in the same place.
pub(super) fn example_at(definition: &Definition, origin: &Origin) -> String {
    let first = definition
        .environment
        .first()
        .copied()
        .unwrap_or(definition.name);
    match origin {
        Origin::File(..) => definition.toml_example(),
        Origin::Flag(flag) => format!("{flag} {}", definition.example),
        // The example is the value itself, so it belongs to the variable without _FILE.
        Origin::Environment(variable) => definition.environment_example(
            definition
                .environment
                .iter()
                .copied()
                .find(|name| name == variable)
                .unwrap_or(first),
        ),
        Origin::Default => definition.environment_example(first),
    }
}

/// The value as a mistake may repeat it; none where it is, or may hold, a secret.
pub(super) fn quotable(definition: &Definition, text: &str) -> Option<String> {
    let may_hold_a_password = text.contains("://") && text.contains('@');
    (definition.privacy == Privacy::Open && !may_hold_a_password)
        .then(|| text.chars().take(QUOTED_LIMIT).collect())
}

/// The value with its secrets masked.
pub(super) fn masked(definition: &Definition, value: Value) -> String {
    let text = match value {
        Value::One(text) => text,
        Value::Many(items) => items.join(", "),
    };
    match definition.privacy {
        Privacy::Open => text,
        Privacy::Address => database::masked(&text),
        Privacy::Secret => MASK.to_owned(),
    }
}
