//! An administrator's account, and what names and passwords may be.

use secrecy::SecretString;

use super::{TenantId, Timestamp};

/// Someone who runs this server.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// Whose administrator it is.
    pub tenant_id: TenantId,
    /// The name to sign in with.
    pub username: String,
    /// Argon2id in PHC form.
    pub password_hash: SecretString,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When its password was last set.
    pub updated_at: Timestamp,
}

impl Administrator {
    /// Most characters of a name.
    pub const LONGEST_NAME: usize = 64;
    /// Fewest characters of a password. NIST SP 800-63B asks for eight; an administrator can do with
    /// more.
    pub const SHORTEST_PASSWORD: usize = 12;
    /// Most characters of a password, so that nobody can make hashing one expensive.
    pub const LONGEST_PASSWORD: usize = 256;

    /// Whether a text may be a name. There is no colon in one, since HTTP Basic parts name and password
    /// at the first (RFC 7617 section 2).
    pub fn is_name(text: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '-' | '_');
        (1..=Self::LONGEST_NAME).contains(&text.len()) && text.chars().all(allowed)
    }

    /// Whether a text may be a password.
    pub fn is_password(text: &str) -> bool {
        (Self::SHORTEST_PASSWORD..=Self::LONGEST_PASSWORD).contains(&text.chars().count())
            && !text.contains(char::is_control)
    }
}
