//! Scopes (RFC 6749 section 3.3): `scope = scope-token *( SP scope-token )`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One scope token: printable ASCII without space, `"` and `\`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ScopeToken(String);

/// Why a text is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// An empty token: the text is empty, or has a space too many.
    #[error("scope tokens are separated by exactly one space")]
    Empty,
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    #[error("a scope token has only printable ASCII characters except space, '\"' and '\\'")]
    Character,
    /// More tokens, or a longer one, than Ambit keeps.
    #[error(
        "a scope has at most {} tokens of at most {} characters",
        ScopeSet::MAX_TOKENS,
        ScopeToken::MAX_LENGTH
    )]
    TooLarge,
}

impl ScopeToken {
    /// Longest token that is accepted, in characters.
    pub const MAX_LENGTH: usize = 128;

    /// Takes one token.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        if text.is_empty() {
            return Err(InvalidScope::Empty);
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(InvalidScope::TooLarge);
        }
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if !text.bytes().all(allowed) {
            return Err(InvalidScope::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A set of scope tokens. Order and repetition carry no meaning; text comes out sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ScopeSet(BTreeSet<ScopeToken>);

impl ScopeSet {
    /// Most tokens that one set holds.
    pub const MAX_TOKENS: usize = 64;

    /// Takes the space-separated form. The empty text is no scope; see [`ScopeSet::default`].
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let mut tokens = BTreeSet::new();
        for token in text.split(' ') {
            tokens.insert(ScopeToken::parse(token)?);
            if tokens.len() > Self::MAX_TOKENS {
                return Err(InvalidScope::TooLarge);
            }
        }
        Ok(Self(tokens))
    }

    /// Whether the token is in the set.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|held| held.as_str() == token)
    }

    /// Whether every token of the set is also in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The tokens, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &ScopeToken> {
        self.0.iter()
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<ScopeToken> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = ScopeToken>>(tokens: I) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, token) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(token.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repeated_tokens_are_one() {
        assert_eq!(ScopeSet::parse("b a b").unwrap().to_string(), "a b");
    }

    #[test]
    fn spaces_are_exact() {
        for text in ["", " ", "a  b", " a", "a ", "a\tb"] {
            assert!(ScopeSet::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_and_parses_again(text in "\\PC{0,200}") {
            if let Ok(scope) = ScopeSet::parse(&text) {
                prop_assert_eq!(ScopeSet::parse(&scope.to_string()), Ok(scope));
            }
        }

        #[test]
        fn the_grammar_of_rfc_6749_is_accepted(tokens in proptest::collection::vec("[!#-\\[\\]-~]{1,20}", 1..20)) {
            prop_assert!(ScopeSet::parse(&tokens.join(" ")).is_ok());
        }
    }
}
