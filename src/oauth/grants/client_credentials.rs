//! Client credentials (RFC 6749 section 4.4): the client acts for itself.
//!
//! oxide-auth's state machine walks the grant. Ambit has already authenticated the client, so the
//! machine runs over a registrar that knows that one client and nothing else.

use std::borrow::Cow;

use oxide_auth::code_grant::client_credentials::{
    ClientCredentials as Machine, Input, Output, Request,
};
use oxide_auth::primitives::grant::Extensions;
use oxide_auth::primitives::registrar::{
    BoundClient, ClientUrl, ExactUrl, PreGrant, RegisteredUrl, Registrar, RegistrarError,
};
use oxide_auth::primitives::scope::Scope as MachineScope;

use super::{Approval, Grant, GrantRequest};
use crate::model::{Client, InvalidScope, ScopeSet};
use crate::oauth::error::{ErrorCode, OAuthError};

/// The grant type `client_credentials`.
pub struct ClientCredentials;

impl Grant for ClientCredentials {
    fn grant_type(&self) -> &'static str {
        "client_credentials"
    }

    fn parameters(&self) -> &'static [&'static str] {
        &["scope"]
    }

    fn approve(&self, request: GrantRequest<'_>) -> Result<Approval, OAuthError> {
        let client = request.client;
        let scope = match request.parameters.one("scope")? {
            Some(text) => ScopeSet::parse(text).map_err(malformed_scope)?,
            None => client.scope.clone(),
        };
        let view = View {
            client,
            scope: scope.to_string(),
        };
        let scope = negotiate(&view)?;
        Ok(Approval {
            subject: client.client_id.as_str().to_owned(),
            scope,
        })
    }
}

fn malformed_scope(_: InvalidScope) -> OAuthError {
    let description = "The scope is malformed.";
    OAuthError::new(ErrorCode::InvalidScope, "malformed_scope", description)
}

/// Walks the machine from one state to the next until it approves or refuses.
fn negotiate(view: &View<'_>) -> Result<ScopeSet, OAuthError> {
    let mut machine = Machine::new(view);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Binding { client_id } => {
                let url = ClientUrl {
                    client_id: Cow::Owned(client_id.to_owned()),
                    redirect_uri: None,
                };
                let bound_client = view.bound_redirect(url).map_err(|_| broken())?;
                Input::Bound { bound_client }
            }
            Output::Extend => Input::Extended {
                extensions: Extensions::new(),
            },
            Output::Negotiate {
                bound_client,
                scope,
            } => {
                let pre_grant = view.negotiate(bound_client.clone(), scope).map_err(|_| {
                    let description = "The scope is unknown, or more than the client may ask for.";
                    OAuthError::new(ErrorCode::InvalidScope, "scope_not_allowed", description)
                })?;
                Input::Negotiated { pre_grant }
            }
            Output::Ok { pre_grant, .. } => {
                let approved = pre_grant.scope.to_string();
                return match approved.as_str() {
                    "" => Ok(ScopeSet::default()),
                    text => ScopeSet::parse(text).map_err(malformed_scope),
                };
            }
            Output::Err(_) => return Err(broken()),
        };
    }
}

fn broken() -> OAuthError {
    OAuthError::invalid_request(
        "grant_refused",
        "The request is not a valid one for this grant.",
    )
}

/// One authenticated client and what it asks for, as the machine sees them.
struct View<'a> {
    client: &'a Client,
    scope: String,
}

impl Request for View<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((
            Cow::Borrowed(self.client.client_id.as_str()),
            Cow::Borrowed(b""),
        ))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.scope))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("client_credentials"))
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

impl Registrar for View<'_> {
    /// The machine wants a redirect URI even where none is used; the client's is a name that leads
    /// nowhere (RFC 6761 section 6.4).
    fn bound_redirect<'a>(&self, bound: ClientUrl<'a>) -> Result<BoundClient<'a>, RegistrarError> {
        let nowhere = ExactUrl::new("https://redirect.invalid/".to_owned())
            .map_err(|_| RegistrarError::PrimitiveError)?;
        Ok(BoundClient {
            client_id: bound.client_id,
            redirect_uri: Cow::Owned(RegisteredUrl::Exact(nowhere)),
        })
    }

    fn negotiate(
        &self,
        client: BoundClient<'_>,
        scope: Option<MachineScope>,
    ) -> Result<PreGrant, RegistrarError> {
        let allowed: MachineScope = self
            .client
            .scope
            .to_string()
            .parse()
            .map_err(|_| RegistrarError::PrimitiveError)?;
        let scope = scope.unwrap_or_else(|| allowed.clone());
        // oxide-auth orders scopes by privilege: the smaller one is allowed by the larger.
        if scope <= allowed {
            Ok(PreGrant {
                client_id: client.client_id.into_owned(),
                redirect_uri: client.redirect_uri.into_owned(),
                scope,
            })
        } else {
            Err(RegistrarError::Unspecified)
        }
    }

    fn check(&self, client_id: &str, _: Option<&[u8]>) -> Result<(), RegistrarError> {
        if client_id == self.client.client_id.as_str() {
            Ok(())
        } else {
            Err(RegistrarError::Unspecified)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::parameters::Parameters;

    fn client(scope: &str) -> Client {
        Client {
            scope: ScopeSet::parse(scope).unwrap_or_default(),
            ..crate::model::Client::for_tests()
        }
    }

    fn approve(client: &Client, body: &str) -> Result<ScopeSet, OAuthError> {
        let parameters = Parameters::parse(body.as_bytes())?;
        let request = GrantRequest {
            parameters: &parameters,
            client,
        };
        ClientCredentials
            .approve(request)
            .map(|approval| approval.scope)
    }

    #[test]
    fn without_scope_the_client_gets_all_that_it_may_have() {
        assert_eq!(approve(&client("b a"), "").unwrap().to_string(), "a b");
        assert_eq!(
            approve(&client("b a"), "scope=").unwrap().to_string(),
            "a b"
        );
        assert_eq!(approve(&client(""), "").unwrap().to_string(), "");
    }

    #[test]
    fn scope_narrows_and_never_widens() {
        assert_eq!(approve(&client("a b"), "scope=a").unwrap().to_string(), "a");
        let refused = approve(&client("a b"), "scope=a+c").unwrap_err();
        assert_eq!(
            (refused.code, refused.reason),
            (ErrorCode::InvalidScope, "scope_not_allowed")
        );
        assert!(approve(&client(""), "scope=a").is_err());
    }

    proptest! {
        #[test]
        fn what_is_approved_is_a_subset_of_both(held in "[a-d]( [a-d]){0,3}", asked in "[a-f]( [a-f]){0,3}") {
            let held = client(&held);
            let asked = ScopeSet::parse(&asked).unwrap();
            let body = format!("scope={}", asked.to_string().replace(' ', "+"));
            match approve(&held, &body) {
                Ok(approved) => prop_assert!(approved == asked && approved.is_subset(&held.scope)),
                Err(_) => prop_assert!(!asked.is_subset(&held.scope)),
            }
        }
    }
}
