//! Argon2id on a bounded number of threads.

use argon2::password_hash::phc::Output;
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, PasswordHasher, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::model::random_token;
use crate::work::{Rejected, WorkPool};

/// Memory in KiB, passes and lanes: OWASP's recommendation for Argon2id (19 MiB, t=2, p=1).
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The same memory, in blocks of Argon2's.
const BLOCKS: usize = 19 * 1024;
/// The stack of a verification, in bytes: its memory, twice where nothing is optimized, and some more.
const STACK: usize = 2 * BLOCKS * Block::SIZE + 1024 * 1024;

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
                let presented = secret.expose_secret().as_bytes();
                verify(presented, hash.expose_secret()).unwrap_or(false)
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

/// Whether the secret is the one that was hashed; `None` if there is no such hash.
fn verify(presented: &[u8], hash: &str) -> Option<bool> {
    let hash = PasswordHash::new(hash).ok()?;
    let (salt, expected) = (hash.salt?, hash.hash?);
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash
        .version
        .map_or(Ok(Version::V0x13), Version::try_from)
        .ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
    let mut digest = [0; Output::MAX_LENGTH];
    let digest = digest.get_mut(..expected.len())?;
    digest_into(&argon2, presented, &salt, digest).ok()?;
    // Compared in constant time.
    Some(Output::new(digest).ok()? == expected)
}

/// The memory stands on a stack of its own, which goes back to the system with the last frame on it. A
/// heap would keep it for the next secret, which may never come.
fn digest_into(
    argon2: &Argon2<'_>,
    secret: &[u8],
    salt: &[u8],
    digest: &mut [u8],
) -> argon2::Result<()> {
    if argon2.params().block_count() > BLOCKS {
        return argon2.hash_password_into(secret, salt, digest);
    }
    stacker::grow(STACK, || {
        let mut memory = [Block::new(); BLOCKS];
        argon2.hash_password_into_with_memory(secret, salt, digest, memory.as_mut_slice())
    })
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
