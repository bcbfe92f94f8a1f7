//! The table of definitions is whole.

use super::*;

#[test]
fn effective_lists_every_setting_in_the_order_of_the_reference() {
    let settings = environment(&[]).expect("valid");
    let found: Vec<&str> = settings
        .effective()
        .iter()
        .map(|effective| effective.name)
        .collect();
    assert_eq!(found, table::keys().collect::<Vec<_>>());
}

/// Alone, each example may want for its partner, but no mistake may be about the example itself.
#[test]
fn every_example_is_valid() {
    for definition in table::all() {
        for variable in definition.environment {
            let result = environment(&[(variable, definition.example)]);
            let blamed = result
                .err()
                .is_some_and(|mistakes| mistakes.iter().any(|mistake| mistake.name == *variable));
            assert!(!blamed, "{variable}={}", definition.example);
        }
        if definition.has_key() {
            let example = definition.toml_example();
            let (line, table) = example.split_once(", under ").expect("line and table");
            let file = file(&format!("{table}\n{line}\n"));
            let result = toml(file.path());
            let blamed = result.err().is_some_and(|mistakes| {
                mistakes
                    .iter()
                    .any(|mistake| mistake.name.contains(" line "))
            });
            assert!(!blamed, "{example}");
        }
    }
}

#[test]
fn definitions_are_complete_and_names_are_unique() {
    let mut seen = std::collections::BTreeSet::new();
    for name in table::variables().chain(table::keys().map(str::to_owned)) {
        assert!(seen.insert(name.clone()), "{name} is defined twice");
    }
    for definition in table::all() {
        assert!(!definition.meaning.is_empty() && !definition.example.is_empty());
        assert!(!definition.environment.is_empty(), "{}", definition.name);
        let section = definition.name.split('.').next().expect("a first part");
        let known = table::SECTIONS.iter().any(|known| known.name == section);
        assert!(known == definition.has_key(), "{}", definition.name);
    }
}
