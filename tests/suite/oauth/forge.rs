//! Makes JWTs that Ambit never would, with Ambit's own key where that is what an attack takes.
//!
//! Nothing of the server's own code is used here.

use std::fs;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{RsaEncoding, RsaKeyPair},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::Value;

use crate::support::{Server, Token};

/// Header and claims of a genuine token, and the private key that signed it.
pub struct Forge {
    pub header: Value,
    pub claims: Value,
    pub pkcs8: Vec<u8>,
    key: RsaKeyPair,
}

impl Forge {
    /// Reads the key that signed the token from the server's own folder.
    pub fn new(server: &Server, genuine: &Token) -> Self {
        let header = genuine.header();
        let kid = header["kid"].as_str().unwrap();
        let pem = fs::read_to_string(server.folder().join(format!("keys/{kid}.pem"))).unwrap();
        let pkcs8 = from_pem(&pem);
        let key = RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
        Self {
            header,
            claims: genuine.claims(),
            pkcs8,
            key,
        }
    }

    /// The genuine header with one member set, or left out where it is null.
    pub fn header_with(&self, name: &str, value: Value) -> Value {
        with(&self.header, name, value)
    }

    /// The genuine claims with one member set, or left out where it is null.
    pub fn claims_with(&self, name: &str, value: Value) -> Value {
        with(&self.claims, name, value)
    }

    /// A JWT whose signature is of this kind, whatever its header says.
    pub fn sign(
        &self,
        kind: &'static dyn RsaEncoding,
        header: impl ToString,
        claims: impl ToString,
    ) -> String {
        jwt(header, claims, |message| {
            let mut signature = vec![0; self.key.public_modulus_len()];
            self.key
                .sign(kind, &SystemRandom::new(), message, &mut signature)
                .unwrap();
            signature
        })
    }

    /// A JWT with a genuine RS256 signature, whatever its header says.
    pub fn rs256(&self, header: impl ToString, claims: impl ToString) -> String {
        self.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, header, claims)
    }
}

/// A JWT of these parts, signed over both.
pub fn jwt(
    header: impl ToString,
    claims: impl ToString,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
    let header = encode(header.to_string().as_bytes());
    let claims = encode(claims.to_string().as_bytes());
    let message = format!("{header}.{claims}");
    let signature = encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// A JWT under an HMAC with this key.
pub fn hs256(key: &[u8], header: impl ToString, claims: impl ToString) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    jwt(header, claims, |message| {
        hmac::sign(&key, message).as_ref().to_vec()
    })
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut changed = object.clone();
    let members = changed.as_object_mut().unwrap();
    match value {
        Value::Null => members.remove(name),
        value => members.insert(name.to_owned(), value),
    };
    changed
}

fn from_pem(pem: &str) -> Vec<u8> {
    let lines: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    BASE64_STANDARD.decode(lines).unwrap()
}
