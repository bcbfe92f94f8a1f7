//! What `limits` found of actions on one database.

use std::fmt;

use serde::Serialize;

use super::actions::{Actions, Cost};
use super::bare::Handlers;
use super::limits_report::{Promise, row};
use super::statistics::{Ratio, Sample, median, median_sample, rates};

/// Medians over the rounds.
#[derive(Serialize)]
pub struct OfActions {
    rest: Sample,
    mcp: Sample,
    rest_over_bare: Ratio,
    mcp_over_bare: Ratio,
    /// One request at a time.
    alone: Sample,
    bare_alone: Sample,
    query_alone: Sample,
    straight: Sample,
    /// Microseconds that an answer of the action took the machine longer than a bare one, with all
    /// connections.
    added_under_load: f64,
    /// Microseconds that a caller waited longer, with no other.
    added_alone: f64,
    /// Microseconds that `invoke` added to what the action itself ran, with all connections. Most of it is
    /// the wait for the audit record, which many calls share.
    invoke_under_load: f64,
    run_under_load: f64,
    /// The same with one connection.
    invoke_alone: f64,
    run_alone: f64,
    /// Milliseconds that a caller of `query` waited longer than for the SQL itself.
    query_overhead: f64,
}

impl OfActions {
    /// Sums up what was measured in the same rounds.
    pub fn new(actions: &Actions, bare: &Handlers) -> Self {
        let seconds = |samples| rates(samples).map(f64::recip);
        let under_load = seconds(&actions.rest).zip(seconds(&bare.rest.samples));
        Self {
            rest: median_sample(&actions.rest),
            mcp: median_sample(&actions.mcp),
            rest_over_bare: Ratio::of(rates(&actions.rest), rates(&bare.rest.samples)),
            mcp_over_bare: Ratio::of(rates(&actions.mcp), rates(&bare.mcp.samples)),
            alone: median_sample(&actions.alone),
            bare_alone: median_sample(&bare.rest.alone),
            query_alone: median_sample(&actions.query),
            straight: median_sample(&actions.straight),
            added_under_load: median(under_load.map(|(action, bare)| (action - bare) * 1e6)),
            added_alone: longer(&actions.alone, &bare.rest.alone) * 1e3,
            invoke_under_load: median(invoke(&actions.cost_under_load)),
            run_under_load: median(run(&actions.cost_under_load)),
            invoke_alone: median(invoke(&actions.cost_alone)),
            run_alone: median(run(&actions.cost_alone)),
            query_overhead: longer(&actions.query, &actions.straight),
        }
    }

    /// The promises about actions, each against what was measured.
    pub fn promises(&self, database: &'static str) -> [Promise; 3] {
        let promise = |what, measured: f64, promised, reached| Promise {
            database,
            what,
            measured,
            promised,
            reached,
        };
        let (rest, mcp) = (self.rest_over_bare.median, self.mcp_over_bare.median);
        let overhead = self.query_overhead;
        [
            promise(
                "an action by REST over the bare handler",
                rest,
                "at least 0.5",
                rest >= 0.5,
            ),
            promise(
                "an action by MCP over the bare handler",
                mcp,
                "at least 0.3",
                mcp >= 0.3,
            ),
            promise(
                "ms that query adds to its SQL",
                overhead,
                "under 0.5",
                overhead < 0.5,
            ),
        ]
    }
}

fn invoke(costs: &[Cost]) -> impl Iterator<Item = f64> {
    costs.iter().map(|cost| cost.invoke)
}

fn run(costs: &[Cost]) -> impl Iterator<Item = f64> {
    costs.iter().map(|cost| cost.run)
}

/// Milliseconds by which half of the answers took longer, each round by itself.
fn longer(samples: &[Sample], than: &[Sample]) -> f64 {
    let pairs = samples.iter().zip(than);
    median(pairs.map(|(sample, than)| sample.p50 - than.p50))
}

impl fmt::Display for OfActions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = |ratio: &Ratio| Some(format!("{ratio} of the bare actix handler"));
        row(
            formatter,
            "list_releases by REST",
            &self.rest,
            over(&self.rest_over_bare),
        )?;
        row(
            formatter,
            "list_releases by MCP",
            &self.mcp,
            over(&self.mcp_over_bare),
        )?;
        writeln!(formatter, "  one request at a time:")?;
        row(formatter, "  list_releases by REST", &self.alone, None)?;
        row(formatter, "  bare actix handler", &self.bare_alone, None)?;
        row(formatter, "  query by REST", &self.query_alone, None)?;
        row(formatter, "  its SQL, straight", &self.straight, None)?;
        writeln!(
            formatter,
            "  added to a bare answer in all: {:.0} \u{b5}s of the machine under load, {:.0} \u{b5}s of \
             waiting alone",
            self.added_under_load, self.added_alone
        )?;
        writeln!(
            formatter,
            "  added by invoke (scope, policy, limits, audit) to the action's own run: {:.0} \u{b5}s to \
             {:.0} \u{b5}s alone, {:.0} \u{b5}s to {:.0} \u{b5}s under load",
            self.invoke_alone, self.run_alone, self.invoke_under_load, self.run_under_load
        )
    }
}
