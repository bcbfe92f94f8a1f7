//! `[tokens]`: how long access tokens live and where they may be used.

use std::time::Duration;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;

/// Thirty days, in seconds: a bearer token that lives longer is a password.
pub const LONGEST_LIFETIME: u64 = 2_592_000;

/// Settings of access tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The lifetime where a client has none of its own.
    pub access_token_lifetime: Duration,
    /// The longest lifetime that a client may be given.
    pub access_token_lifetime_max: Duration,
    /// Further resource identifiers that tokens may be asked for (RFC 8707).
    pub resources: Vec<String>,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "tokens",
    about: "How long access tokens live, and where they may be used.",
    settings: &[
        &LIFETIME.definition,
        &LIFETIME_MAX.definition,
        &RESOURCES.definition,
    ],
};

static LIFETIME: Setting<Duration> = Setting {
    definition: Definition {
        name: "tokens.access_token_lifetime_seconds",
        environment: &[
            "AMBIT_ACCESS_TOKEN_LIFETIME_SECONDS",
            "TOKEN_EXPIRY_SECONDS",
        ],
        fallback: Fallback::Text("3600"),
        meaning: "How long an access token lives where its client has no lifetime of its own, \
                  in seconds.",
        example: "900",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 1..=LONGEST_LIFETIME),
};

static LIFETIME_MAX: Setting<Duration> = Setting {
    definition: Definition {
        name: "tokens.access_token_lifetime_max_seconds",
        environment: &["AMBIT_ACCESS_TOKEN_LIFETIME_MAX_SECONDS"],
        fallback: Fallback::Text("86400"),
        meaning: "The longest lifetime that a client may be given, in seconds; at most 30 days.",
        example: "43200",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 1..=LONGEST_LIFETIME),
};

static RESOURCES: Setting<String> = Setting {
    definition: Definition {
        name: "tokens.resources",
        environment: &["AMBIT_RESOURCES"],
        meaning: "Further resource identifiers that tokens may be asked for (RFC 8707): absolute \
                  URIs without a fragment.",
        example: "https://api.example.com,urn:example:reports",
        ..Definition::LIST
    },
    parse: parse::resource,
};

impl Tokens {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let access_token_lifetime = reader.one(&LIFETIME);
        let access_token_lifetime_max = reader.one(&LIFETIME_MAX);
        let resources = reader.list(&RESOURCES);
        let (access_token_lifetime, access_token_lifetime_max) =
            (access_token_lifetime?, access_token_lifetime_max?);
        check_lifetimes(reader, access_token_lifetime, access_token_lifetime_max)?;
        Ok(Self {
            access_token_lifetime,
            access_token_lifetime_max,
            resources: resources?,
        })
    }
}

fn check_lifetimes(
    reader: &mut Reader<'_>,
    lifetime: Duration,
    longest: Duration,
) -> Result<(), Recorded> {
    if lifetime <= longest {
        return Ok(());
    }
    let problem = format!(
        "is {} seconds, which is more than the {} of {}",
        lifetime.as_secs(),
        longest.as_secs(),
        LIFETIME_MAX.definition.name
    );
    Err(reader.mistake(&LIFETIME.definition, &problem))
}
