//! What `peers` found, for people and for machines.

use std::fmt;

use serde::Serialize;

use super::process::Process;
use super::settings::Settings;
use super::signatures::{Ceiling, Signing};
use super::statistics::{Ratio, Sample, median, median_sample, rates};

/// A server, and all that was measured of it.
pub struct Contestant<'a> {
    /// What it is called.
    pub name: &'static str,
    /// Where it runs.
    pub process: &'a Process,
    /// One a round.
    pub samples: Vec<Sample>,
    /// Mebibytes resident after each round, its child processes included.
    pub resident: Vec<f64>,
}

impl<'a> Contestant<'a> {
    /// A server of which nothing is measured yet.
    pub fn new(name: &'static str, process: &'a Process) -> Self {
        Self {
            name,
            process,
            samples: Vec::new(),
            resident: Vec::new(),
        }
    }
}

/// Everything, as medians over the rounds.
#[derive(Serialize)]
pub struct Report {
    rounds: u32,
    seconds: f64,
    connections: usize,
    rsa_2048_signatures: Ceiling,
    servers: Vec<Server>,
}

#[derive(Serialize)]
struct Server {
    name: &'static str,
    token: Sample,
    over_signatures: Ratio,
    /// Ambit's rate over this server's.
    ambit_over_this: Ratio,
    /// Mebibytes.
    resident: f64,
}

impl Report {
    /// Sums up what was measured in the same rounds. The first contestant is Ambit.
    pub fn new(
        settings: &Settings,
        cores: usize,
        signatures: &[Signing],
        contestants: &[Contestant<'_>],
    ) -> Self {
        let ambit = contestants.first().map_or(&[][..], |ambit| &ambit.samples);
        let server = |contestant: &Contestant<'_>| Server {
            name: contestant.name,
            token: median_sample(&contestant.samples),
            over_signatures: Ratio::of(
                rates(&contestant.samples),
                signatures.iter().map(|round| round.rate),
            ),
            ambit_over_this: Ratio::of(rates(ambit), rates(&contestant.samples)),
            resident: median(contestant.resident.iter().copied()),
        };
        Self {
            rounds: settings.rounds,
            seconds: settings.window.as_secs_f64(),
            connections: settings.connections,
            rsa_2048_signatures: Ceiling::new(cores, signatures),
            servers: contestants.iter().map(server).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rounds,
            seconds,
            connections,
            ..
        } = self;
        writeln!(
            formatter,
            "/token, RS256 with one RSA-2048 key, {connections} connections, {rounds} rounds of \
             {seconds} s each; medians\n{}\n",
            self.rsa_2048_signatures
        )?;
        writeln!(
            formatter,
            "{:<22}{:>9}{:>9}{:>9}{:>9}   {:<24}Ambit is this many times as fast",
            "", "a second", "p50 ms", "p99 ms", "MiB", "of the signatures"
        )?;
        for (position, server) in self.servers.iter().enumerate() {
            let Server {
                name,
                token,
                over_signatures,
                ambit_over_this,
                resident,
            } = server;
            let Sample { rate, p50, p99 } = token;
            write!(
                formatter,
                "{name:<22}{rate:>9.0}{p50:>9.2}{p99:>9.2}{resident:>9.1}   {:<24}",
                over_signatures.to_string()
            )?;
            match position {
                0 => writeln!(formatter)?,
                _ => writeln!(formatter, "{ambit_over_this}")?,
            }
        }
        writeln!(
            formatter,
            "\nThe peers leave out what Ambit does: they keep secrets unhashed, hold everything in \
             memory,\nand record nothing. Ambit holds each token until its audit record is \
             committed to its database."
        )
    }
}
