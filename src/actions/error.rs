//! Why an action could not be done.

use std::time::Duration;

use crate::clients::FieldError;
use crate::storage::StorageError;
use crate::warehouse::WarehouseError;

/// Why an action could not be done. Every text but those of `Unavailable` and `Broken` is for the
/// caller.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ActionError {
    /// The input cannot be accepted.
    #[error("the input cannot be accepted; see errors")]
    Invalid(Vec<FieldError>),
    /// What the input names is not there.
    #[error("{0}")]
    NotFound(String),
    /// It does not fit what is there already.
    #[error("{0}")]
    Conflict(String),
    /// The caller may not do that, whatever its scope says of the action: what was not allowed, and
    /// what would be.
    #[error("{0}")]
    Refused(String),
    /// The idempotency key came with another input before.
    #[error("the Idempotency-Key was used with another input before")]
    KeyReused,
    /// It took longer than it may.
    #[error("the action took longer than {} ms", .0.as_millis())]
    Deadline(Duration),
    /// Something that it needs cannot be reached, or has too much to do. The text is for the log.
    #[error("{0}")]
    Unavailable(String),
    /// The action itself is at fault. The text is for the log.
    #[error("{0}")]
    Broken(String),
}

impl ActionError {
    /// One field of the input cannot be accepted.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError {
            field: field.to_owned(),
            detail: detail.into(),
        }])
    }

    /// The caller may not do that.
    pub fn refused(detail: impl Into<String>) -> Self {
        Self::Refused(detail.into())
    }

    /// The action itself is at fault.
    pub fn broken(error: &dyn std::fmt::Display) -> Self {
        Self::Broken(error.to_string())
    }

    /// A word for the audit log and the metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_input",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::Refused(_) => "refused",
            Self::KeyReused => "idempotency_key_reused",
            Self::Deadline(_) => "deadline",
            Self::Unavailable(_) => "unavailable",
            Self::Broken(_) => "broken",
        }
    }
}

impl From<StorageError> for ActionError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NotFound => Self::NotFound("There is no such thing.".to_owned()),
            StorageError::Conflict => Self::Conflict("There is such a thing already.".to_owned()),
            StorageError::Busy | StorageError::Unavailable(_) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

impl From<WarehouseError> for ActionError {
    fn from(error: WarehouseError) -> Self {
        match error {
            WarehouseError::Statement(problem) => {
                Self::refused(format!("The warehouse refused the query: {problem}."))
            }
            WarehouseError::Time(limit) => Self::Deadline(limit),
            WarehouseError::Busy | WarehouseError::Unavailable(_) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}
