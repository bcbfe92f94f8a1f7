//! Names of tables and columns: plain SQL identifiers that need no quotes in any dialect's default case.

use std::collections::BTreeSet;
use std::fmt;

use super::LoadError;

/// The longest name that PostgreSQL keeps, in bytes.
const LONGEST: usize = 63;
/// How much of a long heading is kept, so that a number still fits behind it.
const KEPT: usize = 56;
/// Beginnings of names that belong to somebody.
const RESERVED: [&str; 4] = ["ambit_", "sqlite_", "pg_", "pragma_"];
/// Columns that every table of PostgreSQL has already.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// The name of a table: lower case letters, digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName(String);

impl TableName {
    /// A name for a table of the operator's.
    ///
    /// # Errors
    /// It is no identifier, or belongs to Ambit or to a database itself.
    pub fn parse(text: &str) -> Result<Self, LoadError> {
        match RESERVED.into_iter().find(|prefix| text.starts_with(prefix)) {
            Some(prefix) => Err(LoadError::Request(format!(
                "a table's name must not begin with {prefix}"
            ))),
            None => Self::own(text),
        }
    }

    /// A name for a table of Ambit's own, which may begin with `ambit_`.
    ///
    /// # Errors
    /// It is no identifier.
    pub fn own(text: &str) -> Result<Self, LoadError> {
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        let goes_on = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if begins && goes_on && text.len() <= LONGEST {
            return Ok(Self(text.to_owned()));
        }
        Err(LoadError::Request(format!(
            "a table's name must be lower case letters, digits and underscores, at most {LONGEST}, \
             not {text:?}"
        )))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Names of columns for these headings, in their order. Headings that only differ in case or in
/// characters that names cannot have are told apart by a number.
///
/// # Errors
/// A heading is empty, or there twice.
pub(super) fn columns(headings: &[&str]) -> Result<Vec<String>, LoadError> {
    let plain: Vec<String> = headings
        .iter()
        .enumerate()
        .map(|(place, heading)| plain(heading, place))
        .collect();
    let mut seen = BTreeSet::new();
    for (place, heading) in headings.iter().enumerate() {
        if heading.trim().is_empty() {
            return Err(LoadError::Input(format!(
                "column {} has no heading",
                place.saturating_add(1)
            )));
        }
        if !seen.insert(*heading) {
            return Err(LoadError::Input(format!(
                "there are two columns {heading:?}"
            )));
        }
    }
    let mut taken: BTreeSet<String> = SYSTEM_COLUMNS.map(str::to_owned).into();
    let mut names = Vec::with_capacity(plain.len());
    for name in &plain {
        let free = if taken.contains(name) {
            numbered(name, |numbered| {
                taken.contains(numbered) || plain.iter().any(|other| other == numbered)
            })
        } else {
            name.clone()
        };
        taken.insert(free.clone());
        names.push(free);
    }
    Ok(names)
}

/// The heading in lower case, with underscores for whatever a name cannot have.
fn plain(heading: &str, place: usize) -> String {
    let mut name = String::new();
    for character in heading.trim().chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name: String = name.trim_end_matches('_').chars().take(KEPT).collect();
    if name.trim_matches('_').is_empty() {
        format!("column_{}", place.saturating_add(1))
    } else if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}

fn numbered(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    (2_u32..)
        .map(|number| format!("{name}_{number}"))
        .find(|numbered| !is_taken(numbered))
        .unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headings_become_names() {
        let headings = [
            "RiSk_E",
            "PROB",
            "Prob",
            "Money Value",
            "  padded ",
            "1st",
            "Größe",
            "日本",
            "prob_2",
            "a--b",
            "xmin",
            "_id",
        ];
        assert_eq!(
            columns(&headings).unwrap(),
            [
                "risk_e",
                "prob",
                "prob_3",
                "money_value",
                "padded",
                "_1st",
                "gr_e",
                "column_8",
                "prob_2",
                "a_b",
                "xmin_2",
                "_id",
            ]
        );
    }

    #[test]
    fn headings_that_cannot_be_told_apart_are_refused() {
        assert!(columns(&["a", "b", "a"]).is_err());
        assert!(columns(&["a", " "]).is_err());
    }

    #[test]
    fn tables_are_named_plainly() {
        for name in ["things", "_x", "a1_b", "incident_events"] {
            assert_eq!(TableName::parse(name).unwrap().as_str(), name);
        }
        let long = "x".repeat(64);
        for name in [
            "", "1a", "Things", "a b", "a;drop", "a\"", "ambit_x", "sqlite_x", "pg_x", "ä", &long,
        ] {
            assert!(TableName::parse(name).is_err(), "{name}");
        }
        assert!(TableName::own("ambit_semantic_fields").is_ok());
    }

    proptest! {
        #[test]
        fn names_are_always_identifiers_and_distinct(
            headings in proptest::collection::vec(".{1,80}|[aA]{1,3}[_ ]?[2-4]?", 1..20),
        ) {
            let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
            if let Ok(names) = columns(&headings) {
                let distinct: BTreeSet<&String> = names.iter().collect();
                prop_assert_eq!(distinct.len(), headings.len());
                for name in &names {
                    prop_assert!(TableName::own(name).is_ok(), "{name}");
                }
            }
        }
    }
}
