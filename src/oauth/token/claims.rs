//! What an access token says (RFC 9068 section 2.2).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::random_token;

/// One audience, or several (RFC 7519 section 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Audience {
    /// A single one, as plain text.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// The shortest form for these.
    pub fn new(mut audiences: Vec<String>) -> Self {
        match (audiences.len(), audiences.pop()) {
            (1, Some(only)) => Self::One(only),
            (_, last) => {
                audiences.extend(last);
                Self::Several(audiences)
            }
        }
    }

    /// Each audience.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

impl std::fmt::Display for Audience {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

/// The claims of an access token. Times are seconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// On whose behalf it is used.
    pub sub: String,
    /// Where it may be used.
    pub aud: Audience,
    /// When it ends.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// When it begins, in tokens that say so; Ambit's do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Identifies the token.
    pub jti: String,
    /// The client that it was issued to.
    pub client_id: String,
    /// What it covers, separated by spaces; left out if that is nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// Whose the client is.
    pub tenant_id: String,
}

impl Claims {
    /// A fresh `jti` for a token of a client's `generation`: the generation, a dot, 128 random bits.
    pub fn token_id(generation: i64) -> String {
        format!("{generation}.{}", random_token::<16>())
    }

    /// The generation that the token was issued under; see `Client::token_generation`.
    pub fn generation(&self) -> Option<i64> {
        self.jti.split_once('.')?.0.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_audience_is_plain_text() {
        let one = Audience::new(vec!["a".to_owned()]);
        assert_eq!(serde_json::to_string(&one).unwrap(), "\"a\"");
        let two = Audience::new(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(serde_json::to_string(&two).unwrap(), "[\"a\",\"b\"]");
        assert_eq!(two.iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
