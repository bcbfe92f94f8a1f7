//! The rules of the layout that no compiler checks: which module may use which, where diesel and
//! actix are known, how long a file may be, that every module says what it is for.
//!
//! A new top-level module gets its place in [`ORDER`]; everything else follows from the files.

mod source;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use source::{Source, files, repository, sources};

/// Every top-level module there is or will be. Each uses only those that stand before it, so that
/// whatever is below can be read and tested without what is above.
const ORDER: &[&str] = &[
    "model",
    "config",
    "work",
    "metrics",
    "storage",
    "audit",
    "scopes",
    "secrets",
    "clients",
    "administrators",
    "policy",
    "vault",
    "oauth",
    "connectors",
    "warehouse",
    "semantic",
    "actions",
    "app",
    "http",
    "cli",
];

/// Crates that one module alone knows, and which one that is.
const KEPT_INSIDE: &[(&str, &str)] = &[
    ("diesel", "storage"),
    ("diesel_migrations", "storage"),
    ("oxide_auth", "oauth"),
    ("rusqlite", "warehouse"),
    ("tokio_postgres", "warehouse"),
    ("tokio_rustls", "warehouse"),
    ("sqlparser", "semantic"),
    ("rust_stemmers", "semantic"),
    ("actix_web", "http"),
    ("rmcp", "http"),
    ("qrcodegen", "http"),
    ("totp_rs", "administrators"),
    ("webauthn_rs", "administrators"),
    ("utoipa_actix_web", "http"),
];

/// No file has as many lines.
const FORBIDDEN_LINES: usize = 800;
/// A file with more lines says in [`LARGE`] why.
const MANY_LINES: usize = 600;
/// The entry only hands over; it has fewer lines.
const ENTRY_LINES: usize = 40;

/// Files of more than [`MANY_LINES`] lines, each with the reason why it is not split.
const LARGE: &[(&str, &str)] = &[];

type Outcome = Result<(), Box<dyn Error>>;

fn place(module: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == module)
}

#[track_caller]
fn none(problems: Vec<String>) -> Outcome {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    Ok(())
}

#[test]
fn every_module_has_its_place() -> Outcome {
    let modules: BTreeSet<String> = sources()?.iter().filter_map(Source::module).collect();
    none(
        modules
            .iter()
            .filter(|module| place(module).is_none())
            .map(|module| {
                format!("module `{module}` is not in ORDER; put it after all that it uses")
            })
            .collect(),
    )
}

#[test]
fn modules_use_only_what_stands_before_them() -> Outcome {
    let mut problems = Vec::new();
    for source in sources()? {
        let Some(module) = source.module() else {
            continue;
        };
        for used in source.uses.modules.iter().filter(|used| **used != module) {
            let problem = match (place(used), place(&module)) {
                (Some(below), Some(above)) if below < above => continue,
                (None, _) => "is no module in ORDER".to_owned(),
                _ => format!("does not stand before `{module}` in ORDER"),
            };
            problems.push(format!(
                "{} uses `crate::{used}`, which {problem}",
                source.name()
            ));
        }
    }
    none(problems)
}

#[test]
fn database_and_web_are_known_in_one_place() -> Outcome {
    let mut problems = Vec::new();
    for source in sources()? {
        for (kept, inside) in KEPT_INSIDE {
            if source.uses.words.contains(*kept) && source.module().as_deref() != Some(inside) {
                problems.push(format!(
                    "{} names {kept}, which only `{inside}` may",
                    source.name()
                ));
            }
        }
    }
    none(problems)
}

#[test]
fn files_stay_small() -> Outcome {
    let mut problems = Vec::new();
    let mut large: BTreeSet<&str> = LARGE.iter().map(|(name, _)| *name).collect();
    for path in files(&repository().join("src"))? {
        let name = path.strip_prefix(repository())?.display().to_string();
        let lines = fs::read_to_string(&path)?.lines().count();
        let explained = large.remove(name.as_str());
        if name == "src/main.rs" && lines >= ENTRY_LINES {
            problems.push(format!(
                "{name} has {lines} lines; the entry has fewer than {ENTRY_LINES}"
            ));
        } else if lines >= FORBIDDEN_LINES {
            problems.push(format!("{name} has {lines} lines; split it"));
        } else if lines > MANY_LINES && !explained {
            problems.push(format!(
                "{name} has {lines} lines; split it, or say in LARGE why not"
            ));
        } else if lines <= MANY_LINES && explained {
            problems.push(format!(
                "{name} has {lines} lines and needs no reason in LARGE any more"
            ));
        }
    }
    problems.extend(
        large
            .into_iter()
            .map(|name| format!("{name} is in LARGE, but not there")),
    );
    none(problems)
}

#[test]
fn every_module_says_what_it_is_for() -> Outcome {
    none(
        sources()?
            .iter()
            .filter(|source| !source.text.starts_with("//! "))
            .map(|source| format!("{} does not start with //!", source.name()))
            .collect(),
    )
}

#[test]
fn both_databases_have_the_same_migrations() -> Outcome {
    let names = |database: &str| -> Result<BTreeSet<PathBuf>, Box<dyn Error>> {
        let folder = repository().join("migrations").join(database);
        files(&folder)?
            .iter()
            .map(|path| Ok(path.strip_prefix(&folder)?.to_owned()))
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite")?, names("postgres")?);
    assert!(!sqlite.is_empty(), "there are no migrations");
    none(
        sqlite
            .symmetric_difference(&postgres)
            .map(|path| {
                format!(
                    "migration {} is only there for one database",
                    path.display()
                )
            })
            .collect(),
    )
}
