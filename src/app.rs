//! Everything that serves a request, built once and handed down.

mod derived;
mod housekeeping;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::actions::{self, ACTIONS, CallLimits, Datasets, Invoker, Turns};
use crate::administrators::second_factors::{self, FactorKeys, PasskeySite};
use crate::administrators::{Administrators, SecondFactors, SessionLimits, Sessions};
use crate::audit::Journal;
use crate::clients::{self, Clients};
use crate::config::{Finding, Settings};
use crate::metrics::Metrics;
use crate::model::{Clock, InvalidResource, SystemClock};
use crate::oauth::resources::Resources;
use crate::oauth::token::{self, AccessTokens, KeyError, KeyFolder, Keys};
use crate::oauth::{BearerTokens, Revocations};
use crate::scopes::{Catalogue, ScopeDefinition};
use crate::secrets::{Checker, HashError, Throttle};
use crate::semantic::{LoadError, SemanticLayer};
use crate::storage::changes::{self, Change, Kind};
use crate::storage::feed::{Feed, Listener};
use crate::storage::{StorageError, Store, migrations};
use crate::warehouse::{self, OpenError};
use derived::{brought_key, datasets, host, key_policy, resources, rules, secret_limits};
use housekeeping::warn;

pub use derived::{check_keys, database_address, make_database_folder};

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
    /// Knows their sessions in a browser.
    pub sessions: Arc<Sessions>,
    /// Knows their second factors.
    pub second_factors: Arc<SecondFactors>,
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
        let sessions = Arc::new(Sessions::new(
            Arc::clone(&store),
            Arc::clone(&journal),
            Arc::clone(&clock),
            SessionLimits {
                idle: settings.admin.session_idle,
                lifetime: settings.admin.session_lifetime,
            },
        ));
        let limits = &settings.limits;
        let second_factors = SecondFactors::new(second_factors::Dependencies {
            store: Arc::clone(&store),
            journal: Arc::clone(&journal),
            clock: Arc::clone(&clock),
            sessions: Arc::clone(&sessions),
            keys: FactorKeys::new(settings.admin.second_factor_key.clone(), &settings.keys.dir),
            throttle: Throttle::new(limits.failures_per_client, limits.failures_per_address),
            host: host(&issuer),
            site: PasskeySite::of(&issuer),
        });
        second_factors.warn_of_strange_keys().await?;
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
                turns: Turns::new(settings.warehouse.pool_size / 2),
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
            sessions,
            second_factors: Arc::new(second_factors),
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

    /// Writes down what is only in memory and stops the journal.
    pub async fn close(&self) {
        warn("last uses", self.clients.flush_uses().await);
        let journal = Arc::clone(&self.journal);
        let _ = tokio::task::spawn_blocking(move || journal.close()).await;
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
