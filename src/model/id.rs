//! Identifiers and the randomness that they are made of.

use std::fmt;
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// `bytes` random bytes from the operating system as unpadded base64url: only `[A-Za-z0-9_-]`, so
/// that clients which form-encode credentials and clients which do not send the same octets.
pub fn random_token<const BYTES: usize>() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<BYTES>())
}

/// Random bytes from the operating system.
pub fn random_bytes<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0u8; BYTES];
    fill_random(&mut bytes);
    bytes
}

/// Reads a key of 256 bits: Base64 of either alphabet, with padding or without.
pub fn parse_key(text: &str) -> Option<Vec<u8>> {
    const LENGTH: usize = 32;
    let either =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let url_safe = GeneralPurpose::new(&alphabet::URL_SAFE, either);
    let standard = GeneralPurpose::new(&alphabet::STANDARD, either);
    let text = text.trim();
    let decoded = url_safe.decode(text).or_else(|_| standard.decode(text));
    decoded.ok().filter(|bytes| bytes.len() == LENGTH)
}

#[expect(
    clippy::expect_used,
    reason = "without randomness nothing here is safe to go on"
)]
fn fill_random(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the operating system gives random bytes");
}

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an identifier is 1 to {} characters of A-Z, a-z, 0-9, '-' and '_'",
    ClientId::MAX_LENGTH
)]
pub struct InvalidId;

/// A client identifier (RFC 6749 section 2.2), unique across tenants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

impl ClientId {
    const PREFIX: &str = "client_";
    /// Longest identifier that is accepted, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// A fresh identifier with 128 random bits.
    pub fn generate() -> Self {
        Self(format!("{}{}", Self::PREFIX, random_token::<16>()))
    }

    /// Whether a text looks like an identifier that [`generate`](Self::generate) made.
    pub fn is_generated(text: &str) -> bool {
        text.starts_with(Self::PREFIX) && Self::parse(text).is_ok()
    }

    /// Takes a text that has the form of an identifier.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let well_formed = (1..=Self::MAX_LENGTH).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId)
        }
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whose a row is. The first tenant is [`TenantId::default`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// A tenant as the database names it.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        static FIRST: LazyLock<Arc<str>> = LazyLock::new(|| "default".into());
        Self(Arc::clone(&FIRST))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_unreserved_ascii_is_an_identifier(text in ".{0,80}") {
            let expected = !text.is_empty()
                && text.len() <= ClientId::MAX_LENGTH
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            prop_assert_eq!(ClientId::parse(&text).is_ok(), expected);
        }
    }

    #[test]
    fn only_32_bytes_are_a_key() {
        use base64::engine::general_purpose::STANDARD;
        let bytes = [251u8; 32];
        for text in [STANDARD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
            assert_eq!(parse_key(&format!("{text}\n")).unwrap(), bytes, "{text}");
        }
        for text in ["", "short", &STANDARD.encode([1u8; 31])] {
            assert!(parse_key(text).is_none(), "{text}");
        }
    }

    #[test]
    fn generated_identifiers_are_well_formed_and_differ() {
        let one = ClientId::generate();
        assert!(ClientId::parse(one.as_str()).is_ok());
        assert_ne!(one, ClientId::generate());
    }
}
