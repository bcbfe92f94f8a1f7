//! What many changes have in common: their types, sizes and authors.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::records::Change;

/// The types that titles are commonly marked with (Conventional Commits).
const TYPES: [&str; 11] = [
    "build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test",
];

/// What stands for titles without such a type.
pub const UNTYPED: &str = "untyped";

/// The changes of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangesOfType {
    /// The type in their titles, or `untyped`.
    #[serde(rename = "type")]
    #[schema(example = "fix")]
    pub kind: &'static str,
    /// How many there are.
    #[schema(minimum = 0)]
    pub changes: usize,
    /// How many of them are marked as breaking by a `!`.
    #[schema(minimum = 0)]
    pub breaking: usize,
}

/// The changes of about one size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangesOfSize {
    /// The fewest lines, added and removed.
    #[schema(minimum = 0)]
    pub lines_from: i64,
    /// The most lines; null where there is no bound.
    pub lines_to: Option<i64>,
    /// How many changes have so many.
    #[schema(minimum = 0)]
    pub changes: usize,
}

/// Changes by the type in their titles, the most frequent first.
pub fn by_type<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<ChangesOfType> {
    let mut found: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for change in changes {
        let (kind, breaking) = conventional(&change.title).unwrap_or((UNTYPED, false));
        let entry = found.entry(kind).or_default();
        entry.0 += 1;
        entry.1 += usize::from(breaking);
    }
    let mut types: Vec<ChangesOfType> = found
        .into_iter()
        .map(|(kind, (changes, breaking))| ChangesOfType {
            kind,
            changes,
            breaking,
        })
        .collect();
    types.sort_by_key(|of_type| std::cmp::Reverse(of_type.changes));
    types
}

/// Changes by size: up to 10 lines, to 100, to 1,000, and more.
pub fn by_size<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<ChangesOfSize> {
    let size = |lines_from, lines_to| ChangesOfSize {
        lines_from,
        lines_to,
        changes: 0,
    };
    let mut sizes = vec![
        size(0, Some(10)),
        size(11, Some(100)),
        size(101, Some(1000)),
        size(1001, None),
    ];
    for lines in changes.map(Change::lines) {
        let fits = |size: &&mut ChangesOfSize| size.lines_to.is_none_or(|most| lines <= most);
        if let Some(size) = sizes.iter_mut().find(fits) {
            size.changes += 1;
        }
    }
    sizes
}

/// The type that a title bears, and whether it is marked as breaking: `fix(cache)!: do not ...`.
fn conventional(title: &str) -> Option<(&'static str, bool)> {
    let (head, _) = title.split_once(": ")?;
    let (head, breaking) = match head.strip_suffix('!') {
        Some(head) => (head, true),
        None => (head, false),
    };
    let word = match head.split_once('(') {
        Some((word, scope)) => {
            let scope = scope.strip_suffix(')')?;
            if scope.contains(['(', ')']) {
                return None;
            }
            word
        }
        None => head,
    };
    let kind = TYPES.iter().find(|kind| kind.eq_ignore_ascii_case(word))?;
    Some((kind, breaking))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_from_titles() {
        assert_eq!(conventional("fix: a"), Some(("fix", false)));
        assert_eq!(conventional("Docs(guide): a"), Some(("docs", false)));
        assert_eq!(conventional("feat(a b)!: c: d"), Some(("feat", true)));
        for title in [
            "fix",
            "fix:a",
            "fix (a): b",
            "fixed: a",
            "fix((a)): b",
            ": a",
            "Fix a: b",
        ] {
            assert_eq!(conventional(title), None, "{title}");
        }
    }
}
