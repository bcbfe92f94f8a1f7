//! What each role may do: the one table that the admin API and the GUI ask.

use crate::model::{Role, ScopeSet};

use Role::{Auditor, ClientManager, Owner};

/// Who may do what, in the words in which agents are given the same: the scopes of the admin API. What
/// stands not here, an owner alone may do.
const PERMISSIONS: &[(&str, &[Role])] = &[
    ("ambit:clients:read", &[Owner, ClientManager, Auditor]),
    ("ambit:clients:write", &[Owner, ClientManager]),
    ("ambit:keys:read", &[Owner, ClientManager, Auditor]),
    ("ambit:keys:write", &[Owner]),
    ("ambit:scopes:read", &[Owner, ClientManager, Auditor]),
    ("ambit:scopes:write", &[Owner]),
    ("ambit:audit:read", &[Owner, ClientManager, Auditor]),
    ("ambit:administrators:read", &[Owner, Auditor]),
    ("ambit:administrators:write", &[Owner]),
    // No scope: what is said of the machine and its neighbours is for nobody else.
    (READ_SETTINGS, &[Owner, Auditor]),
    // No scope: what everybody who is signed in may do with the sessions that are their own.
    (OWN_SESSIONS, &[Owner, ClientManager, Auditor]),
];

/// Seeing the settings in force, without their secrets.
pub const READ_SETTINGS: &str = "settings:read";

/// Seeing and ending one's own sessions.
pub const OWN_SESSIONS: &str = "own_sessions";

impl Role {
    /// Whether a role may do what the scope of this name lets an agent do.
    pub fn permits(self, scope: &str) -> bool {
        let listed = PERMISSIONS.iter().find(|(name, _)| *name == scope);
        self == Owner || listed.is_some_and(|(_, roles)| roles.contains(&self))
    }
}

/// What a caller of the admin API, or somebody at the GUI, may do.
#[derive(Debug, Clone)]
pub enum Powers {
    /// An agent: what its token covers.
    Token(ScopeSet),
    /// An administrator: what the role permits.
    Role(Role),
}

impl Powers {
    /// Whether these powers cover any one of the scopes.
    pub fn cover(&self, any_of: &[&str]) -> bool {
        any_of.iter().any(|scope| match self {
            Self::Token(covered) => covered.contains(scope),
            Self::Role(role) => role.permits(scope),
        })
    }

    /// The part of `scope` that would be power over this server which its giver has not.
    pub fn lacking(&self, scope: &ScopeSet) -> ScopeSet {
        scope
            .iter()
            .filter(|token| token.as_str().starts_with("ambit:"))
            .filter(|token| !self.cover(&[token.as_str()]))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_do_everything_and_an_auditor_change_nothing() {
        for (scope, _) in PERMISSIONS {
            assert!(Owner.permits(scope), "{scope}");
            let expected = scope.ends_with(":read") || *scope == OWN_SESSIONS;
            assert_eq!(Auditor.permits(scope), expected, "{scope}");
        }
        assert!(Owner.permits("ambit:new:write"));
        assert!(!Auditor.permits("ambit:new:read"));
    }

    #[test]
    fn a_client_manager_has_nothing_to_do_with_administrators() {
        for (scope, _) in PERMISSIONS {
            let expected = ["ambit:clients:write", OWN_SESSIONS].contains(scope)
                || (scope.starts_with("ambit:")
                    && scope.ends_with(":read")
                    && !scope.contains("administrators"));
            assert_eq!(ClientManager.permits(scope), expected, "{scope}");
        }
    }

    #[test]
    fn nobody_hands_out_what_they_lack() {
        let wanted = ScopeSet::parse("protected ambit:clients:write ambit:keys:write").unwrap();
        let lacking = |powers: Powers| powers.lacking(&wanted).to_string();
        assert_eq!(lacking(Powers::Role(Owner)), "");
        assert_eq!(lacking(Powers::Role(ClientManager)), "ambit:keys:write");
        let token = ScopeSet::parse("ambit:keys:write").unwrap();
        assert_eq!(lacking(Powers::Token(token)), "ambit:clients:write");
    }
}
