//! What follows from the settings, for the parts of a running Ambit.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{AppError, OWN_RESOURCES};
use crate::actions::Datasets;
use crate::clients::Rules;
use crate::config::{self, DatabaseUrl, Finding, Judged, Settings, SigningAlgorithm};
use crate::model::Resource;
use crate::oauth::client_auth::METHODS;
use crate::oauth::grants::GRANTS;
use crate::oauth::resources::Resources;
use crate::oauth::token::{Algorithm, KeyError, KeyPolicy, SigningKey};
use crate::secrets;
use crate::storage::{Address, Store};
use crate::warehouse::{self, OpenError};

/// How long reading one table for a dataset may take, at most.
const DATASET_TIME: Duration = Duration::from_secs(60);

/// Where the settings say that the database is. Nothing is made.
pub fn database_address(settings: &Settings) -> Address {
    match &settings.database.url {
        DatabaseUrl::Postgres(url) => Address::Postgres(url.clone()),
        DatabaseUrl::Sqlite(path) => Address::Sqlite(path.clone()),
    }
}

/// Makes the folder of an embedded database.
pub fn make_database_folder(settings: &Settings) -> Result<(), AppError> {
    let DatabaseUrl::Sqlite(path) = &settings.database.url else {
        return Ok(());
    };
    let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) else {
        return Ok(());
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| AppError::Io {
            what: folder.display().to_string(),
            error,
        })
}

/// The warehouse, and what is remembered of it.
pub(super) async fn datasets(
    settings: &Settings,
    store: Arc<Store>,
) -> Result<Datasets, OpenError> {
    let settings = &settings.warehouse;
    let limits = warehouse::Limits {
        rows: settings.analysis_rows,
        bytes: usize::MAX,
        time: DATASET_TIME,
    };
    let warehouse = warehouse::open(settings).await?;
    Ok(Datasets::new(warehouse, store, limits, settings.cache))
}

/// What checking secrets may cost.
pub(super) fn secret_limits(settings: &Settings) -> secrets::Limits {
    let limits = &settings.limits;
    secrets::Limits {
        argon2_threads: limits.argon2_threads,
        argon2_queue: limits.argon2_queue,
        failures_per_client: limits.failures_per_client,
        failures_per_address: limits.failures_per_address,
        verified_secret_lifetime: limits.verified_secret_lifetime,
    }
}

/// What clients are held to.
pub(super) fn rules(settings: &Settings) -> Rules {
    let longest = settings.tokens.access_token_lifetime_max.as_secs();
    Rules {
        grant_types: GRANTS.iter().map(|grant| grant.grant_type()).collect(),
        authentication_methods: METHODS.iter().map(|method| method.name).collect(),
        longest_token_lifetime: u32::try_from(longest).unwrap_or(u32::MAX),
    }
}

/// What tokens may be for.
pub(super) fn resources(settings: &Settings, issuer: &str) -> Result<Resources, AppError> {
    let parse = |text: &str| {
        Resource::parse(text).map_err(|error| AppError::Resource(text.to_owned(), error))
    };
    let all = |texts: &[String]| {
        texts
            .iter()
            .map(|text| parse(text))
            .collect::<Result<Vec<_>, _>>()
    };
    let own = OWN_RESOURCES
        .iter()
        .map(|name| parse(&format!("{issuer}/{name}")));
    Ok(Resources::new(
        parse(issuer)?,
        own.collect::<Result<_, _>>()?,
        all(&settings.tokens.resources)?,
        all(&settings.keys.es256_resources)?,
    ))
}

/// Host and port of the public base address.
pub(super) fn host(issuer: &str) -> String {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

/// How keys are made and kept.
pub(super) fn key_policy(settings: &Settings) -> KeyPolicy {
    KeyPolicy {
        algorithm: match settings.keys.signing_algorithm {
            SigningAlgorithm::Rs256 => Algorithm::Rs256,
            SigningAlgorithm::Es256 => Algorithm::Es256,
        },
        some_es256: !settings.keys.es256_resources.is_empty(),
        cache: settings.keys.jwks_cache,
        rotation: settings.keys.rotation_interval,
        longest_token_lifetime: settings.tokens.access_token_lifetime_max,
    }
}

/// What is wrong with the keys that the settings bring along, for
/// [`Checks`](crate::config::Checks).
pub fn check_keys(keys: &config::Keys) -> Vec<Finding> {
    let Some(pem) = &keys.private_key else {
        return Vec::new();
    };
    let found = |setting, problem: &str| Finding::new(setting, problem);
    let key = match SigningKey::from_pem(pem) {
        Ok(key) => key,
        Err(error) => return vec![found(Judged::PrivateKey, &format!("cannot sign: {error}"))],
    };
    let wants_es256 =
        keys.signing_algorithm == SigningAlgorithm::Es256 || !keys.es256_resources.is_empty();
    let unfit = (wants_es256 && key.algorithm() != Algorithm::Es256).then(|| {
        let problem = "must be a P-256 key, not an RSA one, since the settings ask for ES256";
        found(Judged::PrivateKey, problem)
    });
    let public = keys.public_key.as_ref();
    let stranger = public
        .is_some_and(|public| !key.has_public_half(public))
        .then(|| {
            let problem = "must be the public half of the private key; without it, it is derived";
            found(Judged::PublicKey, problem)
        });
    unfit.into_iter().chain(stranger).collect()
}

/// The key that the settings bring along, if they do.
pub(super) fn brought_key(keys: &config::Keys) -> Result<Option<SigningKey>, AppError> {
    if let Some(finding) = check_keys(keys).into_iter().next() {
        return Err(finding.into());
    }
    let pem = keys.private_key.as_ref();
    let key = pem.map(SigningKey::from_pem).transpose();
    Ok(key.map_err(KeyError::from)?)
}
