//! The admin API: thin over the services. Each file holds an operation, or operations that share one
//! shape, with the documentation of each.
//!
//! Callers are administrators (HTTP Basic) whose role permits it, or agents whose token has the right
//! `ambit:*` scope.

mod administrators;
mod audit;
pub mod clients;
mod keys;
mod refusals;
mod scopes;

use utoipa_actix_web::service_config::ServiceConfig;

use super::super::extract::Requirement;
use crate::scopes::{READ_AUDIT, ScopeDefinition, Sensitivity};

/// Defines a scope and the requirement that demands it, in one place.
macro_rules! admin_scopes {
    ($($requirement:ident, $name:literal, $sensitivity:ident, $description:literal;)*) => {
        /// The scopes of the admin API alone.
        pub const SCOPES: &[ScopeDefinition] = &[$(ScopeDefinition {
            name: $name,
            description: $description,
            sensitivity: Sensitivity::$sensitivity,
        }),*];
        $(
            #[doc = $description]
            pub struct $requirement;
            impl Requirement for $requirement {
                const ANY_OF: &'static [&'static str] = &[$name];
            }
        )*
    };
}

admin_scopes! {
    ReadClients, "ambit:clients:read", Normal,
        "List clients and read their registrations.";
    WriteClients, "ambit:clients:write", Sensitive,
        "Register, change, disable and delete clients, and make secrets for them.";
    ReadKeys, "ambit:keys:read", Normal,
        "List signing keys and what each does.";
    WriteKeys, "ambit:keys:write", Sensitive,
        "Rotate and withdraw signing keys.";
    ReadScopes, "ambit:scopes:read", Normal,
        "Read the catalogue of scopes.";
    WriteScopes, "ambit:scopes:write", Sensitive,
        "Add scopes to the catalogue and remove them.";
    ReadAdministrators, "ambit:administrators:read", Normal,
        "List administrators.";
    WriteAdministrators, "ambit:administrators:write", Sensitive,
        "Create and remove administrators, set their passwords and roles, and remove their second factors.";
}

/// Demands [`READ_AUDIT`].
pub struct ReadAudit;
impl Requirement for ReadAudit {
    const ANY_OF: &'static [&'static str] = &[READ_AUDIT.name];
}

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    clients::configure(config);
    scopes::configure(config);
    keys::configure(config);
    audit::configure(config);
    administrators::configure(config);
}
