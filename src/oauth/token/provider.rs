//! Lets jsonwebtoken sign with keys that are parsed once. Its own aws-lc-rs provider parses the RSA
//! key at every signature, which costs as much as signing.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error as SignatureError, Signer};
use jsonwebtoken::{Algorithm, EncodingKey};

/// Makes this the provider that `jsonwebtoken::encode` and `decode` use. Calling it again changes
/// nothing.
pub fn install() {
    static PROVIDER: OnceLock<CryptoProvider> = OnceLock::new();
    let provider = PROVIDER.get_or_init(|| CryptoProvider {
        signer_factory: kept_signer,
        ..DEFAULT_PROVIDER.clone()
    });
    // An error says that it is installed already.
    let _ = provider.install_default();
}

struct KeptRsa(Arc<RsaKeyPair>);

impl Signer<Vec<u8>> for KeptRsa {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, SignatureError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(SignatureError::from_source)?;
        Ok(signature)
    }
}

impl JwtSigner for KeptRsa {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

fn kept_signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    static PARSED: OnceLock<RwLock<HashMap<Vec<u8>, Arc<RsaKeyPair>>>> = OnceLock::new();
    if *algorithm != Algorithm::RS256 {
        return (DEFAULT_PROVIDER.signer_factory)(algorithm, key);
    }
    let parsed = PARSED.get_or_init(RwLock::default);
    let name = digest(&SHA256, key.as_bytes()).as_ref().to_vec();
    if let Some(kept) = parsed
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&name)
    {
        return Ok(Box::new(KeptRsa(Arc::clone(kept))));
    }
    let pair = RsaKeyPair::from_der(key.as_bytes())
        .map_err(|error| ErrorKind::InvalidRsaKey(error.to_string()))?;
    let pair = Arc::new(pair);
    parsed
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(name, Arc::clone(&pair));
    Ok(Box::new(KeptRsa(pair)))
}
