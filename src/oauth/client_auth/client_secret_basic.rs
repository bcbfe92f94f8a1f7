//! `client_secret_basic`: HTTP Basic (RFC 7617), with identifier and secret form-encoded as RFC 6749
//! section 2.3.1 says. Clients that do not encode them are understood as well: neither contains a
//! character that encoding would change.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Credentials, Method, Source};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::parameters::form_decode;

pub(super) const METHOD: Method = Method {
    name: "client_secret_basic",
    find,
};

fn find(source: Source<'_>) -> Result<Option<Credentials>, OAuthError> {
    let header = match source.authorization {
        [] => return Ok(None),
        [header] => header,
        _ => {
            let description = "The request has several Authorization headers.";
            return Err(OAuthError::invalid_request(
                "several_credentials",
                description,
            ));
        }
    };
    let malformed = || {
        let description = "The Authorization header holds no well-formed Basic credentials.";
        OAuthError::new(
            ErrorCode::InvalidClient,
            "malformed_credentials",
            description,
        )
    };
    let (name, secret) = decode(header).ok_or_else(malformed)?;
    let client_id = form_decode(&name).ok_or_else(malformed)?;
    let client_secret = form_decode(&secret).ok_or_else(malformed)?.into();
    Ok(Some(Credentials {
        client_id,
        client_secret,
    }))
}

/// The two halves of `Basic` credentials, still encoded.
pub fn decode(header: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, encoded) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim_ascii()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (name, secret) = decoded.split_at_checked(colon)?;
    Some((name.to_vec(), secret.get(1..)?.to_vec()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;
    use crate::oauth::parameters::Parameters;

    fn read(header: &[u8]) -> Result<Option<Credentials>, OAuthError> {
        find(Source {
            authorization: &[header],
            parameters: &Parameters::default(),
        })
    }

    fn basic(halves: &str) -> Vec<u8> {
        format!("Basic {}", STANDARD.encode(halves)).into_bytes()
    }

    #[test]
    fn encoded_and_unencoded_credentials_are_the_same() {
        for halves in ["client_a-b:s_c", "client%5Fa%2Db:s%5Fc"] {
            let credentials = read(&basic(halves)).unwrap().unwrap();
            assert_eq!(credentials.client_id, "client_a-b");
            assert_eq!(credentials.client_secret.expose_secret(), "s_c");
        }
    }

    #[test]
    fn what_is_broken_is_refused() {
        let broken = [
            &b"Basic"[..],
            b"Basic ",
            b"Basic !!!",
            b"Basic YQ",
            b"Basic YQ==",
            b"Bearer abc",
            b"\xff",
        ];
        for header in broken {
            assert_eq!(
                read(header).unwrap_err().code,
                ErrorCode::InvalidClient,
                "{header:?}"
            );
        }
        assert!(read(&basic("a%zz:b")).is_err());
        assert!(read(&basic("a:b\0")).is_err());
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(header in any::<Vec<u8>>()) {
            let _ = read(&header);
        }

        #[test]
        fn any_credentials_round_trip_when_encoded(id in "[^\\x00]{1,20}", secret in "[^\\x00]{0,20}") {
            let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let credentials = read(&basic(&format!("{}:{}", encode(&id), encode(&secret)))).unwrap().unwrap();
            prop_assert_eq!(credentials.client_id, id);
            prop_assert_eq!(credentials.client_secret.expose_secret(), &secret);
        }
    }
}
