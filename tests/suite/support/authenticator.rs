//! What administrators have in their pockets: an authenticator app, and a device that makes passkeys.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

/// Seconds that a code lasts.
const STEP: u64 = 30;

/// An authenticator app that was given a secret.
pub struct TotpApp(Totp);

impl TotpApp {
    /// With the secret as the page shows it.
    pub fn new(secret: &str) -> Self {
        let letters: String = secret.split_whitespace().collect();
        let secret = Secret::try_from_base32(letters).expect("base32");
        let totp = Builder::new().with_secret(secret).build();
        Self(totp.expect("a secret that is long enough"))
    }

    /// The code so many steps from now. A step that ends soon is waited out, so that the code is still
    /// good where it arrives.
    pub fn code(&self, steps: i64) -> String {
        let seconds = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.expect("the epoch is over").as_secs()
        };
        if STEP - seconds() % STEP < 8 {
            std::thread::sleep(Duration::from_secs(STEP - seconds() % STEP));
        }
        let at = seconds().saturating_add_signed(steps * STEP as i64);
        self.0.generate(at).to_string()
    }
}

/// A device that holds one passkey (Web Authentication level 3).
pub struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// How often it has signed.
    pub counter: u32,
    /// The page that it believes to be on.
    pub origin: String,
}

impl Device {
    /// A fresh one, for pages of this origin.
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING);
        Self {
            key: key.expect("a key"),
            id: uuid::Uuid::new_v4().as_bytes().to_vec(),
            counter: 1,
            origin: origin.to_owned(),
        }
    }

    /// Its identifier, as forms have it.
    pub fn id(&self) -> String {
        encode(&self.id)
    }

    /// Makes the passkey that a server's options ask for.
    pub fn register(&self, options: &Value) -> String {
        let options = &options["publicKey"];
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), 0x45);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": ...}, in CBOR (RFC 8949).
        let mut attestation = vec![0xa3];
        attestation.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        let client = self.client_data("webauthn.create", options);
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "response": {
                "attestationObject": encode(&attestation),
                "clientDataJSON": encode(client.as_bytes()),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// Signs what a server's options ask for.
    pub fn sign(&self, options: &Value) -> String {
        let options = &options["publicKey"];
        let data = self.data(options["rpId"].as_str().unwrap(), 0x05);
        let client = self.client_data("webauthn.get", options);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, client.as_bytes()).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "response": {
                "authenticatorData": encode(&data),
                "clientDataJSON": encode(client.as_bytes()),
                "signature": encode(signature.as_ref()),
                "userHandle": null,
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
    }

    /// Authenticator data, with its flags (section 6.1).
    fn data(&self, host: &str, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, host.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The public key as a COSE_Key (RFC 9053 section 7.1).
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(x);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(y);
        key
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
