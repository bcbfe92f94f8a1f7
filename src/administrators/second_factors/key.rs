//! The key under which the secrets of authenticator apps are kept, so that whoever has the database
//! alone has no second factor.
//!
//! It is never in the database. It comes from the setting `admin.second_factor_key`; without that, it is
//! a file in the folder of the signing keys, made when the first app is added, and only then. Replicas
//! that share a database need the same one: they share the folder, or are given the setting. A sealed
//! text names the key that sealed it, so that a server with another key says so, and does not call a
//! right code wrong.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::model::{parse_key, random_token};

/// The file in the folder of the signing keys.
const FILE: &str = "second_factors.key";
const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 12;
/// What sets the sealing key apart from its name.
const SEAL: &[u8] = b"ambit second factors: seal";
const NAME: &[u8] = b"ambit second factors: name";

/// Why nothing was sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum FactorKeyError {
    /// The file cannot be read or written.
    #[error("the key of second factors, {path}: {error}")]
    File {
        /// Which file.
        path: String,
        /// What went wrong.
        error: std::io::Error,
    },
    /// The file or the setting has no key in it.
    #[error("{0} is no key of second factors: it must be 32 random bytes in Base64")]
    NotAKey(String),
    /// This server has another key, or none.
    #[error(
        "this server has not the key that sealed this second factor: give every replica the same \
         admin.second_factor_key, or the same keys folder"
    )]
    AnotherKey,
    /// What is sealed was changed, or is not this administrator's.
    #[error("a second factor in the database cannot be opened")]
    Damaged,
}

/// Where the key is kept, and the key once it was needed.
pub struct FactorKeys {
    given: Option<SecretString>,
    path: PathBuf,
    loaded: OnceLock<FactorKey>,
}

struct FactorKey {
    name: String,
    sealing: Vec<u8>,
}

impl FactorKeys {
    /// The key from the settings, or else the one in the folder. Nothing is read yet.
    pub fn new(given: Option<SecretString>, folder: &Path) -> Self {
        Self {
            given,
            path: folder.join(FILE),
            loaded: OnceLock::new(),
        }
    }

