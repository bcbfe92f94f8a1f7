//! `[admin]`: the first administrator, how long administrators stay signed in, and their second factors.

use std::time::Duration;

use secrecy::SecretString;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;
use crate::model::{Administrator, parse_key};

/// The administrator that is made on the first start, and sessions of all of them.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The name to sign in with.
    pub user: String,
    /// `None` means that a password is made and printed once.
    pub password: Option<SecretString>,
    /// How long a session in a browser lasts without a request.
    pub session_idle: Duration,
    /// How long it lasts however busy it is.
    pub session_lifetime: Duration,
    /// Whether an administrator without a second factor can do nothing but add one.
    pub require_second_factor: bool,
    /// The key that seals second factors in the database, in Base64; `None` means a file in the folder
    /// of the signing keys.
    pub second_factor_key: Option<SecretString>,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "admin",
    about: "The administrator that is made on the first start (later starts change nothing), how long \
            administrators stay signed in, and their second factors.",
    settings: &[
        &USER.definition,
        &PASSWORD.definition,
        &SESSION_IDLE.definition,
        &SESSION_LIFETIME.definition,
        &REQUIRE_SECOND_FACTOR.definition,
        &SECOND_FACTOR_KEY.definition,
    ],
};

static USER: Setting<String> = Setting {
    definition: Definition {
        name: "admin.user",
        environment: &["AMBIT_ADMIN_USER"],
        fallback: Fallback::Text("admin"),
        meaning: "The name of the first administrator.",
        example: "alice",
        ..Definition::TEXT
    },
    parse: user,
};

static PASSWORD: Setting<SecretString> = Setting {
    definition: Definition {
        name: "admin.password",
        environment: &["AMBIT_ADMIN_PASSWORD"],
        fallback: Fallback::Nothing("made and printed once"),
        meaning: "The password of the first administrator, at least 12 characters.",
        example: "a-long-passphrase-of-yours",
        ..Definition::SECRET
    },
    parse: password,
};

static SESSION_IDLE: Setting<Duration> = Setting {
    definition: Definition {
        name: "admin.session_idle_seconds",
        environment: &["AMBIT_ADMIN_SESSION_IDLE_SECONDS"],
        fallback: Fallback::Text("1800"),
        meaning: "How long an administrator stays signed in without a request, in seconds.",
        example: "900",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 1..=86_400),
};

static SESSION_LIFETIME: Setting<Duration> = Setting {
    definition: Definition {
        name: "admin.session_lifetime_seconds",
        environment: &["AMBIT_ADMIN_SESSION_LIFETIME_SECONDS"],
        fallback: Fallback::Text("43200"),
        meaning: "How long an administrator stays signed in at most, in seconds.",
        example: "28800",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 1..=604_800),
};

static REQUIRE_SECOND_FACTOR: Setting<bool> = Setting {
    definition: Definition {
        name: "admin.require_second_factor",
        environment: &["AMBIT_ADMIN_REQUIRE_SECOND_FACTOR"],
        fallback: Fallback::Text("false"),
        meaning: "Whether an administrator without a second factor can do nothing but add one. HTTP \
                  Basic then opens the admin API to no administrator: agents' tokens do.",
        example: "true",
        ..Definition::FLAG
    },
    parse: parse::flag,
};

static SECOND_FACTOR_KEY: Setting<SecretString> = Setting {
    definition: Definition {
        name: "admin.second_factor_key",
        environment: &["AMBIT_ADMIN_SECOND_FACTOR_KEY"],
        fallback: Fallback::Nothing(
            "`second_factors.key` in the keys folder, made when it is needed",
        ),
        meaning: "The key that seals authenticator apps' secrets in the database: 32 random bytes in \
                  Base64, as `openssl rand -base64 32` makes them. Replicas that share no keys folder \
                  need it, the same for all.",
        example: "gEJq0T6s3kqSx2lYtB1nQbZ5o8uVw7cDfHiKjLmNpRs=",
        ..Definition::SECRET
    },
    parse: second_factor_key,
};

impl Admin {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let user = reader.one(&USER);
        let password = reader.optional(&PASSWORD);
        let session_idle = reader.one(&SESSION_IDLE);
        let session_lifetime = reader.one(&SESSION_LIFETIME);
        let require_second_factor = reader.one(&REQUIRE_SECOND_FACTOR);
        let second_factor_key = reader.optional(&SECOND_FACTOR_KEY);
        Ok(Self {
            user: user?,
            password: password?,
            session_idle: session_idle?,
            session_lifetime: session_lifetime?,
            require_second_factor: require_second_factor?,
            second_factor_key: second_factor_key?,
        })
    }
}

fn user(text: &str) -> Result<String, String> {
    if Administrator::is_name(text) {
        return Ok(text.to_owned());
    }
    let longest = Administrator::LONGEST_NAME;
    Err(format!(
        "must be 1 to {longest} characters of A-Z, a-z, 0-9, '.', '@', '-' and '_'"
    ))
}

fn password(text: &str) -> Result<SecretString, String> {
    if Administrator::is_password(text) {
        return Ok(SecretString::from(text));
    }
    let (shortest, longest) = (
        Administrator::SHORTEST_PASSWORD,
        Administrator::LONGEST_PASSWORD,
    );
    Err(format!(
        "must be {shortest} to {longest} characters without control characters"
    ))
}

fn second_factor_key(text: &str) -> Result<SecretString, String> {
    match parse_key(text) {
        Some(_) => Ok(SecretString::from(text)),
        None => Err("must be 32 random bytes in Base64".to_owned()),
    }
}
