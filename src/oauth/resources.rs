//! Which resources there are (RFC 8707), and what a token for one looks like.

use std::collections::BTreeSet;

use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;
use crate::model::{Client, Resource};

/// Most resources of one request.
const MOST: usize = 8;

/// The resources that this server's operator knows of.
#[derive(Debug, Clone)]
pub struct Resources {
    issuer: Resource,
    own: Vec<Resource>,
    configured: Vec<Resource>,
    es256: Vec<Resource>,
}

impl Resources {
    /// Ambit's own resources are its issuer and the paths below it that have metadata of their own.
    pub fn new(
        issuer: Resource,
        own: Vec<Resource>,
        configured: Vec<Resource>,
        es256: Vec<Resource>,
    ) -> Self {
        Self {
            issuer,
            own,
            configured,
            es256,
        }
    }

    /// What a token is for if nothing else was asked for.
    pub fn issuer(&self) -> &Resource {
        &self.issuer
    }

    /// Whether tokens for all of these are signed with ES256.
    pub fn want_es256(&self, audience: &[Resource]) -> bool {
        audience
            .iter()
            .all(|resource| self.es256.contains(resource))
    }

    /// The audience that a request asks for: every `resource` that it names, or the issuer.
    ///
    /// # Errors
    /// `invalid_target` for a resource that is malformed, unknown, or not for this client. The three
    /// answer alike, so that nobody learns which resources exist.
    pub fn audience(
        &self,
        parameters: &Parameters,
        client: &Client,
        served: &[Resource],
    ) -> Result<Vec<Resource>, OAuthError> {
        let refused = |reason| {
            let description = "The resource is malformed, unknown, or not for this client.";
            OAuthError::new(ErrorCode::InvalidTarget, reason, description)
        };
        let mut audience = BTreeSet::new();
        for text in parameters.all("resource") {
            let resource = Resource::parse(text).map_err(|_| refused("malformed_resource"))?;
            let own = resource == self.issuer || self.own.contains(&resource);
            let known = self.configured.contains(&resource) || served.contains(&resource);
            let allowed = own || (known && client.allowed_resources.contains(&resource));
            if !allowed {
                return Err(refused("unknown_resource"));
            }
            audience.insert(resource);
            if audience.len() > MOST {
                return Err(refused("too_many_resources"));
            }
        }
        if audience.is_empty() {
            audience.insert(self.issuer.clone());
        }
        Ok(audience.into_iter().collect())
    }
}
