//! Private keys: made, written, read. The `rsa` crate does no more than that; it never signs, since
//! the time that it takes tells about the key (RUSTSEC-2023-0071).

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{DecodingKey, EncodingKey, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, SecretDocument};
use rsa::traits::PublicKeyParts;
use secrecy::{ExposeSecret, SecretString};

use super::claims::Claims;
use super::provider;

/// Bits of an RSA key that is made here, and the fewest of one that is brought along.
const RSA_BITS: usize = 2048;

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// Its name in a JWT's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    pub(super) fn jwt(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        }
    }
}

/// Why a key was not made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// It is no private key of a kind that is supported.
    #[error("{0}")]
    Unusable(String),
    /// The file system would not.
    #[error("{path}: {error}")]
    File {
        /// Which file or folder.
        path: String,
        /// What went wrong.
        error: std::io::Error,
    },
}

/// A private key that can sign.
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    encoding_key: EncodingKey,
    public_jwk: Jwk,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

fn unusable(error: impl std::fmt::Display) -> SigningKeyError {
    SigningKeyError::Unusable(error.to_string())
}

impl SigningKey {
    /// Makes a key, as PEM text in PKCS#8.
    pub fn generate(algorithm: Algorithm) -> Result<SecretString, SigningKeyError> {
        let document = match algorithm {
            Algorithm::Rs256 => {
                let key =
                    RsaPrivateKey::new(&mut rsa::rand_core::OsRng, RSA_BITS).map_err(unusable)?;
                key.to_pkcs8_der().map_err(unusable)?
            }
            Algorithm::Es256 => {
                let random = SystemRandom::new();
                let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                    .map_err(unusable)?;
                SecretDocument::try_from(key.as_ref()).map_err(unusable)?
            }
        };
        let pem = document
            .to_pem("PRIVATE KEY", LineEnding::LF)
            .map_err(unusable)?;
        Ok(pem.as_str().to_owned().into())
    }

    /// Reads a key from PEM text: RSA in PKCS#8 or PKCS#1, or P-256 in PKCS#8 or SEC1.
    pub fn from_pem(pem: &SecretString) -> Result<Self, SigningKeyError> {
        provider::install();
        let text = pem.expose_secret();
        let rsa = RsaPrivateKey::from_pkcs8_pem(text)
            .ok()
            .or_else(|| RsaPrivateKey::from_pkcs1_pem(text).ok());
        let (algorithm, encoding_key) = match rsa {
            Some(key) if key.n().bits() < RSA_BITS => {
                return Err(unusable(format!(
                    "an RSA key needs at least {RSA_BITS} bits"
                )));
            }
            Some(key) => {
                let der = key.to_pkcs1_der().map_err(unusable)?;
                (Algorithm::Rs256, EncodingKey::from_rsa_der(der.as_bytes()))
            }
            None => (
                Algorithm::Es256,
                EncodingKey::from_ec_der(&p256_pkcs8(text)?),
            ),
        };
        let mut public_jwk =
            Jwk::from_encoding_key(&encoding_key, algorithm.jwt()).map_err(unusable)?;
        let kid = public_jwk
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(unusable)?;
        public_jwk.common.key_id = Some(kid.clone());
        public_jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            kid,
            algorithm,
            encoding_key,
            public_jwk,
        })
    }

    /// The RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its public half (RFC 7517).
    pub fn public_jwk(&self) -> &Jwk {
        &self.public_jwk
    }

    /// Whether this PEM text is its public half: RSA or P-256, as SubjectPublicKeyInfo or PKCS#1.
    pub fn has_public_half(&self, pem: &str) -> bool {
        let read = match self.algorithm {
            Algorithm::Rs256 => DecodingKey::from_rsa_pem(pem.as_bytes()),
            Algorithm::Es256 => DecodingKey::from_ec_pem(pem.as_bytes()),
        };
        read.and_then(|key| Jwk::from_decoding_key(&key, Some(self.algorithm.jwt())))
            .and_then(|jwk| jwk.thumbprint(ThumbprintHash::SHA256))
            .is_ok_and(|kid| kid == self.kid)
    }

    /// Signs an access token (RFC 9068 section 2.1).
    pub fn sign(&self, claims: &Claims) -> Result<String, SigningKeyError> {
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(self.algorithm.jwt())
        };
        jsonwebtoken::encode(&header, claims, &self.encoding_key).map_err(unusable)
    }
}

