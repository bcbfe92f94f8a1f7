//! How refusals go over the wire: OAuth's JSON (RFC 6749 section 5.2) at the OAuth endpoints, problem
//! details (RFC 9457) everywhere else.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::context::RequestContext;
use crate::administrators::AdministratorError;
use crate::administrators::second_factors::{FactorError, FactorKeyError};
use crate::clients::{AuthenticationError, ClientError, FieldError};
use crate::oauth::token::KeyError;
use crate::oauth::{ErrorCode, OAuthError};
use crate::scopes::ScopeError;
use crate::secrets::HashError;
use crate::storage::StorageError;

/// Problem details (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem; `about:blank` where the status says it all.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What happened here.
    pub detail: String,
    /// The request's identifier, to be found in the logs.
    pub request_id: String,
    /// Fields that cannot be accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    #[serde(skip)]
    #[schema(ignore)]
    retry_after: Option<Duration>,
    #[serde(skip)]
    #[schema(ignore)]
    challenge: Option<String>,
}

impl Problem {
    /// A problem of a status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            request_id: String::new(),
            errors: Vec::new(),
            retry_after: None,
            challenge: None,
        }
    }

    /// Of a kind that programs tell apart.
    #[must_use]
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// In a request.
    #[must_use]
    pub fn of(mut self, context: &RequestContext) -> Self {
        self.request_id = context.request_id.to_string();
        self
    }

    /// To be tried again after this time.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// With a challenge in `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(mut self, challenge: String) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// With the fields that cannot be accepted.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// The server cannot answer now.
    pub fn unavailable(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The server cannot answer now; try again.",
        )
        .retry_after(Duration::from_secs(1))
    }

    fn conflict(error: &dyn std::fmt::Display) -> Self {
        Self::new(StatusCode::CONFLICT, sentence(error))
    }

    fn invalid(error: &dyn std::fmt::Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence(error))
    }

    fn not_found(error: &dyn std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, sentence(error))
    }

    /// The answer.
    pub fn to_response(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(wait) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds(wait)));
        }
        if let Some(challenge) = &self.challenge
            && let Ok(value) = HeaderValue::from_str(challenge)
        {
            response.insert_header((header::WWW_AUTHENTICATE, value));
        }
        response.body(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Whole seconds, rounded up, as `Retry-After` has them.
fn seconds(wait: Duration) -> String {
    let whole = wait
        .as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0));
    whole.max(1).to_string()
}

/// An error's text as a sentence.
pub fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return text;
    };
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), letters.as_str())
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.status, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn error_response(&self) -> HttpResponse {
        self.to_response()
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Conflict => Self::conflict(&error),
            StorageError::NotFound => Self::not_found(&error),
            StorageError::Busy | StorageError::Unavailable(_) => Self::unavailable(&error),
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<ClientError> for Problem {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Invalid(errors) => {
                let detail = "The client's metadata cannot be accepted; see errors.";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
                    .kind("urn:ambit:problem:invalid_client_metadata")
                    .errors(errors)
            }
            ClientError::NotFound => Self::not_found(&error),
            ClientError::TooManySecrets | ClientError::LastSecret => Self::conflict(&error),
            ClientError::Hash(error) => error.into(),
            ClientError::Storage(error) => error.into(),
        }
    }
}

impl From<ScopeError> for Problem {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::Storage(StorageError::Conflict) => Self::new(
                StatusCode::CONFLICT,
                "There is a scope of this name already.",
            ),
            ScopeError::Storage(StorageError::NotFound) => {
                Self::new(StatusCode::NOT_FOUND, "There is no such scope.")
            }
            ScopeError::Storage(error) => error.into(),
            ScopeError::BuiltIn => Self::conflict(&error),
            ScopeError::Invalid(_) | ScopeError::Description | ScopeError::Reserved => {
                Self::invalid(&error)
            }
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Brought | KeyError::Pending(..) => Self::conflict(&error),
            KeyError::NotFound => Self::not_found(&error),
            KeyError::Storage(error) => error.into(),
            KeyError::Key(_) | KeyError::BroughtWithdrawn => Self::unavailable(&error),
        }
    }
}

impl From<AdministratorError> for Problem {
    fn from(error: AdministratorError) -> Self {
        match error {
            AdministratorError::Name
            | AdministratorError::Password
            | AdministratorError::WrongPassword
            | AdministratorError::SamePassword => Self::invalid(&error),
            AdministratorError::Exists | AdministratorError::LastOwner => Self::conflict(&error),
            AdministratorError::NotFound => Self::not_found(&error),
            AdministratorError::Hash(error) => error.into(),
            AdministratorError::Storage(error) => error.into(),
        }
    }
}

impl From<FactorError> for Problem {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Exists | FactorError::TooMany => Self::conflict(&error),
            FactorError::NotFound => Self::not_found(&error),
            FactorError::Limited(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, sentence(&error)).retry_after(wait)
            }
            // What the operator has to mend, in words that may be read by all who have come so far.
            FactorError::Key(FactorKeyError::AnotherKey) => {
                tracing::error!(%error, "a second factor cannot be opened");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, sentence(&error))
            }
            FactorError::Key(error) => Self::unavailable(&error),
            FactorError::Storage(error) => error.into(),
            refused => Self::invalid(&refused),
        }
    }
}

impl From<AuthenticationError> for Problem {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Failed | AuthenticationError::Disabled => Self::new(
                StatusCode::UNAUTHORIZED,
                "The user name or the password is wrong.",
            ),
            AuthenticationError::Limited(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, sentence(&error)).retry_after(wait)
            }
            AuthenticationError::Busy => Self::unavailable(&error),
            AuthenticationError::Storage(error) => error.into(),
        }
    }
}

/// The body of an error at an OAuth endpoint (RFC 6749 section 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthErrorBody {
    /// The code.
    #[schema(example = "invalid_client")]
    pub error: &'static str,
    /// For the developer of the client.
    #[schema(example = "Client authentication failed.")]
    pub error_description: &'static str,
}

/// The answer to a refused OAuth request.
pub fn oauth_response(error: &OAuthError) -> HttpResponse {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = HttpResponse::build(status);
    if error.code == ErrorCode::InvalidClient {
        response.insert_header((
            header::WWW_AUTHENTICATE,
            "Basic realm=\"ambit\", charset=\"UTF-8\"",
        ));
    }
    if let Some(wait) = error.retry_after {
        response.insert_header((header::RETRY_AFTER, seconds(wait)));
    }
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response.json(OAuthErrorBody {
        error: error.code.name(),
        error_description: error.description,
    })
}
