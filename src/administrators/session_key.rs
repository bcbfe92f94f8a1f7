//! A session's identifier: the secret that the browser holds, and what is derived from it. The database
//! has only its hash, so that whoever reads the database can neither take over a session nor read what
//! is kept for it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::audit::sha256_hex;
use crate::model::random_token;

/// What sets the key of forms apart from that of sealed texts.
const FORM: &[u8] = b"ambit session: form";
const SEAL: &[u8] = b"ambit session: seal";

/// 256 random bits, in base64url.
#[derive(Clone)]
pub struct SessionKey(SecretString);

impl SessionKey {
    const LENGTH: usize = 43;
    const NONCE_LENGTH: usize = 12;

    /// A fresh one.
    pub fn generate() -> Self {
        Self(random_token::<32>().into())
    }

    /// Takes a text that has the form of an identifier.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let well_formed = text.len() == Self::LENGTH && text.bytes().all(allowed);
        well_formed.then(|| Self(text.into()))
    }

    /// For the cookie.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// What the session is stored under: SHA-256, in hexadecimal.
    pub fn hash(&self) -> String {
        sha256_hex(self.0.expose_secret().as_bytes())
    }

    /// What every form of the session carries, so that no other site can make up one.
    pub fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derive(FORM))
    }

    /// Whether a form carried this session's token. Takes as long whatever was given.
    pub fn accepts(&self, form_token: &str) -> bool {
        verify_slices_are_equal(form_token.as_bytes(), self.form_token().as_bytes()).is_ok()
    }

    /// A text that only this session can read again; `None` if it cannot be sealed.
    pub fn seal(&self, text: &SecretString) -> Option<String> {
        let mut bytes = text.expose_secret().as_bytes().to_vec();
        let nonce = self
            .sealing_key()?
            .seal_in_place_append_tag(Aad::empty(), &mut bytes)
            .ok()?;
        let sealed = [nonce.as_ref().as_slice(), bytes.as_slice()].concat();
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// A text that was sealed for this session; `None` if it was not.
    pub fn open(&self, sealed: &str) -> Option<SecretString> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_mut_checked(Self::NONCE_LENGTH)?;
        let nonce = <&[u8; Self::NONCE_LENGTH]>::try_from(&*nonce).ok()?;
        let opened = self
            .sealing_key()?
            .open_in_place(nonce.into(), Aad::empty(), text)
            .ok()?;
        Some(std::str::from_utf8(opened).ok()?.into())
    }

    fn sealing_key(&self) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.derive(SEAL)).ok()
    }

    fn derive(&self, purpose: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret().as_bytes());
        hmac::sign(&key, purpose).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_taken_from_its_own_session_alone() {
        let (one, other) = (SessionKey::generate(), SessionKey::generate());
        assert!(one.accepts(&one.form_token()));
        assert!(!one.accepts(&other.form_token()));
        assert!(!one.accepts(""));
        assert_ne!(one.form_token(), *one.secret().expose_secret());
    }

    #[test]
    fn what_was_sealed_is_read_by_its_own_session_alone() {
        let (one, other) = (SessionKey::generate(), SessionKey::generate());
        let sealed = one.seal(&"a secret".into()).unwrap();
        assert_eq!(one.open(&sealed).unwrap().expose_secret(), "a secret");
        assert!(other.open(&sealed).is_none());
        assert!(one.open("").is_none());
        assert!(one.open(&sealed[..20]).is_none());
        assert!(!sealed.contains("a secret"));
    }

    #[test]
    fn only_what_looks_like_one_is_an_identifier() {
        let key = SessionKey::generate();
        assert!(SessionKey::parse(key.secret().expose_secret()).is_some());
        for text in ["", "short", &"é".repeat(43), &"a".repeat(44)] {
            assert!(SessionKey::parse(text).is_none(), "{text}");
        }
    }
}
