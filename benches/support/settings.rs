//! What a run can be told by its environment.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

/// How long and how hard to measure.
pub struct Settings {
    /// How long one measurement lasts (`AMBIT_BENCH_SECONDS`).
    pub window: Duration,
    /// How often all measurements are taken, one after the other (`AMBIT_BENCH_ROUNDS`).
    pub rounds: u32,
    /// Connections that each have one request under way (`AMBIT_BENCH_CONNECTIONS`).
    ///
    /// A commit to the audit log is shared by the requests that wait for it, so its cost for each
    /// falls as connections are added: 64 keep two cores busy, and more add little but waiting.
    pub connections: usize,
    /// Where to leave a machine-readable copy of the results (`AMBIT_BENCH_JSON`).
    json: Option<PathBuf>,
}

impl Settings {
    /// Reads the environment; what it does not say has a default, `rounds` the one given here.
    pub fn from_environment(rounds: u32) -> anyhow::Result<Self> {
        Ok(Self {
            window: Duration::from_secs(number("AMBIT_BENCH_SECONDS")?.unwrap_or(2).max(1)),
            rounds: number("AMBIT_BENCH_ROUNDS")?.unwrap_or(rounds).max(1),
            connections: number("AMBIT_BENCH_CONNECTIONS")?.unwrap_or(64).max(1),
            json: env::var_os("AMBIT_BENCH_JSON").map(PathBuf::from),
        })
    }

    /// Leaves the machine-readable copy, if one is wanted.
    pub fn save(&self, report: &impl Serialize) -> anyhow::Result<()> {
        let Some(file) = &self.json else {
            return Ok(());
        };
        let json = serde_json::to_string_pretty(report)?;
        fs::write(file, json).with_context(|| format!("writing {}", file.display()))
    }
}

fn number<T: std::str::FromStr>(name: &str) -> anyhow::Result<Option<T>> {
    let Some(text) = env::var_os(name) else {
        return Ok(None);
    };
    let number = text.to_str().and_then(|text| text.parse().ok());
    number
        .map(Some)
        .with_context(|| format!("{name} must be a whole number"))
}
