//! Why a second factor was not added, not removed or not accepted.

use std::time::Duration;

use super::{FactorKeyError, passkeys};
use crate::storage::StorageError;

/// Why a factor was not added, not removed or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The code is not one.
    #[error("the code is wrong, or too old")]
    Wrong,
    /// The code was right, and was used before.
    #[error("this code was used already; wait for the next one")]
    Replayed,
    /// Too many attempts failed. Try again after this time.
    #[error("too many attempts failed; try again in {}", seconds(*.0))]
    Limited(Duration),
    /// So many codes of the app were wrong that none is taken.
    #[error(
        "too many wrong codes were typed for this app, so it is locked until you sign in with a recovery \
         code or a passkey; if you have none, an owner can remove your second factors, or else whoever \
         runs the server, with `ambit admin reset-second-factors`"
    )]
    Locked,
    /// A factor is asked for, and nothing was typed.
    #[error("type a code of your authenticator app, or a recovery code")]
    Needed,
    /// It was not begun in this session, or was finished already, or took too long.
    #[error("this took too long, or was finished already; begin again")]
    Ended,
    /// There is one already.
    #[error("there is one already")]
    Exists,
    /// There is none.
    #[error("there is no such second factor")]
    NotFound,
    /// What the browser sent of a passkey was not accepted.
    #[error("the passkey was not accepted")]
    Passkey,
    /// The passkey counts backwards.
    #[error(
        "the passkey counts backwards, as a copy of it would, so it was not accepted; remove it and add \
         another"
    )]
    Counter,
    /// There are enough.
    #[error(
        "there are {} passkeys already; remove one first",
        passkeys::MOST_PASSKEYS
    )]
    TooMany,
    /// What a passkey is to be called.
    #[error("a name has 1 to {} characters", passkeys::LONGEST_NAME)]
    Name,
    /// Passkeys cannot be used at this address.
    #[error("passkeys cannot be used at this server's address")]
    NoSite,
    /// The key of second factors.
    #[error(transparent)]
    Key(#[from] FactorKeyError),
    /// The database would not.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl FactorError {
    /// The word of the audit log; `None` where nothing was decided.
    pub(super) fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::Wrong => "wrong_code",
            Self::Replayed => "replayed_code",
            Self::Limited(_) => "too_many_failures",
            Self::Locked => "locked",
            Self::Ended => "ended",
            Self::NotFound => "no_such_factor",
            Self::Passkey => "wrong_passkey",
            Self::Counter => "passkey_counter",
            Self::Key(_) => "factor_unreadable",
            Self::Needed
            | Self::Exists
            | Self::TooMany
            | Self::Name
            | Self::NoSite
            | Self::Storage(_) => {
                return None;
            }
        })
    }
}

/// How long to wait, in words; never less than a second.
fn seconds(wait: Duration) -> String {
    match wait.as_secs().saturating_add(1) {
        1 => "1 second".to_owned(),
        more => format!("{more} seconds"),
    }
}
