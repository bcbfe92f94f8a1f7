//! Settings: defaults < `ambit.toml` < environment < flags, checked as a whole.
//!
//! Each setting is defined once, as a [`definition::Setting`] in the file of its section; loading,
//! masking and the reference walk these definitions. To add one:
//!
//! 1. define it in its section's file and name it in that section's `SECTION`;
//! 2. read it in that section's `read`, in the same order, into a field;
//! 3. write the reference anew: `AMBIT_TEST_WRITE_REFERENCE=1 cargo test config::reference`.

mod actions;
mod admin;
mod audit;
mod checks;
mod database;
mod definition;
mod definitions;
mod effective;
mod file;
mod keys;
mod limits;
mod log;
mod lookup;
mod mistake;
mod nearest;
mod parse;
mod reader;
mod reference;
mod server;
mod show;
mod sources;
mod tokens;
mod warehouse;

#[cfg(test)]
mod tests;

pub use actions::Actions;
pub use admin::Admin;
pub use audit::Audit;
pub use checks::{Checks, Finding, Judged};
pub use database::{Database, DatabaseUrl};
pub use effective::{Effective, Origin};
pub use keys::{Keys, SigningAlgorithm};
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use mistake::{Mistake, Mistakes};
pub use reference::reference;
pub use server::{Environment, Server, Tls};
pub use sources::{Overrides, Sources};
pub use tokens::{LONGEST_LIFETIME, Tokens};
pub use warehouse::{SnowflakeAddress, Warehouse, WarehouseUrl};

use mistake::Recorded;
use reader::Reader;

/// Every setting of the server, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `[server]`: where Ambit listens and what a request may cost.
    pub server: Server,
    /// `[database]`: where everything is kept.
    pub database: Database,
    /// `[warehouse]`: where business data is read.
    pub warehouse: Warehouse,
    /// `[keys]`: the keys that sign tokens.
    pub keys: Keys,
    /// `[tokens]`: how long access tokens live.
    pub tokens: Tokens,
    /// `[admin]`: the first administrator.
    pub admin: Admin,
    /// `[limits]`: what checking secrets may cost.
    pub limits: Limits,
    /// `[actions]`: what one client may ask of the actions.
    pub actions: Actions,
    /// `[audit]`: what is recorded of unknown callers.
    pub audit: Audit,
    /// `[log]`: what is logged.
    pub log: Log,
    effective: Vec<Effective>,
}

impl Settings {
    /// Every setting with its value, secrets masked, and where it came from.
    pub fn effective(&self) -> Vec<Effective> {
        self.effective.clone()
    }

    /// Reads all sections before it gives up, so that every mistake is recorded.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let server = Server::read(reader);
        let database = Database::read(reader);
        let warehouse = Warehouse::read(reader, database.as_ref().ok());
        let keys = Keys::read(reader);
        let tokens = Tokens::read(reader);
        let admin = Admin::read(reader);
        let limits = Limits::read(reader);
        let actions = Actions::read(reader);
        let audit = Audit::read(reader);
        let log = Log::read(reader);
        Ok(Self {
            server: server?,
            database: database?,
            warehouse: warehouse?,
            keys: keys?,
            tokens: tokens?,
            admin: admin?,
            limits: limits?,
            actions: actions?,
            audit: audit?,
            log: log?,
            effective: Vec::new(),
        })
    }
}

/// Reads and checks all settings.
///
/// # Errors
///
/// Every mistake of every source at once; none of them repeats a secret.
pub fn load(sources: &Sources) -> Result<Settings, Mistakes> {
    load_checked(sources, Checks::NONE)
}

/// As [`load`], with what only modules above this one can judge.
///
/// # Errors
///
/// What the checks find, among all other mistakes.
pub fn load_checked(sources: &Sources, checks: Checks) -> Result<Settings, Mistakes> {
    let mut reader = Reader::open(sources, checks);
    let settings = Settings::read(&mut reader);
    let (effective, mistakes) = reader.close();
    match settings {
        Ok(settings) if mistakes.is_empty() => Ok(Settings {
            effective,
            ..settings
        }),
        _ => Err(Mistakes::new(mistakes)),
    }
}
