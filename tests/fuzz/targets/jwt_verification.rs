//! What a stranger presents as an access token.
//!
//! One real token is signed at the start, with a key that is only used here. An input is a token as
//! text; it is accepted if it is the real one, byte for byte, and in no other case.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ambit::oauth::token::{Algorithm, Audience, Claims, SigningKey, verification};
use ambit_fuzz::{Choices, mutate, put};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::Value;

const ISSUER: &str = "https://ambit.example";

/// The same key in every run, so that an input which breaks something goes on doing so.
const SIGNING_KEY: &str = include_str!("../signing_key.pem");

struct Real {
    claims: Claims,
    token: String,
    kid: String,
    key: DecodingKey,
}

static REAL: LazyLock<Real> = LazyLock::new(|| {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: "client_fuzz".to_owned(),
        aud: Audience::One(ISSUER.to_owned()),
        exp: 2_000_000_000,
        iat: 1_900_000_000,
        nbf: None,
        jti: "0.fuzz".to_owned(),
        client_id: "client_fuzz".to_owned(),
        scope: "protected".to_owned(),
        tenant_id: "default".to_owned(),
    };
    let signing_key = SigningKey::from_pem(&SIGNING_KEY.into()).unwrap();
    Real {
        token: signing_key.sign(&claims).unwrap(),
        kid: signing_key.kid().to_owned(),
        key: DecodingKey::from_jwk(signing_key.public_jwk()).unwrap(),
        claims,
    }
});

fn read(token: &str, algorithm: Algorithm) -> Result<Claims, &'static str> {
    verification::signed_claims(token, &REAL.key, algorithm, ISSUER)
}

fuzz_target!(
    init: {
        assert_eq!(verification::key_id(&REAL.token).as_ref(), Ok(&REAL.kid));
        assert_eq!(read(&REAL.token, Algorithm::Rs256).as_ref(), Ok(&REAL.claims));
    },
    |input: &[u8]| {
        let Ok(token) = str::from_utf8(input) else { return };
        if let Ok(kid) = verification::key_id(token) {
            is_plain_header(token, &kid);
        }
        let accepted = read(token, Algorithm::Rs256);
        assert_eq!(accepted.is_ok(), token == REAL.token);
        assert!(read(token, Algorithm::Es256).is_err(), "an RSA key verified ES256");
    }
);

/// A header whose `kid` is looked up says three things and no other.
fn is_plain_header(token: &str, kid: &str) {
    let (header, _) = token.split_once('.').unwrap();
    let header = URL_SAFE_NO_PAD.decode(header).unwrap();
    let mut header: BTreeMap<String, Value> = serde_json::from_slice(&header).unwrap();
    assert!(
        header
            .remove("alg")
            .is_some_and(|algorithm| algorithm != "none")
    );
    assert_eq!(header.remove("typ"), Some("at+jwt".into()));
    assert_eq!(header.remove("kid"), Some(kid.into()));
    assert!(
        header.values().all(Value::is_null),
        "{header:?} was let through"
    );
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut choices = Choices(seed);
    let start = if choices.below(4) == 0 {
        REAL.token.as_bytes()
    } else {
        &data[..size]
    };
    let mutated = match choices.below(3) {
        0 => Some(mutate(start)),
        1 => change_part(start, &mut choices),
        _ => slip_in(start, &mut choices),
    };
    let mutated = mutated.unwrap_or_else(|| mutate(start));
    put(data, &mutated, max_size)
});

fn parts(token: &[u8]) -> Vec<Vec<u8>> {
    token
        .split(|byte| *byte == b'.')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Changes header, claims or signature beneath their encoding. `None` if it is not encoded.
fn change_part(token: &[u8], choices: &mut Choices) -> Option<Vec<u8>> {
    let mut parts = parts(token);
    let position = choices.below(parts.len());
    let part = parts.get_mut(position)?;
    let decoded = URL_SAFE_NO_PAD.decode(&*part).ok()?;
    *part = URL_SAFE_NO_PAD.encode(mutate(&decoded)).into_bytes();
    Some(parts.join(&b'.'))
}

/// Puts something before or after header, claims or signature.
fn slip_in(token: &[u8], choices: &mut Choices) -> Option<Vec<u8>> {
    let mut parts = parts(token);
    let position = choices.below(parts.len());
    let part = parts.get_mut(position)?;
    let end = if choices.below(2) == 0 { 0 } else { part.len() };
    part.splice(end..end, mutate(b""));
    Some(parts.join(&b'.'))
}
