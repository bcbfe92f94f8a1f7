//! The reference of all settings, `CONFIGURATION.md`, made from their definitions.

use super::definition::{Definition, Fallback, Section};
use super::definitions::{FILE_ENDING, SECTIONS};

const INTRODUCTION: &str = "\
# Settings

Generated from the code; a test fails when it is stale.

Every setting has a default that works on a developer's machine. What is given elsewhere stands
above it, the later over the earlier:

1. the default;
2. `ambit.toml` in the working directory, or the file that `--config FILE` names;
3. the environment;
4. command-line flags.

All settings are checked together at start, and every mistake is reported at once: a key that
`ambit.toml` should not have and a variable that begins with `AMBIT_` but is none of those below
are mistakes too (`AMBIT_TEST_*` is left to tests, `AMBIT_CLIENT_SECRET` to `ambit token`). `ambit
config` prints the settings in force, secrets masked, and where each came from.

- Where a setting has several variables, the first one named that is set wins. An empty variable
  counts as not set.
- For a secret, `NAME_FILE` names a file that holds the value (a line break at its end is
  dropped), as container hosts mount secrets. Setting both `NAME` and `NAME_FILE` is a mistake.
- Lists are written `[\"a\", \"b\"]` in `ambit.toml` and `a,b` in the environment.
- A name with dots is a key in a table: `server.listen` is `listen` under `[server]`. A setting
  without dots can be given in the environment only.
";

/// The whole text of `CONFIGURATION.md`.
pub fn reference() -> String {
    let sections: String = SECTIONS.iter().map(|section| table(section)).collect();
    format!("{INTRODUCTION}{sections}")
}

fn table(section: &Section) -> String {
    let rows: String = section
        .settings
        .iter()
        .map(|definition| row(definition))
        .collect();
    format!(
        "\n## {}\n\n{}\n\n\
         | setting | environment | default | meaning | example |\n\
         | --- | --- | --- | --- | --- |\n{rows}",
        section.name, section.about
    )
}

fn row(definition: &Definition) -> String {
    let setting = match definition.flag {
        Some(flag) => format!("{}, flag {}", code(definition.name), code(flag)),
        None if definition.has_key() => code(definition.name),
        None => String::new(),
    };
    let default = match definition.fallback {
        Fallback::Nothing(described) | Fallback::Computed { described, .. } => described.to_owned(),
        Fallback::Text(text) => code(text),
    };
    let cells = [
        setting,
        variables(definition),
        default,
        definition.meaning.to_owned(),
        code(definition.example),
    ];
    format!(
        "| {} |\n",
        cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
    )
}

fn variables(definition: &Definition) -> String {
    let names: Vec<String> = definition
        .environment
        .iter()
        .flat_map(|name| {
            let file = definition
                .may_come_from_a_file()
                .then(|| format!("{name}{FILE_ENDING}"));
            [Some((*name).to_owned()), file].into_iter().flatten()
        })
        .map(|name| code(&name))
        .collect();
    names.join(", ")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With `AMBIT_TEST_WRITE_REFERENCE` set, the file is written instead.
    #[test]
    fn the_checked_in_reference_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/CONFIGURATION.md");
        if std::env::var_os("AMBIT_TEST_WRITE_REFERENCE").is_some() {
            std::fs::write(path, reference()).expect("the reference can be written");
            return;
        }
        let found = include_str!("../../CONFIGURATION.md");
        assert!(
            found == reference(),
            "stale: see the header of src/config/mod.rs"
        );
    }
}
