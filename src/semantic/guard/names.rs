//! The names that can be written at a place: tables and aliases with their columns, and the names of
//! what a SELECT puts out.

/// Longest name in bytes; PostgreSQL cuts longer ones, which would make two of them one.
const LONGEST_NAME: usize = 63;

/// Whether a name is the same in every dialect once it stands in quotes.
pub(super) fn can_be_quoted(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name
            .chars()
            .any(|character| character.is_control() || "\"'`[]\\".contains(character))
}

/// A table, a subquery or a common table expression, as the query at this place knows it.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) alias: String,
    pub(super) columns: Vec<String>,
}

/// What one SELECT can name.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    pub(super) relations: Vec<Relation>,
    /// What it puts out, where these names can be used.
    pub(super) outputs: Vec<String>,
}

impl Frame {
    /// The name of a column as it is, however the caller has written it.
    pub(super) fn column(&self, name: &str) -> Option<&str> {
        let columns = || self.relations.iter().flat_map(|relation| &relation.columns);
        find(columns(), name).or_else(|| find(self.outputs.iter(), name))
    }

    pub(super) fn relation(&self, alias: &str) -> Option<&Relation> {
        self.relations
            .iter()
            .find(|relation| relation.alias == alias)
            .or_else(|| {
                self.relations
                    .iter()
                    .find(|relation| relation.alias.eq_ignore_ascii_case(alias))
            })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.relations
            .iter()
            .flat_map(|relation| &relation.columns)
            .chain(&self.outputs)
            .map(String::as_str)
    }
}

/// The name among `names` that is written so, or else the first that differs only in case.
pub(super) fn find<'a>(
    names: impl Iterator<Item = &'a String> + Clone,
    name: &str,
) -> Option<&'a str> {
    names
        .clone()
        .find(|known| *known == name)
        .or_else(|| {
            names
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(name))
        })
        .map(String::as_str)
}
