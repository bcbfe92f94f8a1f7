//! Settings that are only understood further up: keys that must sign, certificates that must serve.
//! Whoever understands them hands in a check, so that what it finds is reported with all the rest.

use super::definition::Definition;
use super::{Keys, Tls, keys, server};

/// A setting that is judged further up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// `keys.private_key`
    PrivateKey,
    /// `keys.public_key`
    PublicKey,
    /// `server.tls.certificate_file`
    TlsCertificateFile,
    /// `server.tls.key_file`
    TlsKeyFile,
}

impl Judged {
    pub(super) fn definition(self) -> &'static Definition {
        match self {
            Self::PrivateKey => &keys::PRIVATE_KEY.definition,
            Self::PublicKey => &keys::PUBLIC_KEY.definition,
            Self::TlsCertificateFile => &server::TLS_CERTIFICATE_FILE.definition,
            Self::TlsKeyFile => &server::TLS_KEY_FILE.definition,
        }
    }
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}", name = setting.definition().name)]
pub struct Finding {
    /// Which setting.
    pub setting: Judged,
    /// What is wrong, in words that follow its name. It never repeats a secret.
    pub problem: String,
}

impl Finding {
    /// Something wrong with a setting.
    pub fn new(setting: Judged, problem: impl Into<String>) -> Self {
        Self {
            setting,
            problem: problem.into(),
        }
    }
}

/// What else [`super::load`] asks of settings that can be read.
#[derive(Clone, Copy)]
pub struct Checks {
    /// What is wrong with keys that were brought along.
    pub keys: fn(&Keys) -> Vec<Finding>,
    /// What is wrong with the files of the certificate.
    pub tls: fn(&Tls) -> Vec<Finding>,
}

impl Checks {
    /// Nothing more: for what neither signs nor serves.
    pub const NONE: Self = Self {
        keys: |_| Vec::new(),
        tls: |_| Vec::new(),
    };
}
