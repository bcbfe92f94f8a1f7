//! Every error code of the RFCs that Ambit speaks, and its status, once.

use std::time::Duration;

use crate::clients::AuthenticationError;
use crate::storage::StorageError;

/// An error code of RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 7009 section 2.2.1
/// or RFC 8707 section 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// Client authentication failed.
    InvalidClient,
    /// The client may not use this grant type.
    UnauthorizedClient,
    /// The server does not have this grant type.
    UnsupportedGrantType,
    /// The server does not have this response type.
    UnsupportedResponseType,
    /// The scope is malformed, unknown, or more than the client may ask for.
    InvalidScope,
    /// The resource is malformed, unknown, or not for this client.
    InvalidTarget,
    /// The access token is malformed, expired, revoked or meant for somebody else.
    InvalidToken,
    /// The access token does not cover what was asked for.
    InsufficientScope,
    /// Not now; later.
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// As it goes over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    /// The HTTP status that the code goes with.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// Why an OAuth request was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.name())]
pub struct OAuthError {
    /// The code.
    pub code: ErrorCode,
    /// The HTTP status: the code's, or 429 for a caller who failed too often.
    pub status: u16,
    /// For the developer of the client. Never repeats what the request said.
    pub description: &'static str,
    /// One word for audit and metrics, finer than the code.
    pub reason: &'static str,
    /// Set when the caller is to wait.
    pub retry_after: Option<Duration>,
    /// Set when the database is away: what the log needs to know and the caller does not.
    pub outage: Option<String>,
}

impl OAuthError {
    /// Refused with a code, for a reason.
    pub fn new(code: ErrorCode, reason: &'static str, description: &'static str) -> Self {
        Self {
            code,
            status: code.status(),
            description,
            reason,
            retry_after: None,
            outage: None,
        }
    }

    /// A malformed request.
    pub fn invalid_request(reason: &'static str, description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, reason, description)
    }

    /// Too many attempts failed.
    fn throttled(wait: Duration) -> Self {
        Self {
            status: 429,
            retry_after: Some(wait),
            ..Self::new(
                ErrorCode::TemporarilyUnavailable,
                "too_many_failures",
                "Too many attempts failed; wait before the next one.",
            )
        }
    }

    /// More work waits than may.
    fn overloaded() -> Self {
        Self {
            retry_after: Some(Duration::from_secs(1)),
            ..Self::new(
                ErrorCode::TemporarilyUnavailable,
                "overloaded",
                "The server is busy; try again.",
            )
        }
    }

    /// The database does not do what it is asked.
    fn outage(error: &StorageError) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(1)),
            outage: Some(error.to_string()),
            ..Self::new(
                ErrorCode::TemporarilyUnavailable,
                "database_unavailable",
                "The server cannot answer now; try again.",
            )
        }
    }
}

impl From<AuthenticationError> for OAuthError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Failed => Self::new(
                ErrorCode::InvalidClient,
                "client_authentication_failed",
                "Client authentication failed.",
            ),
            AuthenticationError::Disabled => Self::new(
                ErrorCode::InvalidClient,
                "client_disabled",
                "Client authentication failed.",
            ),
            AuthenticationError::Limited(wait) => Self::throttled(wait),
            AuthenticationError::Busy => Self::overloaded(),
            AuthenticationError::Storage(error) => error.into(),
        }
    }
}

impl From<StorageError> for OAuthError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Busy => Self::overloaded(),
            other => Self::outage(&other),
        }
    }
}
