//! Resource indicators (RFC 8707): where a token is to be used.

use std::fmt;

use serde::Serialize;
use url::Url;

/// An absolute URI without fragment, compared byte for byte as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Resource(String);

/// Why a text is no resource indicator (RFC 8707 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    /// Relative, malformed, or longer than [`Resource::MAX_LENGTH`].
    #[error("a resource is an absolute URI, such as https://api.example.com/")]
    NotAbsolute,
    /// Has a fragment.
    #[error("a resource has no fragment")]
    Fragment,
}

impl Resource {
    /// Longest resource indicator that is accepted, in bytes.
    pub const MAX_LENGTH: usize = 512;

    /// Takes an absolute URI without fragment.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.len() > Self::MAX_LENGTH || !printable {
            return Err(InvalidResource::NotAbsolute);
        }
        if text.contains('#') {
            return Err(InvalidResource::Fragment);
        }
        let uri = Url::parse(text).map_err(|_| InvalidResource::NotAbsolute)?;
        if uri.cannot_be_a_base() && uri.scheme() != "urn" {
            return Err(InvalidResource::NotAbsolute);
        }
        Ok(Self(text.to_owned()))
    }

    /// The resource as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_and_fragment_are_refused() {
        assert_eq!(Resource::parse("/mcp"), Err(InvalidResource::NotAbsolute));
        assert_eq!(
            Resource::parse("https://a.example/#x"),
            Err(InvalidResource::Fragment)
        );
        assert_eq!(
            Resource::parse("https://a.example/\u{0}"),
            Err(InvalidResource::NotAbsolute)
        );
        assert!(Resource::parse("https://a.example/mcp?x=1").is_ok());
        assert!(Resource::parse("urn:example:api").is_ok());
    }
}
