//! Everything that serves a request, built once and handed down.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::actions::{self, ACTIONS, CallLimits, Datasets, Invoker};
use crate::administrators::Administrators;
use crate::audit::Journal;
use crate::clients::{self, Clients, Rules};
use crate::config::{self, DatabaseUrl, Finding, Judged, Settings, SigningAlgorithm};
use crate::metrics::Metrics;
use crate::model::{Clock, InvalidResource, Resource, SystemClock};
use crate::oauth::client_auth::METHODS;
use crate::oauth::grants::GRANTS;
use crate::oauth::resources::Resources;
use crate::oauth::token::{
    self, AccessTokens, Algorithm, KeyError, KeyFolder, KeyPolicy, Keys, SigningKey,
};
use crate::oauth::{BearerTokens, Revocations};
use crate::scopes::{Catalogue, ScopeDefinition};
use crate::secrets::{self, Checker, HashError};
use crate::semantic::{LoadError, SemanticLayer};
use crate::storage::changes::{self, Change, Kind};
use crate::storage::feed::{Feed, Listener};
use crate::storage::{Address, StorageError, Store, idempotent_answers, migrations};
use crate::warehouse::{self, OpenError};

/// Why the application did not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A folder or a thread.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// What went wrong.
        error: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key from the settings.
    #[error(transparent)]
    BroughtKey(#[from] Finding),
    /// Hashing.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A metric.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The warehouse.
    #[error(transparent)]
    Warehouse(#[from] OpenError),
    /// A semantic model.
    #[error(transparent)]
    Semantic(#[from] LoadError),
    /// An action that cannot be served.
    #[error("{0}")]
    Action(String),
    /// A resource in the settings.
    #[error("resource {0:?}: {1}")]
    Resource(String, InvalidResource),
}

/// Names of Ambit's own resources below its issuer. Tokens may be asked for each, and each has metadata
/// of its own (RFC 9728).
pub const OWN_RESOURCES: [&str; 2] = ["mcp", "actions"];

/// The parts of a running Ambit.
pub struct App {
    /// What the operator set.
    pub settings: Settings,
    /// The public base address, byte for byte as in `iss`.
    pub issuer: String,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Counts.
    pub metrics: Metrics,
    /// Reads the database.
    pub store: Arc<Store>,
    /// Writes it, with a record of each change.
    pub journal: Arc<Journal>,
    /// Hears what other replicas changed.
    pub feed: Arc<Feed>,
    /// Checks secrets.
    pub checker: Arc<Checker>,
    /// Knows the scopes.
    pub catalogue: Arc<Catalogue>,
    /// Knows the clients.
    pub clients: Arc<Clients>,
    /// Knows the administrators.
    pub administrators: Arc<Administrators>,
    /// Knows the signing keys.
    pub keys: Arc<Keys>,
    /// Knows the revoked tokens.
    pub revocations: Arc<Revocations>,
    /// Knows the resources.
    pub resources: Arc<Resources>,
    /// Issues and checks tokens.
    pub tokens: Arc<AccessTokens>,
    /// Finds out who presents one.
    pub bearer: Arc<BearerTokens>,
    /// Runs actions.
    pub invoker: Arc<Invoker>,
    reload: Arc<Notify>,
}

/// How often memory is written down and gauges are read.
const TICK: Duration = Duration::from_secs(5);
/// Ticks between two looks at the keys.
const KEYS_EVERY: u32 = 4;
/// Ticks between two clean-ups.
const CLEAN_EVERY: u32 = 120;
/// How long a change stays in the feed. A replica that was away for longer forgets all it knew.
const CHANGES_STAY: Duration = Duration::from_secs(3600);
/// How long an answer is given again under its idempotency key.
const ANSWERS_STAY: Duration = Duration::from_secs(86_400);
/// How long reading one table for a dataset may take, at most.
const DATASET_TIME: Duration = Duration::from_secs(60);

impl App {
    /// Opens the database, bringing its tables up to date, and builds everything over it. `scopes` are
    /// those that the code defines.
    pub async fn open(
        settings: Settings,
        issuer: String,
        scopes: Vec<ScopeDefinition>,
    ) -> Result<Arc<Self>, AppError> {
        // What may be wrong with the settings comes first, so that nothing is left behind.
        let resources = Arc::new(resources(&settings, &issuer)?);
        let brought_key = brought_key(&settings.keys)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let metrics = Metrics::new()?;
        let address = database_address(&settings);
        make_database_folder(&settings)?;
        migrations::run(&mut address.link())?;
        let io = |what: &str| {
            let what = what.to_owned();
            move |error| AppError::Io { what, error }
        };
        let connections = usize::try_from(settings.database.pool_size).unwrap_or(usize::MAX);
        let store = Store::open(address.clone(), connections).map_err(io("database threads"))?;
        let store = Arc::new(store);
        metrics
            .database_pool_size
            .set(i64::from(settings.database.pool_size));
        let unknown_callers = settings.audit.unknown_callers_per_minute;
        let journal = Journal::start(
            &address,
            Arc::clone(&clock),
            metrics.clone(),
            unknown_callers,
        )
        .map_err(io("journal thread"))?;
        let journal = Arc::new(journal);
        let checker = Arc::new(Checker::start(&secret_limits(&settings), metrics.clone())?);
        let catalogue = Arc::new(Catalogue::new(
            scopes,
            Arc::clone(&store),
            Arc::clone(&journal),
            Arc::clone(&clock),
        ));
        let clients = Arc::new(Clients::new(clients::Dependencies {
            store: Arc::clone(&store),
            journal: Arc::clone(&journal),
            clock: Arc::clone(&clock),
            checker: Arc::clone(&checker),
            catalogue: Arc::clone(&catalogue),
            rules: rules(&settings),
        }));
        let administrators = Arc::new(Administrators::new(
            Arc::clone(&store),
            Arc::clone(&journal),
            Arc::clone(&clock),
            Arc::clone(&checker),
        ));
        let revocations = Arc::new(Revocations::new(
            Arc::clone(&store),
            Arc::clone(&journal),
            Arc::clone(&clock),
        ));
        let reload = Arc::new(Notify::new());
        let datasets = Arc::new(datasets(&settings, Arc::clone(&store)).await?);
        let dialect = datasets.warehouse().dialect();
        let folder = Some(settings.warehouse.semantic_dir.as_path());
        let semantics = SemanticLayer::load(&actions::models(), folder, dialect)?;
        let semantics = Arc::new(semantics);
        let hearer = Hearer {
            clients: Arc::clone(&clients),
            revocations: Arc::clone(&revocations),
            datasets: Arc::clone(&datasets),
            reload: Arc::clone(&reload),
        };
        let feed = Arc::new(Feed::start(&address, Arc::new(hearer))?);
        // Read only now: what changes from here on is heard of.
        catalogue.reload().await?;
        let keys = Arc::new(Keys::new(
            KeyFolder::new(&settings.keys.dir),
            brought_key,
            key_policy(&settings),
            Arc::clone(&store),
            Arc::clone(&journal),
            Arc::clone(&clock),
        ));
        let signing_threads = settings.server.workers;
        let tokens = AccessTokens::start(
            token::Dependencies {
                keys: Arc::clone(&keys),
                clients: Arc::clone(&clients),
                revocations: Arc::clone(&revocations),
                feed: Arc::clone(&feed),
                clock: Arc::clone(&clock),
                resources: Arc::clone(&resources),
                lifetime: settings.tokens.access_token_lifetime,
                longest_lifetime: settings.tokens.access_token_lifetime_max,
            },
            signing_threads,
        )
        .map_err(io("signing threads"))?;
        let tokens = Arc::new(tokens);
        let bearer = Arc::new(BearerTokens::new(Arc::clone(&tokens), Arc::clone(&journal)));
        let invoker = Invoker::new(
            ACTIONS,
            actions::Dependencies {
                bearer: Arc::clone(&bearer),
                journal: Arc::clone(&journal),
                store: Arc::clone(&store),
                datasets,
                catalogue: Arc::clone(&catalogue),
                semantics,
                query_limits: warehouse::Limits {
                    rows: settings.warehouse.query_rows,
                    bytes: settings.warehouse.query_bytes,
                    time: settings.warehouse.query_timeout,
                },
                clock: Arc::clone(&clock),
                metrics: metrics.clone(),
            },
            CallLimits {
                per_minute: settings.actions.calls_per_minute,
                at_a_time: settings.actions.calls_at_a_time,
            },
            settings.actions.deadline,
        )
        .map_err(AppError::Action)?;
        Ok(Arc::new(Self {
            settings,
            issuer,
            clock,
            metrics,
            store,
            journal,
            feed,
            checker,
            catalogue,
            clients,
            administrators,
            keys,
            revocations,
            resources,
            tokens,
            bearer,
            invoker: Arc::new(invoker),
            reload,
        }))
    }

    /// Whether requests can be served: the database answers and takes what is written, memory is
    /// fresh, there is a key.
    pub async fn is_ready(&self) -> Result<(), StorageError> {
        let unavailable = |what: &str| Err(StorageError::Unavailable(what.to_owned()));
        // First, as its wait has an end: a database that hangs is not asked anything else.
        self.feed.fresh().await?;
        self.store
            .read(|connection| changes::latest(connection).map(|_| ()))
            .await?;
        if !self.journal.works() {
            return unavailable("the last commit failed");
        }
        if !self.keys.is_ready() {
            return unavailable("there is no signing key");
        }
        Ok(())
    }

    /// Does what is to be done now and then, until it is dropped.
    pub async fn keep_house(&self) {
        let mut ticks: u32 = 0;
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.reload.notified() => self.reload_now().await,
                _ = interval.tick() => {
                    self.read_gauges();
                    warn("last uses", self.clients.flush_uses().await);
                    // It writes, and so finds out that a database which failed to has healed.
                    if ticks.is_multiple_of(KEYS_EVERY) || !self.journal.works() {
                        warn("keys", self.keys.maintain().await);
                        warn("scopes", self.catalogue.reload().await);
                    }
                    if ticks.is_multiple_of(CLEAN_EVERY) {
                        warn("revocations", self.revocations.clean().await);
                        warn("changes", self.forget_changes().await);
                        warn("answers", self.forget_answers().await);
                    }
                    ticks = ticks.wrapping_add(1);
                }
            }
        }
    }

    /// Writes down what is only in memory and stops the journal.
    pub async fn close(&self) {
        warn("last uses", self.clients.flush_uses().await);
        let journal = Arc::clone(&self.journal);
        let _ = tokio::task::spawn_blocking(move || journal.close()).await;
    }

    /// Reads what is only known by looking.
    pub fn read_gauges(&self) {
        let count = |waiting: usize| i64::try_from(waiting).unwrap_or(i64::MAX);
        self.metrics
            .argon2_waiting
            .set(count(self.checker.waiting()));
        self.metrics
            .audit_waiting
            .set(count(self.journal.waiting()));
        self.metrics
            .database_waiting
            .set(count(self.store.waiting()));
        self.metrics
            .database_connections
            .set(count(self.store.connections()));
        self.metrics
            .database_up
            .set(i64::from(self.feed.is_fresh()));
    }

    async fn reload_now(&self) {
        warn("keys", self.keys.reload().await);
        warn("scopes", self.catalogue.reload().await);
    }

    async fn forget_changes(&self) -> Result<(), StorageError> {
        let before = self.clock.now().minus(CHANGES_STAY);
        let effect = move |connection: &mut _| changes::forget(connection, before).map(|_| ());
        self.journal.maintain(effect).await
    }

    async fn forget_answers(&self) -> Result<(), StorageError> {
        let before = self.clock.now().minus(ANSWERS_STAY);
        let effect = move |connection: &mut _| idempotent_answers::forget(connection, before);
        self.journal.maintain(effect).await
    }
}

