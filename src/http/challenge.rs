//! How a caller is told what is missing (RFC 6750 section 3, RFC 9728 section 5.1).

use actix_web::http::StatusCode;

use super::error::Problem;
use crate::oauth::Unauthenticated;

/// The challenges of one of Ambit's resources.
#[derive(Debug, Clone, Copy)]
pub struct Challenge<'a> {
    issuer: &'a str,
    resource: &'a str,
}

impl<'a> Challenge<'a> {
    /// Of the resource at this path below the issuer, such as `/mcp`; the empty path is the issuer.
    pub fn of(issuer: &'a str, resource: &'a str) -> Self {
        Self { issuer, resource }
    }

    /// The parameter that leads to the resource's metadata.
    pub fn resource_metadata(self) -> String {
        let Self { issuer, resource } = self;
        format!("resource_metadata=\"{issuer}/.well-known/oauth-protected-resource{resource}\"")
    }

    /// The answer to a caller that proved nothing.
    pub fn unauthenticated(self, refusal: Unauthenticated) -> Problem {
        let metadata = self.resource_metadata();
        match refusal {
            // RFC 6750 section 3.1: a request without a token is told no error code.
            Unauthenticated::NoToken => {
                let challenge = format!("Bearer realm=\"ambit\", {metadata}");
                Problem::new(StatusCode::UNAUTHORIZED, "An access token is needed.")
                    .challenge(challenge)
            }
            Unauthenticated::Several => {
                let challenge =
                    format!("Bearer realm=\"ambit\", error=\"invalid_request\", {metadata}");
                let detail = "The request has several Authorization headers.";
                Problem::new(StatusCode::BAD_REQUEST, detail)
                    .kind("urn:ambit:problem:invalid_request")
                    .challenge(challenge)
            }
            Unauthenticated::Invalid => {
                let challenge = format!(
                    "Bearer realm=\"ambit\", error=\"invalid_token\", \
                     error_description=\"The access token is not valid here\", {metadata}"
                );
                let detail = "The access token is malformed, expired, revoked or not meant for \
                              this resource.";
                Problem::new(StatusCode::UNAUTHORIZED, detail)
                    .kind("urn:ambit:problem:invalid_token")
                    .challenge(challenge)
            }
            Unauthenticated::Storage(error) => error.into(),
        }
    }

    /// The answer to a caller whose token does not cover what it asks for. `needed` is every scope
    /// that would, separated by spaces.
    pub fn insufficient_scope(self, needed: &str) -> Problem {
        let challenge = format!(
            "Bearer realm=\"ambit\", error=\"insufficient_scope\", scope=\"{needed}\", \
             error_description=\"The access token does not cover this\", {}",
            self.resource_metadata()
        );
        let detail = format!("This needs the scope {needed}.");
        Problem::new(StatusCode::FORBIDDEN, detail)
            .kind("urn:ambit:problem:insufficient_scope")
            .challenge(challenge)
    }
}
