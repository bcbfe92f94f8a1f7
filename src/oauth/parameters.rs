//! Request parameters (RFC 6749 section 3.2 and appendix B): `application/x-www-form-urlencoded`,
//! each at most once, empty ones as if they were not there.
//!
//! The usual parsers mend what is broken and take the last of what is repeated; here either is an
//! error, since a parameter that two programs read differently is how checks are got around.

use super::error::OAuthError;

/// Most parameters of one request.
const MOST: usize = 64;

/// The parameters of one request.
#[derive(Clone, Default)]
pub struct Parameters(Vec<(String, String)>);

impl std::fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Parameters {
    /// Reads a form body.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let mut parameters = Vec::new();
        for pair in body
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            if parameters.len() == MOST {
                let description = "The request has too many parameters.";
                return Err(OAuthError::invalid_request(
                    "too_many_parameters",
                    description,
                ));
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = form_decode(halves.next().unwrap_or_default()).ok_or_else(malformed)?;
            let value = form_decode(halves.next().unwrap_or_default()).ok_or_else(malformed)?;
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter that may stand once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() {
            let description = "A parameter is repeated.";
            return Err(OAuthError::invalid_request(
                "repeated_parameter",
                description,
            ));
        }
        Ok(value)
    }

    /// A parameter that must stand, once.
    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.one(name)?.ok_or_else(|| {
            let description = "A required parameter is missing.";
            OAuthError::invalid_request("missing_parameter", description)
        })
    }

    /// A parameter that may stand several times, such as `resource` (RFC 8707 section 2).
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// These parameters alone.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        let named = self
            .0
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        Self(named.cloned().collect())
    }

    /// Refuses parameters that stand more than once, except those that may.
    pub fn refuse_repeated(&self, may_repeat: &[&str]) -> Result<(), OAuthError> {
        for (name, _) in &self.0 {
            if !may_repeat.contains(&name.as_str()) {
                self.one(name)?;
            }
        }
        Ok(())
    }
}

fn malformed() -> OAuthError {
    let description = "The body is not well-formed application/x-www-form-urlencoded UTF-8.";
    OAuthError::invalid_request("malformed_body", description)
}

/// Decodes one name or value: `+` is a space, `%` is followed by two hexadecimal digits, the result
/// is UTF-8 without NUL. `None` if it is not so.
pub fn form_decode(text: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(*rest.next()?).to_digit(16)?;
                let low = char::from(*rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            0 => return None,
            other => *other,
        });
    }
    if decoded.contains(&0) {
        return None;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::form_urlencoded;

    use super::*;

    #[test]
    fn empty_parameters_are_left_out() {
        let parameters = Parameters::parse(b"scope=&grant_type=x&&=").unwrap();
        assert_eq!(parameters.one("scope"), Ok(None));
        assert_eq!(parameters.required("grant_type"), Ok("x"));
    }

    #[test]
    fn repeated_parameters_are_refused() {
        let parameters = Parameters::parse(b"scope=a&scope=b&resource=c&resource=d").unwrap();
        assert_eq!(
            parameters.one("scope").unwrap_err().reason,
            "repeated_parameter"
        );
        assert_eq!(parameters.all("resource").collect::<Vec<_>>(), ["c", "d"]);
        assert!(parameters.refuse_repeated(&["resource"]).is_err());
        assert!(parameters.refuse_repeated(&["resource", "scope"]).is_ok());
    }

    #[test]
    fn what_is_broken_is_not_mended() {
        for body in [
            &b"a=%"[..],
            b"a=%4",
            b"a=%zz",
            b"a=%ff",
            b"a=\xff",
            b"a=%00",
            b"a=\0",
            b"%=a",
        ] {
            assert!(Parameters::parse(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn there_is_an_end_to_parameters() {
        let body = "a=b&".repeat(MOST + 1);
        assert_eq!(
            Parameters::parse(body.as_bytes()).unwrap_err().reason,
            "too_many_parameters"
        );
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(body in any::<Vec<u8>>()) {
            let _ = Parameters::parse(&body);
        }

        #[test]
        fn what_encoders_write_is_read_back(pairs in proptest::collection::vec(("[^\\x00]{1,12}", "[^\\x00]{1,12}"), 0..20)) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let parameters = Parameters::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(parameters.0, pairs);
        }
    }
}
