//! Loading as a whole. What belongs to one section is tested at the foot of its file.

mod definitions;
mod mistakes;
mod precedence;
mod properties;
mod secrets;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::definitions as table;
use super::*;

const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----\nsecret-key\n-----END PRIVATE KEY-----\n";

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes())
        .expect("the file can be written");
    file
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn environment(pairs: &[(&str, &str)]) -> Result<Settings, Mistakes> {
    load(&Sources {
        environment: variables(pairs),
        ..Sources::default()
    })
}

fn toml(path: &Path) -> Result<Settings, Mistakes> {
    load(&Sources {
        file: Some(path.to_owned()),
        ..Sources::default()
    })
}

fn names(result: Result<Settings, Mistakes>) -> Vec<String> {
    let mistakes = result.expect_err("there are mistakes");
    mistakes
        .iter()
        .map(|mistake| mistake.name.clone())
        .collect()
}

fn effective(settings: &Settings, name: &str) -> (Option<String>, String) {
    let found = settings
        .effective()
        .into_iter()
        .find(|effective| effective.name == name);
    let found = found.expect("every setting is there");
    (found.value, found.origin.to_string())
}
