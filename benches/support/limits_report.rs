//! What `limits` found, for people and for machines.

use std::fmt;

use serde::Serialize;

use super::actions_report::OfActions;
use super::bare::Handlers;
use super::settings::Settings;
use super::signatures::{Ceiling, Signing};
use super::statistics::{Ratio, Sample, median, median_sample, rates};
use super::subject::Subject;

/// Everything, as medians over the rounds.
#[derive(Serialize)]
pub struct Report {
    rounds: u32,
    seconds: f64,
    rsa_2048_signatures: Ceiling,
    bare_handler: Sample,
    bare_handler_as_action: Sample,
    bare_handler_as_tool: Sample,
    databases: Vec<OnDatabase>,
    promises: Vec<Promise>,
}

#[derive(Serialize)]
struct OnDatabase {
    database: &'static str,
    token_warm: Sample,
    token_cold: Sample,
    introspection: Sample,
    protected: Sample,
    token_over_signatures: Ratio,
    introspection_over_bare: Ratio,
    protected_over_bare: Ratio,
    actions: OfActions,
    /// Mebibytes.
    resident_warm: f64,
    peak_warm: f64,
    peak_cold: f64,
    /// Milliseconds.
    ready: f64,
    first_ready: f64,
}

/// What was promised, and whether it was kept.
#[derive(Serialize)]
pub struct Promise {
    /// On which database.
    pub database: &'static str,
    /// Of what.
    pub what: &'static str,
    /// What was found.
    pub measured: f64,
    /// What was promised, in words.
    pub promised: &'static str,
    /// Whether it was kept.
    pub reached: bool,
}

impl Report {
    /// Sums up what was measured in the same rounds.
    pub fn new(
        settings: &Settings,
        cores: usize,
        signatures: &[Signing],
        bare: &Handlers,
        subjects: &[Subject],
    ) -> Self {
        let databases: Vec<_> = subjects
            .iter()
            .map(|subject| OnDatabase::new(subject, signatures, bare))
            .collect();
        Self {
            rounds: settings.rounds,
            seconds: settings.window.as_secs_f64(),
            rsa_2048_signatures: Ceiling::new(cores, signatures),
            bare_handler: median_sample(&bare.protected.samples),
            bare_handler_as_action: median_sample(&bare.rest.samples),
            bare_handler_as_tool: median_sample(&bare.mcp.samples),
            promises: databases
                .iter()
                .flat_map(|on| {
                    let actions = on.actions.promises(on.database);
                    on.promises().into_iter().chain(actions)
                })
                .collect(),
            databases,
        }
    }
}

impl OnDatabase {
    fn new(subject: &Subject, signatures: &[Signing], bare: &Handlers) -> Self {
        let bare_rates = || rates(&bare.protected.samples);
        let median_of = |values: &[f64]| median(values.iter().copied());
        Self {
            database: subject.database,
            token_warm: median_sample(&subject.warm_token),
            token_cold: median_sample(&subject.cold_token),
            introspection: median_sample(&subject.introspection),
            protected: median_sample(&subject.protected),
            token_over_signatures: Ratio::of(
                rates(&subject.warm_token),
                signatures.iter().map(|round| round.rate),
            ),
            introspection_over_bare: Ratio::of(rates(&subject.introspection), bare_rates()),
            protected_over_bare: Ratio::of(rates(&subject.protected), bare_rates()),
            actions: OfActions::new(&subject.actions, bare),
            resident_warm: median_of(&subject.resident),
            // A limit on memory is one that is never passed: the most of all rounds.
            peak_warm: subject.warm_peak.iter().copied().fold(f64::NAN, f64::max),
            peak_cold: subject.cold_peak.iter().copied().fold(f64::NAN, f64::max),
            ready: median_of(&subject.starts),
            first_ready: subject.first_start,
        }
    }

    /// The promises of this project, each against what was measured.
    fn promises(&self) -> [Promise; 4] {
        let promise = |what, measured: f64, promised, reached| Promise {
            database: self.database,
            what,
            measured,
            promised,
            reached,
        };
        let token = self.token_over_signatures.median;
        let protected = self.protected_over_bare.median;
        [
            promise(
                "/token over RSA-2048 signatures",
                token,
                "at least 0.8",
                token >= 0.8,
            ),
            promise(
                "/protected over the bare handler",
                protected,
                "at least 0.5",
                protected >= 0.5,
            ),
            promise(
                "MiB with warm secrets",
                self.peak_warm,
                "under 64",
                self.peak_warm < 64.0,
            ),
            promise(
                "ms until ready",
                self.ready,
                "at most 200",
                self.ready <= 200.0,
            ),
        ]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rounds, seconds, ..
        } = self;
        writeln!(formatter, "{rounds} rounds of {seconds} s each; medians")?;
        writeln!(formatter, "{}\n", self.rsa_2048_signatures)?;
        let bare = "bare actix handler";
        writeln!(
            formatter,
            "{:<28}{:>10}{:>10}{:>10}",
            "", "a second", "p50 ms", "p99 ms"
        )?;
        row(formatter, bare, &self.bare_handler, None)?;
        row(
            formatter,
            "  as list_releases by REST",
            &self.bare_handler_as_action,
            None,
        )?;
        row(
            formatter,
            "  as list_releases by MCP",
            &self.bare_handler_as_tool,
            None,
        )?;
        for on in &self.databases {
            writeln!(formatter, "\nAmbit on {}", on.database)?;
            let over = |ratio: &Ratio, what| Some(format!("{ratio} of {what}"));
            let signatures = over(&on.token_over_signatures, "the signatures");
            row(formatter, "/token, warm secret", &on.token_warm, signatures)?;
            row(formatter, "/token, cold secret", &on.token_cold, None)?;
            let introspection = over(&on.introspection_over_bare, bare);
            row(formatter, "/introspect", &on.introspection, introspection)?;
            row(
                formatter,
                "/protected",
                &on.protected,
                over(&on.protected_over_bare, bare),
            )?;
            write!(formatter, "{}", on.actions)?;
            writeln!(
                formatter,
                "  resident under load, secrets warm: {:.1} MiB, at most {:.1} MiB; \
                 while Argon2 ran: at most {:.1} MiB",
                on.resident_warm, on.peak_warm, on.peak_cold
            )?;
            writeln!(
                formatter,
                "  ready {:.0} ms after it was spawned; the first time {:.0} ms, with keys and \
                 tables to make",
                on.ready, on.first_ready
            )?;
        }
        writeln!(formatter)?;
        for Promise {
            database,
            what,
            measured,
            promised,
            reached,
        } in &self.promises
        {
            let outcome = if *reached { "reached" } else { "missed" };
            writeln!(
                formatter,
                "promise: {what} on {database}: {measured:.2}, {promised}: {outcome}"
            )?;
        }
        Ok(())
    }
}

/// One line of the table.
pub fn row(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    sample: &Sample,
    ratio: Option<String>,
) -> fmt::Result {
    let Sample { rate, p50, p99 } = sample;
    let ratio = ratio.unwrap_or_default();
    let line = format!("{name:<28}{rate:>10.0}{p50:>10.2}{p99:>10.2}   {ratio}");
    writeln!(formatter, "{}", line.trim_end())
}
