//! `[admin]`: the first administrator.

use secrecy::SecretString;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::reader::Reader;

/// NIST SP 800-63B asks for eight characters at least; an administrator can do with more.
const SHORTEST_PASSWORD: usize = 12;
/// Longer names and passwords are refused, so that nobody can make hashing them expensive.
const LONGEST: usize = 256;

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

/// HTTP Basic parts name and password at the first colon (RFC 7617, section 2).
fn user(text: &str) -> Result<String, String> {
    let wrong = |character: char| character == ':' || character.is_control();
    let padded = text.trim() != text;
    if text.is_empty() || text.chars().count() > LONGEST || text.contains(wrong) || padded {
        return Err(format!(
            "must be 1 to {LONGEST} characters without colons, control characters or blanks around"
        ));
    }
    Ok(text.to_owned())
}

fn password(text: &str) -> Result<SecretString, String> {
    let length = text.chars().count();
    if !(SHORTEST_PASSWORD..=LONGEST).contains(&length) || text.contains(char::is_control) {
        return Err(format!(
            "must be {SHORTEST_PASSWORD} to {LONGEST} characters without control characters"
        ));
    }
    Ok(SecretString::from(text))
}
