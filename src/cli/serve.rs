//! `ambit serve`: the server, and everything that it makes on its first start.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use secrecy::{ExposeSecret, SecretString};
use tokio::signal::unix::{SignalKind, signal};

use super::admin::generated_password;
use super::logging;
use super::output::print_line;
use crate::administrators::AdministratorError;
use crate::app::{App, make_database_folder};
use crate::audit::Cause;
use crate::config::{DatabaseUrl, Settings};
use crate::http::{self, Bound};
use crate::model::Role;

/// A server that is about to serve.
pub struct Started {
    /// What it serves with.
    pub app: Arc<App>,
    /// The administrator that was made, if this is the first start.
    pub first_administrator: Option<FirstAdministrator>,
    /// Key files that were made.
    pub made_keys: Vec<PathBuf>,
    bound: Bound,
    /// Held until the end: a second server on the same embedded database is refused.
    _only_one: Option<File>,
}

/// The administrator that a first start makes.
pub struct FirstAdministrator {
    /// The name to sign in with.
    pub username: String,
    /// The password, if it was made here and not set by the operator.
    pub made_password: Option<SecretString>,
}

/// Serves until it is told to stop.
pub async fn run(settings: Settings) -> Result<()> {
    logging::start(&settings.log)?;
    let started = start(settings).await?;
    for path in &started.made_keys {
        print_line(&format!("signing key made: {}", path.display()))?;
    }
    if let Some(first) = &started.first_administrator {
        match &first.made_password {
            Some(password) => print_line(&format!(
                "administrator made: {}, password {} (shown this once)",
                first.username,
                password.expose_secret()
            ))?,
            None => print_line(&format!(
                "administrator made: {}, with the password from the settings",
                first.username
            ))?,
        }
    }
    started.serve().await
}

/// Brings everything up, up to the socket, which listens.
pub async fn start(settings: Settings) -> Result<Started> {
    let only_one = match &settings.database.url {
        DatabaseUrl::Sqlite(path) => {
            make_database_folder(&settings)?;
            Some(lock(path)?)
        }
        DatabaseUrl::Postgres(_) => None,
    };
    let bound = http::bind(&settings.server)
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
    let issuer = settings.server.base_address(bound.listener.local_addr()?);
    let app = App::open(settings, issuer, http::scopes()).await?;
    let made_keys = app.keys.prepare(&Cause::system()).await?;
    let first_administrator = first_administrator(&app).await?;
    Ok(Started {
        app,
        first_administrator,
        made_keys,
        bound,
        _only_one: only_one,
    })
}

impl Started {
    /// Serves until the process is told to stop, then finishes what is under way and writes down what
    /// is only in memory.
    pub async fn serve(self) -> Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping: no new connections, finishing what is under way");
        };
        let address = self.bound.address.clone();
        let backend = self.app.store.address().backend();
        tracing::info!(%address, issuer = %self.app.issuer, backend, "listening");
        print_line(&format!("ambit is listening on {address}"))?;
        let housekeeper = Arc::clone(&self.app);
        let house = tokio::spawn(async move { housekeeper.keep_house().await });
        let served = http::serve(Arc::clone(&self.app), self.bound, stop).await;
        house.abort();
        self.app.close().await;
        tracing::info!("stopped");
        Ok(served?)
    }
}

/// One process at a time may serve an embedded database: another one would not hear at once what the
/// first one changes, and both would hold keys and caches of their own.
fn lock(database: &Path) -> Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another ambit serves {} already. Stop it first, or use PostgreSQL, where several may \
             serve one database (AMBIT_DATABASE_URL=postgres://...)",
            database.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Makes the first administrator if there is none.
async fn first_administrator(app: &App) -> Result<Option<FirstAdministrator>> {
    if !app.administrators.list().await?.is_empty() {
        return Ok(None);
    }
    let username = app.settings.admin.user.clone();
    let (password, made) = match &app.settings.admin.password {
        Some(password) => (password.clone(), false),
        None => (generated_password(), true),
    };
    match app
        .administrators
        .create(&Cause::system(), &username, &password, Role::Owner)
        .await
    {
        Ok(_) => Ok(Some(FirstAdministrator {
            username,
            made_password: made.then_some(password),
        })),
        // Another replica was faster.
        Err(AdministratorError::Exists) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
