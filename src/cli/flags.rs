//! Flags that stand above every other source of settings.

use std::path::PathBuf;

use clap::Args;

use crate::config::Overrides;

/// Settings that every sub-command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingsFlags {
    /// Read settings from this file, in place of ambit.toml in the working directory
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The address to listen on
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// The public base address, as it stands in tokens and metadata
    #[arg(long, global = true, value_name = "URL")]
    pub issuer: Option<String>,
    /// Where everything is kept: sqlite://PATH or postgres://...
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Where business data is read: sqlite://PATH, postgres://... or snowflake://...
    #[arg(long, global = true, value_name = "URL")]
    pub warehouse_url: Option<String>,
    /// The folder that holds the signing keys
    #[arg(long, global = true, value_name = "FOLDER")]
    pub keys_dir: Option<String>,
    /// What to log: a level, or levels by module separated by commas
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
}

impl SettingsFlags {
    /// The flags that were given, under their settings' names.
    pub fn overrides(&self) -> Overrides {
        [
            ("server.listen", &self.listen),
            ("server.issuer", &self.issuer),
            ("database.url", &self.database_url),
            ("warehouse.url", &self.warehouse_url),
            ("keys.dir", &self.keys_dir),
            ("log.filter", &self.log),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)))
        .fold(Overrides::default(), |overrides, (name, value)| {
            overrides.set(name, value)
        })
    }
}
