//! What every sub-command begins with: settings, the database, who is asking.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use super::flags::SettingsFlags;
use crate::app::App;
use crate::audit::Cause;
use crate::config::{self, DatabaseUrl, Mistakes, Settings, Sources};
use crate::http;
use crate::storage::inspection::{self, State};
use crate::storage::{Address, Link};

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
        let file = self.flags.config.clone();
        config::load(&Sources::from_process(file, self.flags.overrides())?)
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
        let address = address(&settings);
        match inspection::state(&address)? {
            State::Ready => Ok(address.link()),
            State::Missing => bail!("there is no database at {}", settings.database.url),
            State::Behind(_) => bail!("the database's tables are out of date; run `ambit migrate`"),
        }
    }
}

/// Where the settings say that the database is. Nothing is made.
pub fn address(settings: &Settings) -> Address {
    match &settings.database.url {
        DatabaseUrl::Sqlite(path) => Address::Sqlite(path.clone()),
        DatabaseUrl::Postgres(url) => Address::Postgres(url.clone()),
    }
}

/// The address that a server with these settings is reached under: the issuer, or else where it
/// listens.
pub fn base_address(settings: &Settings) -> String {
    let server = &settings.server;
    let scheme = if server.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let derived = || format!("{scheme}://{}", reachable(server.listen));
    server.issuer.clone().unwrap_or_else(derived)
}

/// An address that stands for all interfaces is reached through this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The operator at the command line, by the name that the operating system knows.
pub fn cause() -> Cause {
    let name = ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|name| !name.is_empty());
    Cause::operator(&name.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_interfaces_are_reached_through_loopback() {
        let shown = |listen: &str| reachable(listen.parse().unwrap()).to_string();
        assert_eq!(shown("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(shown("[::]:80"), "[::1]:80");
        assert_eq!(shown("10.0.0.1:80"), "10.0.0.1:80");
    }
}
