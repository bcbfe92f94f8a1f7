//! What can be told from a token alone: that this server signed it, as an access token, and what it
//! says. Whether it is still good is for [`super::AccessTokens`].

use jsonwebtoken::{DecodingKey, Header, Validation, decode, decode_header};

use super::claims::Claims;
use super::provider;
use super::signing_key::Algorithm;

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// The `kid` that a token names, if its header is one that Ambit writes and nothing else: `alg`, `typ`
/// and `kid`. Headers that point at keys (`jku`, `jwk`, `x5u`, ...) or ask for something special
/// (`crit`, `b64`, `enc`, `zip`) are never Ambit's.
///
/// # Errors
/// A word for the log.
pub fn key_id(unverified_token: &str) -> Result<String, &'static str> {
    if unverified_token.len() > LONGEST {
        return Err("too_long");
    }
    let header = decode_header(unverified_token).map_err(|_| "malformed")?;
    let kid = header.kid.clone().ok_or("no_kid")?;
    let expected = Header {
        typ: Some("at+jwt".to_owned()),
        kid: Some(kid.clone()),
        ..Header::new(header.alg)
    };
    if header != expected {
        return Err("foreign_header");
    }
    Ok(kid)
}

/// The claims of a token that `key` signed for `issuer`. Times are not looked at.
///
/// # Errors
/// A word for the log.
pub fn signed_claims(
    unverified_token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
    issuer: &str,
) -> Result<Claims, &'static str> {
    provider::install();
    let mut validation = Validation::new(algorithm.jwt());
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation.set_issuer(&[issuer]);
    let decoded = decode::<Claims>(unverified_token, key, &validation);
    let claims = decoded.map_err(|_| "not_signed_by_us")?.claims;
    if claims.iss == issuer {
        Ok(claims)
    } else {
        Err("wrong_issuer")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = key_id(&text);
        }
    }
}
