//! `[admin]`: the first administrator.

use secrecy::SecretString;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::reader::Reader;
use crate::model::Administrator;

/// The administrator that is made on the first start.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The name to sign in with.
    pub user: String,
    /// `None` means that a password is made and printed once.
    pub password: Option<SecretString>,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "admin",
    about: "The administrator that is made on the first start; later starts change nothing.",
    settings: &[&USER.definition, &PASSWORD.definition],
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

impl Admin {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let user = reader.one(&USER);
        let password = reader.optional(&PASSWORD);
        Ok(Self {
            user: user?,
            password: password?,
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
