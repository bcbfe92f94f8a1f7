//! Whether a caller may run an action: every policy is asked, and what none permits is denied.
//!
//! To add a policy: implement [`Policy`] in a file of its own and name it in [`POLICIES`]. One that
//! denies has the last word, whatever others permit.

mod scope;

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::Principal;

pub use scope::ScopePolicy;

/// What an action does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It changes nothing.
    Reads,
    /// It changes something that Ambit keeps.
    Writes,
    /// It uses a credential of the vault on an upstream service.
    SpendsCredential,
}

impl Effect {
    /// As documents and the audit log have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::SpendsCredential => "spends_credential",
        }
    }
}

/// What a policy is asked about: one caller, one action.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who calls.
    pub principal: &'a Principal,
    /// The action, as `router/name`.
    pub action: &'a str,
    /// Every scope that the action needs.
    pub scopes: &'a [&'a str],
    /// What the action does.
    pub effect: Effect,
}

/// What a policy answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// It may run, for this reason.
    Permit(&'static str),
    /// It must not, for this reason.
    Deny(&'static str),
    /// The policy has nothing to say of it.
    None,
}

/// What all policies together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may run; by which policy.
    Permit(&'static str),
    /// It must not; a word for the audit log and the caller.
    Deny(&'static str),
}

/// One policy.
pub trait Policy: Sync {
    /// What it says of a request.
    fn opinion(&self, request: &Request<'_>) -> Opinion;
}

/// Every policy there is.
pub static POLICIES: &[&dyn Policy] = &[&ScopePolicy];

/// Asks the policies. Nothing is permitted unless one of them permits it and none denies it.
pub fn decide(policies: &[&dyn Policy], request: &Request<'_>) -> Verdict {
    let mut verdict = Verdict::Deny("no_policy_permits");
    for policy in policies {
        match policy.opinion(request) {
            Opinion::Deny(reason) => return Verdict::Deny(reason),
            Opinion::Permit(reason) => verdict = Verdict::Permit(reason),
            Opinion::None => {}
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClientId, ScopeSet, TenantId, Timestamp};

    struct Always(Opinion);

    impl Policy for Always {
        fn opinion(&self, _: &Request<'_>) -> Opinion {
            self.0
        }
    }

    fn decided(policies: &[&dyn Policy], held: &str) -> Verdict {
        let principal = Principal {
            tenant_id: TenantId::default(),
            client_id: ClientId::parse("client").unwrap(),
            subject: "client".to_owned(),
            scope: ScopeSet::parse(held).unwrap(),
            token_id: "token".to_owned(),
            expires_at: Timestamp::from_seconds(1),
        };
        let request = Request {
            principal: &principal,
            action: "router/action",
            scopes: &["a", "b"],
            effect: Effect::Reads,
        };
        decide(policies, &request)
    }

    #[test]
    fn what_nobody_permits_is_denied() {
        let silent = Always(Opinion::None);
        assert!(matches!(decided(&[], "a b"), Verdict::Deny(_)));
        assert!(matches!(decided(&[&silent], "a b"), Verdict::Deny(_)));
    }

    #[test]
    fn a_denial_has_the_last_word() {
        let permits = Always(Opinion::Permit("p"));
        let denies = Always(Opinion::Deny("d"));
        assert_eq!(decided(&[&permits, &denies], "a b"), Verdict::Deny("d"));
        assert_eq!(decided(&[&denies, &permits], "a b"), Verdict::Deny("d"));
    }

    #[test]
    fn a_scope_permits_only_as_a_whole() {
        assert!(matches!(decided(POLICIES, "a b"), Verdict::Permit(_)));
        assert!(matches!(decided(POLICIES, "a"), Verdict::Deny(_)));
    }
}
