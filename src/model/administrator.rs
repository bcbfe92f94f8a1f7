//! An administrator's account, and what names and passwords may be.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TenantId, Timestamp};

/// What an administrator is there for, and so may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Registers, changes and stops clients, and reads the rest, but for administrators.
    ClientManager,
    /// Reads everything, and changes nothing.
    Auditor,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::ClientManager, Self::Auditor];

    /// As the database, the admin API and the command line write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::ClientManager => "client_manager",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

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
    /// What it may do.
    pub role: Role,
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
