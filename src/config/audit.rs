//! `[audit]`: what is recorded of callers that nobody knows.

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;

/// Settings of the audit log.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Refusals of unknown callers recorded a minute; further ones are only counted.
    pub unknown_callers_per_minute: u32,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "audit",
    about: "What is recorded of callers that nobody knows.",
    settings: &[&UNKNOWN_CALLERS_PER_MINUTE.definition],
};

static UNKNOWN_CALLERS_PER_MINUTE: Setting<u32> = Setting {
    definition: Definition {
        name: "audit.unknown_callers_per_minute",
        environment: &["AMBIT_UNKNOWN_CALLERS_PER_MINUTE"],
        fallback: Fallback::Text("60"),
        meaning: "Refusals of unknown callers that are recorded a minute. Further ones are only \
                  counted, so that a flood cannot fill the disk.",
        example: "600",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 0..=1_000_000),
};

impl Audit {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let unknown_callers_per_minute = reader.one(&UNKNOWN_CALLERS_PER_MINUTE)?;
        Ok(Self {
            unknown_callers_per_minute,
        })
    }
}