fn warn<E: std::fmt::Display>(what: &str, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, what, "housekeeping failed and will be tried again");
    }
}

/// Forgets what another replica changed.
struct Hearer {
    clients: Arc<Clients>,
    revocations: Arc<Revocations>,
    datasets: Arc<Datasets>,
    reload: Arc<Notify>,
}

impl Listener for Hearer {
    fn changed(&self, change: &Change) {
        match change.kind {
            Kind::Client => self.clients.forget(&change.subject),
            Kind::Revocation => self.revocations.forget(&change.subject),
            Kind::Keys | Kind::Scopes => self.reload.notify_one(),
            Kind::Datasets => self.datasets.forget_written_by(&change.subject),
            // Administrators are read from the database each time.
            Kind::Administrator => {}
        }
    }

    fn missed(&self) {
        self.clients.forget_all();
        self.revocations.forget_all();
        self.datasets.forget_all();
        self.reload.notify_one();
    }
}

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

async fn datasets(settings: &Settings, store: Arc<Store>) -> Result<Datasets, OpenError> {
    let settings = &settings.warehouse;
    let limits = warehouse::Limits {
        rows: settings.analysis_rows,
        bytes: usize::MAX,
        time: DATASET_TIME,
    };
    let warehouse = warehouse::open(settings).await?;
    Ok(Datasets::new(warehouse, store, limits, settings.cache))
}

