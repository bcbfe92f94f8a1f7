//! The tokens that Ambit proves itself with: JSON Web Tokens that its key signs, as Snowflake's
//! key-pair authentication has them.
//!
//! `iss` is `ACCOUNT.USER.SHA256:` and the fingerprint of the public key, `sub` is `ACCOUNT.USER`, and
//! a token lives for an hour at most.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};

use crate::model::{CLOCK_SKEW, Clock, Timestamp};

/// Longest that Snowflake takes a token for.
const LIFETIME: Duration = Duration::from_secs(3600);
/// A token with less left than this is not used any more.
const RESERVE: Duration = Duration::from_secs(300);

/// Why a key cannot be used. None of them repeats anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It needs a passphrase.
    #[error(
        "the private key is encrypted: write it without a passphrase, with \
         `openssl pkcs8 -topk8 -nocrypt -in rsa_key.p8 -out plain_key.p8`"
    )]
    Encrypted,
    /// It is no PEM, or no RSA key of 2048 to 8192 bits.
    #[error("the private key is no RSA key of at least 2048 bits in PEM form")]
    Unusable,
    /// The cryptographic library failed.
    #[error("the private key could not sign")]
    Signing,
}

/// Who signs in, and the tokens that say so.
pub struct Tokens {
    key: RsaKeyPair,
    issuer: String,
    subject: String,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    token: SecretString,
    expires: Timestamp,
}

impl Tokens {
    /// Reads the key and derives what tokens say of `user` in `account`.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn new(
        account: &str,
        user: &str,
        private_key: &SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeyError> {
        let key = read(private_key.expose_secret())?;
        let public_key: PublicKeyX509Der<'_> =
            key.public_key().as_der().map_err(|_| KeyError::Unusable)?;
        let fingerprint = STANDARD.encode(digest(&SHA256, public_key.as_ref()));
        let subject = format!("{}.{}", bare_account(account), user.to_uppercase());
        Ok(Self {
            key,
            issuer: format!("{subject}.SHA256:{fingerprint}"),
            subject,
            clock,
            kept: Mutex::new(None),
        })
    }

    /// A token that is good for some minutes at least.
    ///
    /// # Errors
    /// When signing fails.
    pub fn current(&self) -> Result<SecretString, KeyError> {
        let now = self.clock.now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref()
            && now.plus(RESERVE) < kept.expires
        {
            return Ok(kept.token.clone());
        }
        // Snowflake's clock may be behind this one, and it refuses tokens from the future.
        let issued = now.minus(CLOCK_SKEW);
        let expires = issued.plus(LIFETIME);
        let token = self.sign(issued, expires)?;
        *kept = Some(Kept {
            token: token.clone(),
            expires,
        });
        Ok(token)
    }

    /// Forgets a token that was refused, unless another took its place already.
    pub fn refused(&self, token: &SecretString) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept
            .as_ref()
            .is_some_and(|kept| kept.token.expose_secret() == token.expose_secret())
        {
            *kept = None;
        }
    }

    fn sign(&self, issued: Timestamp, expires: Timestamp) -> Result<SecretString, KeyError> {
        let header = r#"{"alg":"RS256","typ":"JWT"}"#;
        let claims = serde_json::json!({
            "iss": self.issuer,
            "sub": self.subject,
            "iat": issued.seconds(),
            "exp": expires.seconds(),
        });
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .map_err(|_| KeyError::Signing)?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(SecretString::from(format!("{message}.{signature}")))
    }
}

fn read(pem: &str) -> Result<RsaKeyPair, KeyError> {
    if pem.contains("ENCRYPTED") {
        return Err(KeyError::Encrypted);
    }
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Unusable)?;
    match &key {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(KeyError::Unusable),
    }
    .map_err(|_| KeyError::Unusable)
}

/// The account identifier as tokens have it: upper-cased, and without the region that an account
/// locator is followed by. A replicated account (`.global`) loses what follows its first hyphen
/// instead. No period remains, as one would make the token invalid.
fn bare_account(account: &str) -> String {
    let separator = if account.to_ascii_lowercase().contains(".global") {
        '-'
    } else {
        '.'
    };
    let (bare, _) = account.split_once(separator).unwrap_or((account, ""));
    bare.to_uppercase().replace('.', "-")
}

#[cfg(test)]
mod tests {
    use super::super::tests::keys;
    use super::*;
    use crate::model::ManualClock;

    const NOW: i64 = 1_795_374_674;

    fn tokens(clock: &Arc<ManualClock>) -> Tokens {
        let key = SecretString::from(keys::private_pem());
        let clock: Arc<dyn Clock> = clock.clone();
        Tokens::new("myorg-account1", "ambit", &key, clock).unwrap()
    }

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at(Timestamp::from_seconds(NOW)))
    }

    #[test]
    fn a_token_says_who_signed_it_and_until_when() {
        let token = tokens(&clock()).current().unwrap();
        let claims = keys::claims(token.expose_secret()).unwrap();
        assert_eq!(claims["sub"], "MYORG-ACCOUNT1.AMBIT");
        assert_eq!(
            claims["iss"],
            format!("MYORG-ACCOUNT1.AMBIT.SHA256:{}", keys::fingerprint())
        );
        assert_eq!(claims["iat"], NOW - 60);
        assert_eq!(claims["exp"], NOW - 60 + 3600);
    }

    #[test]
    fn a_token_is_kept_until_it_has_little_left_or_is_refused() {
        let clock = clock();
        let tokens = tokens(&clock);
        let first = tokens.current().unwrap();
        clock.pass(Duration::from_secs(50 * 60));
        assert_eq!(
            tokens.current().unwrap().expose_secret(),
            first.expose_secret()
        );
        clock.pass(Duration::from_secs(5 * 60));
        let second = tokens.current().unwrap();
        assert_ne!(second.expose_secret(), first.expose_secret());
        clock.pass(Duration::from_secs(1));
        tokens.refused(&first);
        assert_eq!(
            tokens.current().unwrap().expose_secret(),
            second.expose_secret()
        );
        tokens.refused(&second);
        assert_ne!(
            tokens.current().unwrap().expose_secret(),
            second.expose_secret()
        );
    }

    #[test]
    fn accounts_are_named_as_tokens_want_them() {
        for (account, bare) in [
            ("myorg-account1", "MYORG-ACCOUNT1"),
            ("xy12345.us-east-1", "XY12345"),
            ("xy12345.us-east-2.aws", "XY12345"),
            ("my_org-my_account", "MY_ORG-MY_ACCOUNT"),
            ("xy12345-extra.global", "XY12345"),
            ("plain", "PLAIN"),
        ] {
            assert_eq!(bare_account(account), bare);
        }
    }

    #[test]
    fn what_is_no_usable_key() {
        let body = "MIIE\n-----END";
        for (pem, error) in [
            (
                format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body} ENCRYPTED PRIVATE KEY-----"),
                KeyError::Encrypted,
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n".to_owned(),
                KeyError::Encrypted,
            ),
            (
                format!("-----BEGIN PRIVATE KEY-----\n{body} PRIVATE KEY-----"),
                KeyError::Unusable,
            ),
            (
                format!("-----BEGIN EC PRIVATE KEY-----\n{body} EC PRIVATE KEY-----"),
                KeyError::Unusable,
            ),
            (String::new(), KeyError::Unusable),
        ] {
            let found = Tokens::new("a", "u", &SecretString::from(pem), clock());
            assert_eq!(found.err(), Some(error));
        }
    }
}