    /// Seals a text for an administrator. Makes the key if there is none, unless something was sealed
    /// before: then it is lost, and another one beside it would only hide that.
    pub(super) fn seal(
        &self,
        username: &str,
        text: &[u8],
        is_first: bool,
    ) -> Result<String, FactorKeyError> {
        let key = match self.key()? {
            Some(key) => key,
            None if is_first => self.key_or_made()?,
            None => return Err(FactorKeyError::AnotherKey),
        };
        let mut bytes = text.to_vec();
        let nonce = key
            .sealing()?
            .seal_in_place_append_tag(Aad::from(username.as_bytes()), &mut bytes)
            .map_err(|_| FactorKeyError::Damaged)?;
        let sealed = [nonce.as_ref().as_slice(), bytes.as_slice()].concat();
        Ok(format!("{}.{}", key.name, URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// How many of these sealed texts another key has sealed than this server's.
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn strange(&self, sealed: &[String]) -> Result<usize, FactorKeyError> {
        let key = self.key()?;
        let own = |text: &&String| {
            let name = text.split_once('.').map(|(name, _)| name);
            key.is_some_and(|key| name == Some(key.name.as_str()))
        };
        Ok(sealed
            .len()
            .saturating_sub(sealed.iter().filter(own).count()))
    }

    /// Opens what was sealed for an administrator.
    pub(super) fn open(&self, username: &str, sealed: &str) -> Result<Vec<u8>, FactorKeyError> {
        let (name, text) = sealed.split_once('.').ok_or(FactorKeyError::Damaged)?;
        let key = self.key()?.ok_or(FactorKeyError::AnotherKey)?;
        if key.name != name {
            return Err(FactorKeyError::AnotherKey);
        }
        let damaged = |_| FactorKeyError::Damaged;
        let mut bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| FactorKeyError::Damaged)?;
        let (nonce, text) = bytes
            .split_at_mut_checked(NONCE_LENGTH)
            .ok_or(FactorKeyError::Damaged)?;
        let nonce =
            <&[u8; NONCE_LENGTH]>::try_from(&*nonce).map_err(|_| FactorKeyError::Damaged)?;
        let aad = Aad::from(username.as_bytes());
        let opened = key.sealing()?.open_in_place(nonce.into(), aad, text);
        Ok(opened.map_err(damaged)?.to_vec())
    }

    /// The key, if there is one.
    fn key(&self) -> Result<Option<&FactorKey>, FactorKeyError> {
        if let Some(key) = self.loaded.get() {
            return Ok(Some(key));
        }
        let (text, origin) = match &self.given {
            Some(given) => (given.clone(), "admin.second_factor_key".to_owned()),
            None => match fs::read_to_string(&self.path) {
                Ok(text) => (text.into(), self.path.display().to_string()),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(self.failed(error)),
            },
        };
        let bytes = parse_key(text.expose_secret()).ok_or(FactorKeyError::NotAKey(origin))?;
        Ok(Some(self.loaded.get_or_init(|| FactorKey::new(&bytes))))
    }

    fn key_or_made(&self) -> Result<&FactorKey, FactorKeyError> {
        if let Some(key) = self.key()? {
            return Ok(key);
        }
        match self.make() {
            Ok(()) => {}
            // Another replica that shares the folder was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(self.failed(error)),
        }
        self.key()?.ok_or(FactorKeyError::AnotherKey)
    }

    /// Writes a fresh key that only this user can read. The file appears whole or not at all, and
    /// replaces none.
    fn make(&self) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut made = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(made.recursive(true), 0o700);
        made.create(folder)?;
        // Files of this crate are for their owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", random_token::<KEY_LENGTH>())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&self.path)
            .map_err(|refused| refused.error)?;
        fs::File::open(folder)?.sync_all()?;
        let path = self.path.display().to_string();
        tracing::info!(%path, "the key of second factors was made; back it up, and give it to every replica");
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> FactorKeyError {
        FactorKeyError::File {
            path: self.path.display().to_string(),
            error,
        }
    }
}

impl FactorKey {
    fn new(bytes: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derive = |purpose| hmac::sign(&key, purpose).as_ref().to_vec();
        let mut name = URL_SAFE_NO_PAD.encode(derive(NAME));
        name.truncate(12);
        Self {
            name,
            sealing: derive(SEAL),
        }
    }

    fn sealing(&self) -> Result<RandomizedNonceKey, FactorKeyError> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.sealing).map_err(|_| FactorKeyError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn what_one_replica_seals_another_opens_with_the_same_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (one, other) = (FactorKeys::new(None, &path), FactorKeys::new(None, &path));
        assert!(matches!(
            one.open("a", "x.y"),
            Err(FactorKeyError::AnotherKey)
        ));
        let sealed = one.seal("a", b"secret", true).unwrap();
        assert_eq!(other.open("a", &sealed).unwrap(), b"secret");
        let mode = fs::metadata(path.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // Nobody's secret is put in another's place.
        assert!(matches!(
            other.open("b", &sealed),
            Err(FactorKeyError::Damaged)
        ));
        assert_ne!(one.seal("a", b"secret", true).unwrap(), sealed);
    }

    #[test]
    fn another_key_is_told_from_damage() {
        let folder = tempfile::tempdir().unwrap();
        let given = |byte: u8| {
            let key = STANDARD.encode([byte; KEY_LENGTH]);
            FactorKeys::new(Some(key.into()), folder.path())
        };
        let sealed = given(1).seal("a", b"secret", true).unwrap();
        assert_eq!(given(1).open("a", &sealed).unwrap(), b"secret");
        assert!(matches!(
            given(2).open("a", &sealed),
            Err(FactorKeyError::AnotherKey)
        ));
        assert_eq!(given(1).strange(std::slice::from_ref(&sealed)).unwrap(), 0);
        assert_eq!(given(2).strange(std::slice::from_ref(&sealed)).unwrap(), 1);
        let cut = &sealed[..sealed.len() - 2];
        assert!(matches!(
            given(1).open("a", cut),
            Err(FactorKeyError::Damaged)
        ));
        // None is made where one was lost.
        let lost = FactorKeys::new(None, folder.path());
        assert!(matches!(
            lost.seal("a", b"secret", false),
            Err(FactorKeyError::AnotherKey)
        ));
        assert_eq!(lost.strange(&[sealed]).unwrap(), 1);
        assert!(!folder.path().join(FILE).exists());
    }
}