fn secret_limits(settings: &Settings) -> secrets::Limits {
    let limits = &settings.limits;
    secrets::Limits {
        argon2_threads: limits.argon2_threads,
        argon2_queue: limits.argon2_queue,
        failures_per_client: limits.failures_per_client,
        failures_per_address: limits.failures_per_address,
        verified_secret_lifetime: limits.verified_secret_lifetime,
    }
}

fn rules(settings: &Settings) -> Rules {
    let longest = settings.tokens.access_token_lifetime_max.as_secs();
    Rules {
        grant_types: GRANTS.iter().map(|grant| grant.grant_type()).collect(),
        authentication_methods: METHODS.iter().map(|method| method.name).collect(),
        longest_token_lifetime: u32::try_from(longest).unwrap_or(u32::MAX),
    }
}

fn resources(settings: &Settings, issuer: &str) -> Result<Resources, AppError> {
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

fn key_policy(settings: &Settings) -> KeyPolicy {
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

fn brought_key(keys: &config::Keys) -> Result<Option<SigningKey>, AppError> {
    if let Some(finding) = check_keys(keys).into_iter().next() {
        return Err(finding.into());
    }
    let pem = keys.private_key.as_ref();
    let key = pem.map(SigningKey::from_pem).transpose();
    Ok(key.map_err(KeyError::from)?)
}