fn p256_pkcs8(pem: &str) -> Result<Vec<u8>, SigningKeyError> {
    let expected = "not a private key in PEM form: RSA or P-256 (PKCS#8, PKCS#1 or SEC1)";
    let (_, document) = SecretDocument::from_pem(pem).map_err(|_| unusable(expected))?;
    let der = document.as_bytes();
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
        .map_err(|_| unusable(expected))?;
    Ok(pair.to_pkcs8v1().map_err(unusable)?.as_ref().to_vec())
}

/// The folder that private keys are kept in, one PEM file each, named by `kid`.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// A folder, which need not exist yet.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Reads every `*.pem`. A folder that does not exist has none.
    pub fn read(&self) -> Result<Vec<SigningKey>, SigningKeyError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(file_error(&self.0, error)),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| file_error(&self.0, error))?.path();
            if path.extension().is_some_and(|extension| extension == "pem") {
                let text = match fs::read_to_string(&path) {
                    Ok(text) => text,
                    // Another replica that shares the folder has removed it since it was listed.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(file_error(&path, error)),
                };
                let key = SigningKey::from_pem(&text.into())
                    .map_err(|error| unusable(format!("{}: {error}", path.display())))?;
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Writes a key that only this user can read, and returns it with its path. The file appears
    /// whole or not at all.
    pub fn write(&self, pem: &SecretString) -> Result<(SigningKey, PathBuf), SigningKeyError> {
        let key = SigningKey::from_pem(pem)?;
        let mut folder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(folder.recursive(true), 0o700);
        folder
            .create(&self.0)
            .map_err(|error| file_error(&self.0, error))?;
        let path = self.path(key.kid());
        let unfinished = path.with_extension("new");
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            file.write_all(pem.expose_secret().as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            fs::File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| file_error(&path, error))?;
        Ok((key, path))
    }

    /// Removes the private half of a key that will not sign again.
    pub fn remove(&self, kid: &str) -> Result<(), SigningKeyError> {
        let path = self.path(kid);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(file_error(&path, error))
            }
            _ => Ok(()),
        }
    }

    /// Files that others than this user can read, with their modes.
    pub fn exposed(&self) -> Result<Vec<(PathBuf, u32)>, SigningKeyError> {
        let mut exposed = Vec::new();
        let Ok(entries) = fs::read_dir(&self.0) else {
            return Ok(exposed);
        };
        for entry in entries {
            let path = entry.map_err(|error| file_error(&self.0, error))?.path();
            let metadata = fs::metadata(&path).map_err(|error| file_error(&path, error))?;
            let mode = metadata.permissions().mode() & 0o777;
            let ending = path.extension();
            let is_key = ending.is_some_and(|ending| ending == "pem" || ending == "key");
            if is_key && mode & 0o077 != 0 {
                exposed.push((path, mode));
            }
        }
        Ok(exposed)
    }

    /// Where the folder is.
    pub fn location(&self) -> &Path {
        &self.0
    }

    fn path(&self, kid: &str) -> PathBuf {
        self.0.join(format!("{kid}.pem"))
    }
}

fn file_error(path: &Path, error: std::io::Error) -> SigningKeyError {
    SigningKeyError::File {
        path: path.display().to_string(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_both_kinds_are_made_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(&folder.path().join("keys"));
        assert!(keys.read().unwrap().is_empty());
        for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
            let pem = SigningKey::generate(algorithm).unwrap();
            let (key, path) = keys.write(&pem).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
            let again = SigningKey::from_pem(&pem).unwrap();
            assert_eq!(again.kid(), key.kid());
            let jwk = serde_json::to_value(key.public_jwk()).unwrap();
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(jwk.get(private).is_none(), "{private}");
            }
        }
        assert_eq!(keys.read().unwrap().len(), 2);
        assert!(keys.exposed().unwrap().is_empty());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for text in [
            "",
            "secret words",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            let error = SigningKey::from_pem(&text.to_owned().into())
                .unwrap_err()
                .to_string();
            assert!(error.contains("PEM form"), "{error}");
            assert!(!error.contains("secret words"));
        }
    }

    #[test]
    fn a_short_rsa_key_is_refused() {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
        let pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .unwrap()
            .as_str()
            .to_owned();
        assert!(
            SigningKey::from_pem(&pem.into())
                .unwrap_err()
                .to_string()
                .contains("2048")
        );
    }
}
