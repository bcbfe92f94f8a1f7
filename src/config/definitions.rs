//! Every setting there is, in the order of the reference.

use super::definition::{Definition, Section};
use super::{actions, admin, audit, database, keys, limits, log, server, tokens, warehouse};

/// The list that loading, the unknown-name check and the reference walk.
pub(super) static SECTIONS: &[&Section] = &[
    &server::SECTION,
    &database::SECTION,
    &warehouse::SECTION,
    &keys::SECTION,
    &tokens::SECTION,
    &admin::SECTION,
    &limits::SECTION,
    &actions::SECTION,
    &audit::SECTION,
    &log::SECTION,
];

/// The ending of a variable that names a file which holds the value.
pub(super) const FILE_ENDING: &str = "_FILE";

pub(super) fn all() -> impl Iterator<Item = &'static Definition> {
    SECTIONS
        .iter()
        .flat_map(|section| section.settings.iter().copied())
}

/// Names of every environment variable that is understood.
pub(super) fn variables() -> impl Iterator<Item = String> {
    all().flat_map(|definition| {
        let plain = definition.environment.iter().map(ToString::to_string);
        let files = definition
            .environment
            .iter()
            .filter(|_| definition.may_come_from_a_file())
            .map(|name| format!("{name}{FILE_ENDING}"));
        plain.chain(files)
    })
}

pub(super) fn is_variable(name: &str) -> bool {
    variables().any(|variable| variable == name)
}

/// Names of every setting that a file or a flag can give.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    all()
        .filter(|definition| definition.has_key())
        .map(|definition| definition.name)
}
