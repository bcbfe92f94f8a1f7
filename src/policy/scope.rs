//! The policy of scopes: what a token's scope grants is permitted.

use super::{Opinion, Policy, Request};

/// Permits an action whose every scope the caller's token holds, and has nothing to say of others.
pub struct ScopePolicy;

impl Policy for ScopePolicy {
    fn opinion(&self, request: &Request<'_>) -> Opinion {
        let held = |scope: &&str| request.principal.scope.contains(scope);
        if !request.scopes.is_empty() && request.scopes.iter().all(held) {
            Opinion::Permit("scope")
        } else {
            Opinion::None
        }
    }
}
