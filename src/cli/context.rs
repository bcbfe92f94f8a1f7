//! What every sub-command begins with: settings, the database, who is asking.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use super::flags::SettingsFlags;
use crate::app::{self, App, database_address};
use crate::audit::Cause;
use crate::config::{self, Checks, Mistakes, Settings, Sources};
use crate::http;
use crate::storage::Link;
use crate::storage::inspection::{self, State};

/// No running server decides from what it knew longer ago than this (see `storage::feed`).
const HEARD: Duration = Duration::from_secs(1);

/// What a sub-command is called with.
pub struct Context {
    flags: SettingsFlags,
}

impl Context {
    /// With the flags of the command line.
    pub fn new(flags: SettingsFlags) -> Self {
        Self { flags }
    }

    /// The flags that are settings.
    pub fn flags(&self) -> &SettingsFlags {
        &self.flags
    }

    /// Settings of all sources, or every mistake in them.
    pub fn settings(&self) -> Result<Settings, Mistakes> {
        config::load(&self.sources()?)
    }

    /// As [`settings`](Self::settings), for what serves or judges whether a server would: the keys and
    /// the certificate that they name are looked at too.
    pub fn settings_to_serve_with(&self) -> Result<Settings, Mistakes> {
        let checks = Checks {
            keys: app::check_keys,
            tls: http::check_tls,
        };
        config::load_checked(&self.sources()?, checks)
    }

    fn sources(&self) -> Result<Sources, Mistakes> {
        Sources::from_process(self.flags.config.clone(), self.flags.overrides())
    }

    /// Opens everything, does the work, and waits until what was written is durable.
    pub async fn with_app<T>(
        &self,
        work: impl AsyncFnOnce(&App, &Cause) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let settings = self.settings()?;
        let issuer = base_address(&settings);
        let app: Arc<App> = App::open(settings, issuer, http::scopes()).await?;
        let outcome = work(&app, &cause()).await;
        app.close().await;
        outcome
    }

    /// As [`with_app`](Self::with_app), for what only reads. It makes no database, and changes none.
    ///
    /// # Errors
    /// As [`existing_database`](Self::existing_database).
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&App, &Cause) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.existing_database()?;
        self.with_app(work).await
    }

    /// As [`with_app`](Self::with_app), for what changes things that running servers remember. Comes
    /// back when all of them have heard of it, so that the caller can rely on it.
    pub async fn change<T>(
        &self,
        work: impl AsyncFnOnce(&App, &Cause) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let changed = self.with_app(work).await?;
        tokio::time::sleep(HEARD).await;
        Ok(changed)
    }

    /// A connection for what only reads. It makes no database, and changes none.
    ///
    /// # Errors
    /// There is no database, or its tables are not those that this version reads.
    pub fn existing_database(&self) -> anyhow::Result<Link> {
        let settings = self.settings()?;
        let address = database_address(&settings);
        match inspection::state(&address)? {
            State::Ready => Ok(address.link()),
            State::Missing => bail!("there is no database at {}", settings.database.url),
            State::Behind(_) => bail!("the database's tables are out of date; run `ambit migrate`"),
        }
    }
}

/// The address that a server with these settings is reached under.
pub fn base_address(settings: &Settings) -> String {
    settings.server.base_address(settings.server.listen)
}

/// The operator at the command line, by the name that the operating system knows.
pub fn cause() -> Cause {
    let name = ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|name| !name.is_empty());
    Cause::operator(&name.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())))
}
