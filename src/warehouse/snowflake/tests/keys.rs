//! A key pair, read here by other code than the one that is tested.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::Value;

fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        RsaPrivateKey::from_pkcs8_der(der.as_ref()).unwrap()
    })
}

/// The private key in PKCS#8, as PEM text.
pub fn private_pem() -> String {
    use rsa::pkcs8::EncodePrivateKey;
    key().to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

/// The same key in PKCS#1.
pub fn pkcs1_pem() -> String {
    use rsa::pkcs1::EncodeRsaPrivateKey;
    key().to_pkcs1_pem(LineEnding::LF).unwrap().to_string()
}

/// What Snowflake's `DESCRIBE USER` shows as `RSA_PUBLIC_KEY_FP`, without `SHA256:`.
pub fn fingerprint() -> String {
    let public = key().to_public_key().to_public_key_der().unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public.as_bytes());
    STANDARD.encode(digest)
}

/// The claims of a token, if this key signed it.
pub fn claims(token: &str) -> Option<Value> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let public = key().to_public_key().to_pkcs1_der().unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_bytes())
        .verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?)
        .ok()?;
    let read = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let header = read(header)?;
    (header["alg"] == "RS256" && header["typ"] == "JWT").then(|| read(claims))?
}
