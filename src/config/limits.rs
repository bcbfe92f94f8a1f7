//! `[limits]`: what secrets may cost, and how guessing them is slowed.

use std::time::Duration;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;

/// Settings of secret hashing and of failed authentications.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Threads that hash secrets.
    pub argon2_threads: usize,
    /// Secrets that may wait for a hashing thread.
    pub argon2_queue: usize,
    /// Failed authentications a minute, for one client id from one address, before it is slowed.
    pub failures_per_client: u32,
    /// Failed authentications a minute, from one address, before it is slowed.
    pub failures_per_address: u32,
    /// How long a secret that has verified is remembered in memory.
    pub verified_secret_lifetime: Duration,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "limits",
    about: "What checking secrets may cost, and how guessing them is slowed.",
    settings: &[
        &ARGON2_THREADS.definition,
        &ARGON2_QUEUE.definition,
        &FAILURES_PER_CLIENT.definition,
        &FAILURES_PER_ADDRESS.definition,
        &VERIFIED_SECRET_LIFETIME.definition,
    ],
};

static ARGON2_THREADS: Setting<usize> = Setting {
    definition: Definition {
        name: "limits.argon2_threads",
        environment: &["AMBIT_ARGON2_THREADS"],
        fallback: Fallback::Computed {
            described: "half the cores, at least 1",
            compute: || parse::cores().div_euclid(2).max(1).to_string(),
        },
        meaning: "Threads that hash secrets. Each uses 19 MiB while it works.",
        example: "2",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=256),
};

static ARGON2_QUEUE: Setting<usize> = Setting {
    definition: Definition {
        name: "limits.argon2_queue",
        environment: &["AMBIT_ARGON2_QUEUE"],
        fallback: Fallback::Text("64"),
        meaning: "Secrets that may wait for a hashing thread; more are refused for the moment.",
        example: "128",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=65_536),
};

static FAILURES_PER_CLIENT: Setting<u32> = Setting {
    definition: Definition {
        name: "limits.failures_per_client",
        environment: &["AMBIT_FAILURES_PER_CLIENT"],
        fallback: Fallback::Text("10"),
        meaning: "Failed authentications a minute, for one client from one address, before it \
                  is slowed.",
        example: "5",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=1_000_000),
};

static FAILURES_PER_ADDRESS: Setting<u32> = Setting {
    definition: Definition {
        name: "limits.failures_per_address",
        environment: &["AMBIT_FAILURES_PER_ADDRESS"],
        fallback: Fallback::Text("60"),
        meaning: "Failed authentications a minute, from one address, before it is slowed.",
        example: "30",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=1_000_000),
};

static VERIFIED_SECRET_LIFETIME: Setting<Duration> = Setting {
    definition: Definition {
        name: "limits.verified_secret_lifetime_seconds",
        environment: &["AMBIT_VERIFIED_SECRET_LIFETIME_SECONDS"],
        fallback: Fallback::Text("3600"),
        meaning: "How long a secret that has verified is remembered in memory, in seconds. It is \
                  forgotten at once when it is rotated or its client is disabled.",
        example: "600",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 0..=86_400),
};

impl Limits {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let argon2_threads = reader.one(&ARGON2_THREADS);
        let argon2_queue = reader.one(&ARGON2_QUEUE);
        let failures_per_client = reader.one(&FAILURES_PER_CLIENT);
        let failures_per_address = reader.one(&FAILURES_PER_ADDRESS);
        let verified_secret_lifetime = reader.one(&VERIFIED_SECRET_LIFETIME);
        Ok(Self {
            argon2_threads: argon2_threads?,
            argon2_queue: argon2_queue?,
            failures_per_client: failures_per_client?,
            failures_per_address: failures_per_address?,
            verified_secret_lifetime: verified_secret_lifetime?,
        })
    }
}
