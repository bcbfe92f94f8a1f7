//! Argon2id on a bounded number of threads.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::model::random_token;
use crate::work::{Rejected, WorkPool};

/// Memory in KiB, passes and lanes: OWASP's recommendation for Argon2id (19 MiB, t=2, p=1).
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many wait already.
    #[error("too many secrets are being hashed")]
    Busy,
    /// Hashing failed.
    #[error("hashing failed: {0}")]
    Failed(String),
}

impl From<Rejected> for HashError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Full => Self::Busy,
            Rejected::Lost => Self::Failed(rejected.to_string()),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

/// Hashes and verifies, `threads` at a time.
pub struct Hasher {
    pool: WorkPool<()>,
}

impl Hasher {
    /// Starts the threads.
    pub fn start(threads: usize, queue: usize) -> Result<Self, HashError> {
        let pool = WorkPool::start("argon2", threads, queue, || ()).map_err(failed)?;
        Ok(Self { pool })
    }

    /// The PHC string of a new secret.
    pub async fn hash(&self, secret: SecretString) -> Result<SecretString, HashError> {
        self.pool.run(move |()| hash(&secret)).await?
    }

    /// Whether the secret is the one that was hashed.
    pub async fn verify(
        &self,
        secret: SecretString,
        hash: SecretString,
    ) -> Result<bool, HashError> {
        Ok(self
            .pool
            .run(move |()| {
                argon2().is_ok_and(|argon2| {
                    let presented = secret.expose_secret().as_bytes();
                    argon2
                        .verify_password(presented, hash.expose_secret())
                        .is_ok()
                })
            })
            .await?)
    }

    /// How many wait for a thread.
    pub fn waiting(&self) -> usize {
        self.pool.waiting()
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(secret: &SecretString) -> Result<SecretString, HashError> {
    let hash = argon2()?
        .hash_password(secret.expose_secret().as_bytes())
        .map_err(failed)?;
    Ok(hash.to_string().into())
}

/// A well-formed hash that no secret is known to have: checking against it takes as long as against any
/// other.
pub fn hash_of_nothing() -> SecretString {
    // PHC strings are in standard Base64, tokens in the URL-safe alphabet.
    let salt = random_token::<16>().replace('-', "+").replace('_', "/");
    let digest = random_token::<32>().replace('-', "+").replace('_', "/");
    format!("$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}${salt}${digest}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_hashed_as_everything_is() {
        let nothing = hash_of_nothing();
        let nothing = argon2::PasswordHash::new(nothing.expose_secret()).unwrap();
        let something = hash(&"something".to_owned().into()).unwrap();
        let something = argon2::PasswordHash::new(something.expose_secret()).unwrap();
        assert_eq!(nothing.algorithm, something.algorithm);
        assert_eq!(nothing.version, something.version);
        assert_eq!(nothing.params, something.params);
        assert_eq!(nothing.salt.unwrap().len(), something.salt.unwrap().len());
        assert_eq!(nothing.hash.unwrap().len(), something.hash.unwrap().len());
    }

    #[tokio::test]
    async fn only_the_secret_verifies_and_the_parameters_are_owasps() {
        let hasher = Hasher::start(1, 4).unwrap();
        let hash = hasher.hash("right".to_owned().into()).await.unwrap();
        assert!(
            hash.expose_secret()
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
        );
        assert!(
            hasher
                .verify("right".to_owned().into(), hash.clone())
                .await
                .unwrap()
        );
        assert!(
            !hasher
                .verify("wrong".to_owned().into(), hash)
                .await
                .unwrap()
        );
        assert!(
            !hasher
                .verify("right".to_owned().into(), "damaged".to_owned().into())
                .await
                .unwrap()
        );
    }
}
