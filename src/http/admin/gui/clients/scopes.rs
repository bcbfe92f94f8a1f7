//! The catalogue of scopes as a form shows it: grouped by what they are about.

use std::collections::BTreeSet;

use crate::actions::ACTIONS;
use crate::administrators::Powers;
use crate::model::ScopeSet;
use crate::scopes::{Catalogue, CatalogueEntry, Sensitivity};

/// Scopes about one subject.
pub struct Group {
    /// What it is about.
    pub title: &'static str,
    /// How many of them are chosen.
    pub chosen: usize,
    /// Whether the form shows them from the start.
    pub is_open: bool,
    /// The scopes.
    pub choices: Vec<Choice>,
}

/// One scope to pick.
pub struct Choice {
    /// The scope token.
    pub name: String,
    /// What it lets a client do.
    pub description: String,
    /// Whether it does much harm in the wrong hands.
    pub is_sensitive: bool,
    /// Whether it is picked.
    pub is_chosen: bool,
    /// Whether it is power over this server that the visitor lacks, and so cannot hand out.
    pub is_beyond: bool,
}

const TESTING: &str = "Authorization testing";
const SERVER: &str = "Administering this server";
const OTHER: &str = "Other resources";
const GONE: &str = "No longer in the catalogue";

/// The catalogue, with what is chosen marked. What is chosen and not in the catalogue any more comes
/// last, so that it can be let go.
pub fn groups(catalogue: &Catalogue, powers: &Powers, chosen: &BTreeSet<String>) -> Vec<Group> {
    let all = catalogue.all();
    let is_known = |name: &String| all.iter().any(|entry| entry.name == *name);
    let gone: Vec<_> = chosen
        .iter()
        .filter(|name| !is_known(name))
        .map(|name| Choice {
            name: name.clone(),
            description: "Removed from the catalogue; no token is issued for it.".to_owned(),
            is_sensitive: false,
            is_chosen: true,
            is_beyond: false,
        })
        .collect();
    let mut groups: Vec<Group> = Vec::new();
    let titles = ACTIONS.iter().map(|router| router.title);
    for title in titles.chain([TESTING, OTHER, SERVER]) {
        if groups.iter().all(|group| group.title != title) {
            groups.push(Group {
                title,
                chosen: 0,
                is_open: false,
                choices: Vec::new(),
            });
        }
    }
    for entry in &all {
        let title = title(entry);
        if let Some(group) = groups.iter_mut().find(|group| group.title == title) {
            group.choices.push(choice(entry, powers, chosen));
        }
    }
    groups.push(Group {
        title: GONE,
        chosen: 0,
        is_open: true,
        choices: gone,
    });
    groups.retain(|group| !group.choices.is_empty());
    for group in &mut groups {
        group.chosen = group.choices.iter().filter(|one| one.is_chosen).count();
        group.is_open = group.chosen > 0 || group.title != SERVER;
    }
    groups
}

fn choice(entry: &CatalogueEntry, powers: &Powers, chosen: &BTreeSet<String>) -> Choice {
    let beyond = ScopeSet::parse(&entry.name)
        .map(|scope| powers.lacking(&scope))
        .is_ok_and(|lacking| lacking.iter().next().is_some());
    Choice {
        name: entry.name.clone(),
        description: entry.description.clone(),
        is_sensitive: entry.sensitivity == Sensitivity::Sensitive,
        is_chosen: chosen.contains(&entry.name),
        is_beyond: beyond,
    }
}

fn title(entry: &CatalogueEntry) -> &'static str {
    if !entry.built_in {
        return OTHER;
    }
    if entry.name.starts_with("ambit:") {
        return SERVER;
    }
    let has = |scopes: &[crate::scopes::ScopeDefinition]| {
        scopes.iter().any(|scope| scope.name == entry.name)
    };
    let router = ACTIONS.iter().find(|router| has(router.scopes));
    router.map_or(TESTING, |router| router.title)
}
