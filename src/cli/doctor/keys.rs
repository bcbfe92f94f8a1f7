//! The keys that sign tokens: are they there, are they private, do they work?

use jsonwebtoken::DecodingKey;
use secrecy::SecretString;

use super::super::context::base_address;
use super::check::Check;
use crate::config::Settings;
use crate::model::{Clock, SystemClock, TenantId};
use crate::oauth::token::{Audience, Claims, KeyFolder, SigningKey, SigningKeyError, verification};

const KEYS: &str = "keys";

/// Looks at the keys in the folder, or at the one from the settings.
pub fn examine(settings: &Settings) -> Vec<Check> {
    if let Some(pem) = &settings.keys.private_key {
        return vec![brought(pem, settings)];
    }
    let folder = KeyFolder::new(&settings.keys.dir);
    let shown = settings.keys.dir.display();
    let keys = match folder.read() {
        Ok(keys) => keys,
        Err(error) => {
            let advice = "Make the files readable for this user, or move what is no key elsewhere.";
            return vec![Check::problem(KEYS, error.to_string(), advice)];
        }
    };
    if keys.is_empty() {
        let advice = "The first start of the server makes one.";
        return vec![Check::warning(
            KEYS,
            format!("there are none in {shown} yet"),
            advice,
        )];
    }
    let broken = keys.iter().find_map(|key| works(key, settings).err());
    let working = match broken {
        Some(problem) => Check::problem(KEYS, problem, "Withdraw it: `ambit keys withdraw KID`."),
        None => Check::ok(
            KEYS,
            format!("{} in {shown}, each signs and verifies", keys.len()),
        ),
    };
    vec![working, permissions(&folder)]
}

fn brought(pem: &SecretString, settings: &Settings) -> Check {
    let advice = "Put another one into the settings.";
    let key = match SigningKey::from_pem(pem) {
        Ok(key) => key,
        Err(error) => return Check::problem(KEYS, error.to_string(), advice),
    };
    match works(&key, settings) {
        Ok(()) => Check::ok(
            KEYS,
            format!("{} from the settings signs and verifies", key.kid()),
        ),
        Err(problem) => Check::problem(KEYS, problem, advice),
    }
}

/// Signs a token that is worth nothing, and verifies it as the server would.
fn works(key: &SigningKey, settings: &Settings) -> Result<(), String> {
    let failed = |what: &str| format!("{} {what}", key.kid());
    let issuer = base_address(settings);
    let now = SystemClock.now().seconds();
    let claims = Claims {
        iss: issuer.clone(),
        sub: "doctor".to_owned(),
        aud: Audience::One("doctor".to_owned()),
        exp: now,
        iat: now,
        nbf: None,
        jti: Claims::token_id(0),
        client_id: "doctor".to_owned(),
        scope: String::new(),
        tenant_id: TenantId::default().as_str().to_owned(),
    };
    let token = key
        .sign(&claims)
        .map_err(|error| failed(&format!("does not sign: {error}")))?;
    let public = DecodingKey::from_jwk(key.public_jwk())
        .map_err(|error| failed(&format!("has no public half: {error}")))?;
    match verification::signed_claims(&token, &public, key.algorithm(), &issuer) {
        Ok(read) if read == claims => Ok(()),
        _ => Err(failed("does not verify what it signs")),
    }
}

fn permissions(folder: &KeyFolder) -> Check {
    const CHECK: &str = "key files";
    let advice = format!(
        "Run `chmod 600 {}/*.pem`. If others could read a key, replace it: `ambit keys rotate`, then \
         `ambit keys withdraw KID`.",
        folder.location().display()
    );
    match folder.exposed() {
        Ok(exposed) if exposed.is_empty() => Check::ok(CHECK, "only this user can read them"),
        Ok(exposed) => {
            let files = exposed
                .iter()
                .map(|(path, mode)| format!("{} is {mode:04o}", path.display()));
            Check::problem(CHECK, files.collect::<Vec<_>>().join(", "), &advice)
        }
        Err(SigningKeyError::File { path, error }) => {
            Check::problem(CHECK, format!("{path}: {error}"), &advice)
        }
        Err(error) => Check::problem(CHECK, error.to_string(), &advice),
    }
}
