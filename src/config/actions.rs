//! `[actions]`: what one client may ask of the actions.

use std::num::NonZeroU32;
use std::time::Duration;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;

/// Settings of the action API.
#[derive(Debug, Clone)]
pub struct Actions {
    /// Calls a minute that one client may make; `None` is no limit.
    pub calls_per_minute: Option<NonZeroU32>,
    /// Calls that one client may have under way at a time.
    pub calls_at_a_time: usize,
    /// How long one call may take.
    pub deadline: Duration,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "actions",
    about: "What one client may ask of the actions, by REST and MCP together.",
    settings: &[
        &CALLS_PER_MINUTE.definition,
        &CALLS_AT_A_TIME.definition,
        &DEADLINE.definition,
    ],
};

static CALLS_PER_MINUTE: Setting<u32> = Setting {
    definition: Definition {
        name: "actions.calls_per_minute",
        environment: &["AMBIT_ACTION_CALLS_PER_MINUTE"],
        fallback: Fallback::Text("6000"),
        meaning: "Calls a minute that one client may make, of one replica. 0 is no limit.",
        example: "600",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 0..=100_000_000),
};

static CALLS_AT_A_TIME: Setting<usize> = Setting {
    definition: Definition {
        name: "actions.calls_at_a_time",
        environment: &["AMBIT_ACTION_CALLS_AT_A_TIME"],
        fallback: Fallback::Text("64"),
        meaning: "Calls that one client may have under way at a time, at one replica.",
        example: "8",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=65_536),
};

static DEADLINE: Setting<Duration> = Setting {
    definition: Definition {
        name: "actions.deadline_seconds",
        environment: &["AMBIT_ACTION_DEADLINE_SECONDS"],
        fallback: Fallback::Text("20"),
        meaning: "How long one call may take, in seconds. server.request_timeout_seconds is a \
                  limit too, for whole requests.",
        example: "10",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 1..=3600),
};

impl Actions {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let calls_per_minute = reader.one(&CALLS_PER_MINUTE);
        let calls_at_a_time = reader.one(&CALLS_AT_A_TIME);
        let deadline = reader.one(&DEADLINE);
        Ok(Self {
            calls_per_minute: NonZeroU32::new(calls_per_minute?),
            calls_at_a_time: calls_at_a_time?,
            deadline: deadline?,
        })
    }
}
