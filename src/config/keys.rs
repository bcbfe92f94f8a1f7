//! `[keys]`: the keys that sign tokens.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;

/// How access tokens are signed (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256; the default.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

/// Settings of the signing keys.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The folder that holds the keys; made on first start.
    pub dir: PathBuf,
    /// A signing key given from outside, as PEM text.
    pub private_key: Option<SecretString>,
    /// The public half of `private_key`, as PEM text; never there without it.
    pub public_key: Option<String>,
    /// The algorithm of tokens for resources that are not in `es256_resources`.
    pub signing_algorithm: SigningAlgorithm,
    /// Resource identifiers whose tokens are signed with ES256.
    pub es256_resources: Vec<String>,
    /// How long others may keep a copy of `/jwks`.
    pub jwks_cache: Duration,
    /// How old the signing key becomes before the next one takes over; `None` means any age.
    pub rotation_interval: Option<Duration>,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "keys",
    about: "The keys that sign tokens.",
    settings: &[
        &DIR.definition,
        &PRIVATE_KEY.definition,
        &PUBLIC_KEY.definition,
        &SIGNING_ALGORITHM.definition,
        &ES256_RESOURCES.definition,
        &JWKS_CACHE.definition,
        &ROTATION_INTERVAL.definition,
    ],
};

static DIR: Setting<PathBuf> = Setting {
    definition: Definition {
        name: "keys.dir",
        environment: &["AMBIT_KEYS_DIR"],
        flag: Some("--keys-dir"),
        fallback: Fallback::Text("keys"),
        meaning: "The folder that holds the signing keys. Made on first start, files 0600.",
        example: "/var/lib/ambit/keys",
        ..Definition::TEXT
    },
    parse: parse::path,
};

pub(super) static PRIVATE_KEY: Setting<SecretString> = Setting {
    definition: Definition {
        name: "keys.private_key",
        environment: &["AMBIT_PRIVATE_KEY", "JWT_PRIVATE_KEY"],
        fallback: Fallback::Nothing("none: keys are made in the folder"),
        meaning: "A signing key given from outside, as PEM text. Line breaks may be written `\\n`.",
        example: "-----BEGIN PRIVATE KEY-----\\nMIIE...\\n-----END PRIVATE KEY-----",
        ..Definition::SECRET
    },
    parse: private_key,
};

pub(super) static PUBLIC_KEY: Setting<String> = Setting {
    definition: Definition {
        name: "keys.public_key",
        environment: &["AMBIT_PUBLIC_KEY", "JWT_PUBLIC_KEY"],
        fallback: Fallback::Nothing("derived from the private key"),
        meaning: "The public half of the private key, as PEM text. Only together with it.",
        example: "-----BEGIN PUBLIC KEY-----\\nMIIB...\\n-----END PUBLIC KEY-----",
        ..Definition::TEXT
    },
    parse: public_key,
};

static SIGNING_ALGORITHM: Setting<SigningAlgorithm> = Setting {
    definition: Definition {
        name: "keys.signing_algorithm",
        environment: &["AMBIT_SIGNING_ALGORITHM"],
        fallback: Fallback::Text("RS256"),
        meaning: "How access tokens are signed: `RS256`, or `ES256` for ten times the rate.",
        example: "ES256",
        ..Definition::TEXT
    },
    parse: |text| match text {
        "RS256" => Ok(SigningAlgorithm::Rs256),
        "ES256" => Ok(SigningAlgorithm::Es256),
        _ => Err("must be RS256 or ES256".to_owned()),
    },
};

static ES256_RESOURCES: Setting<String> = Setting {
    definition: Definition {
        name: "keys.es256_resources",
        environment: &["AMBIT_ES256_RESOURCES"],
        meaning: "Resource identifiers whose tokens are signed with ES256, whatever the rest is \
                  signed with.",
        example: "https://api.example.com",
        ..Definition::LIST
    },
    parse: parse::resource,
};

static JWKS_CACHE: Setting<Duration> = Setting {
    definition: Definition {
        name: "keys.jwks_cache_seconds",
        environment: &["AMBIT_JWKS_CACHE_SECONDS"],
        fallback: Fallback::Text("300"),
        meaning: "How long others may keep a copy of `/jwks`, in seconds. A new key is published \
                  this long before it signs.",
        example: "60",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 0..=86_400),
};

static ROTATION_INTERVAL: Setting<Option<Duration>> = Setting {
    definition: Definition {
        name: "keys.rotation_interval_days",
        environment: &["AMBIT_ROTATION_INTERVAL_DAYS"],
        fallback: Fallback::Text("90"),
        meaning: "How old the signing key becomes before the next one takes over, in days; 0 \
                  means that it is never replaced by itself.",
        example: "30",
        ..Definition::NUMBER
    },
    parse: |text| parse::days_or_never(text, 0..=3650),
};

impl Keys {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let dir = reader.one(&DIR);
        let private_key = reader.optional(&PRIVATE_KEY);
        let public_key = reader.optional(&PUBLIC_KEY);
        let signing_algorithm = reader.one(&SIGNING_ALGORITHM);
        let es256_resources = reader.list(&ES256_RESOURCES);
        let jwks_cache = reader.one(&JWKS_CACHE);
        let rotation_interval = reader.one(&ROTATION_INTERVAL);
        let (private_key, public_key) = (private_key?, public_key?);
        if public_key.is_some() && private_key.is_none() {
            let problem = "must be set too, since a public key is";
            return Err(reader.mistake(&PRIVATE_KEY.definition, problem));
        }
        let keys = Self {
            dir: dir?,
            private_key,
            public_key,
            signing_algorithm: signing_algorithm?,
            es256_resources: es256_resources?,
            jwks_cache: jwks_cache?,
            rotation_interval: rotation_interval?,
        };
        reader.examine(|checks| (checks.keys)(&keys))?;
        Ok(keys)
    }
}

pub(super) fn private_key(text: &str) -> Result<SecretString, String> {
    if text.contains("ENCRYPTED") {
        return Err("must be a private key without a passphrase".to_owned());
    }
    pem(text, "PRIVATE KEY-----").map(SecretString::from)
}

fn public_key(text: &str) -> Result<String, String> {
    pem(text, "PUBLIC KEY-----")
}

/// PEM text whose first and last line end in `label`, with real line breaks.
///
/// Hosts that keep a variable on one line turn line breaks into a backslash and an n.
fn pem(text: &str, label: &str) -> Result<String, String> {
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let text = text.trim();
    let bounded = |line: Option<&str>, mark: &str| {
        line.map(str::trim)
            .is_some_and(|line| line.starts_with(mark) && line.ends_with(label))
    };
    let first = bounded(text.lines().next(), "-----BEGIN ");
    let last = bounded(text.lines().next_back(), "-----END ");
    if first && last && text.lines().count() > 2 {
        Ok(format!("{text}\n"))
    } else {
        Err(format!(
            "must be PEM text, whose first line ends in {label}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn line_breaks_may_be_mangled() {
        let good = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n";
        let mangled = good.replace('\n', "\\n");
        for text in [good, &mangled, &good.replace('\n', "\r\n"), good.trim()] {
            let key = private_key(text).expect("PEM");
            assert_eq!(key.expose_secret().replace('\r', ""), good);
        }
    }

    #[test]
    fn what_is_no_key() {
        for text in [
            "",
            "MIIE",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----",
        ] {
            assert!(private_key(text).is_err(), "{text}");
        }
        assert!(public_key("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----").is_err());
    }
}
