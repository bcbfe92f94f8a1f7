//! What the server says of itself (RFC 8414), and of each protected resource (RFC 9728).

use serde::Serialize;
use utoipa::ToSchema;

use super::client_auth::METHODS;
use super::grants::GRANTS;

/// RFC 8414 section 2. Everything named here works, and what works is named; except that `/authorize`
/// is named because the MCP client libraries demand it, while `response_types_supported` is empty.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerMetadata {
    /// The server's identifier, byte for byte as in `iss`.
    #[schema(example = "https://ambit.example.com")]
    pub issuer: String,
    /// Answers `unsupported_response_type`: there is no interactive grant.
    pub authorization_endpoint: String,
    /// Where tokens come from.
    pub token_endpoint: String,
    /// The public keys.
    pub jwks_uri: String,
    /// Every scope.
    pub scopes_supported: Vec<String>,
    /// Response types of `/authorize`: none.
    pub response_types_supported: Vec<String>,
    /// Every grant type.
    pub grant_types_supported: Vec<&'static str>,
    /// Client authentication at `/token`.
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Where tokens are given up.
    pub revocation_endpoint: String,
    /// Client authentication at `/revoke`.
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Where tokens are asked about.
    pub introspection_endpoint: String,
    /// Client authentication at `/introspect`.
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// The resources that this server serves (RFC 9728 section 4).
    pub protected_resources: Vec<String>,
}

impl ServerMetadata {
    /// The metadata of the server at `issuer`.
    pub fn new(issuer: &str, scopes: Vec<String>, resources: Vec<String>) -> Self {
        let base = issuer.trim_end_matches('/');
        let methods: Vec<_> = METHODS.iter().map(|method| method.name).collect();
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: format!("{base}/authorize"),
            token_endpoint: format!("{base}/token"),
            jwks_uri: format!("{base}/jwks"),
            scopes_supported: scopes,
            response_types_supported: Vec::new(),
            grant_types_supported: GRANTS.iter().map(|grant| grant.grant_type()).collect(),
            token_endpoint_auth_methods_supported: methods.clone(),
            revocation_endpoint: format!("{base}/revoke"),
            revocation_endpoint_auth_methods_supported: methods.clone(),
            introspection_endpoint: format!("{base}/introspect"),
            introspection_endpoint_auth_methods_supported: methods,
            protected_resources: resources,
        }
    }
}

/// RFC 9728 section 2.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ResourceMetadata {
    /// The resource's identifier, to be named in `resource`.
    pub resource: String,
    /// Who issues tokens for it.
    pub authorization_servers: Vec<String>,
    /// The public keys of the server.
    pub jwks_uri: String,
    /// Scopes that it asks for.
    pub scopes_supported: Vec<String>,
    /// How a token is presented: in the `Authorization` header.
    pub bearer_methods_supported: Vec<&'static str>,
    /// For people to read.
    pub resource_name: &'static str,
}

impl ResourceMetadata {
    /// The metadata of a resource of the server at `issuer`.
    pub fn new(issuer: &str, resource: String, name: &'static str, scopes: Vec<String>) -> Self {
        let base = issuer.trim_end_matches('/');
        Self {
            resource,
            authorization_servers: vec![issuer.to_owned()],
            jwks_uri: format!("{base}/jwks"),
            scopes_supported: scopes,
            bearer_methods_supported: vec!["header"],
            resource_name: name,
        }
    }
}
