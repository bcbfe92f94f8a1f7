//! `release_readiness`: whether a version may be released.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_READ;
use super::gate::{ReleaseGate, Tally};
use super::history::History;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See the module.
pub struct ReleaseReadiness;

/// Which version is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseReadinessInput {
    /// The version, released or not.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[0-9A-Za-z][0-9A-Za-z._+-]*$",
        example = "0.13.0"
    )]
    version: String,
}

/// Whether a version may be released.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseReadinessOutput {
    /// The version.
    version: String,
    /// Whether no gate before it is open.
    ready: bool,
    /// When it was released, in UTC; null if it was not, as far as is known.
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// How many gates before it are open.
    #[schema(minimum = 0)]
    open_gates: i64,
    /// How many were lifted.
    #[schema(minimum = 0)]
    lifted_gates: i64,
    /// The open ones, at most 100, the one set last first.
    open: Vec<ReleaseGate>,
    /// The lifted ones, at most 100, the one set last first.
    lifted: Vec<ReleaseGate>,
}

impl Action for ReleaseReadiness {
    const NAME: &'static str = "release_readiness";
    const SUMMARY: &'static str = "Whether a version may be released, and which gates are open";
    const DESCRIPTION: &'static str = "\
Tells whether a version is ready: it is when no gate before it is open. A version for which nobody set a \
gate is ready. Also tells whether it was released already.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "0.13.0 still waits",
        input: r#"{"version": "0.13.0"}"#,
        output: r#"{"version": "0.13.0", "ready": false, "released_at": null, "open_gates": 1, "lifted_gates": 0, "open": [{"gate_id": "gate_2Zr9Qm0vT5uXw1yK", "version": "0.13.0", "name": "security-review", "state": "open", "reason": "The new resolver has not been reviewed.", "set_by": "client_Yk3aQ2b7s9d1f5g8h0j4kA", "set_at": "2026-08-17T09:30:00.250Z", "lift": null}], "lifted": []}"#,
    }];
    type Input = ReleaseReadinessInput;
    type Output = ReleaseReadinessOutput;

    async fn run(
        context: &ActionContext,
        input: ReleaseReadinessInput,
    ) -> Result<ReleaseReadinessOutput, ActionError> {
        let version = input.version;
        let tally = Tally::of(context, &version).await?;
        let history = History::if_any(context).await?;
        let released = history.as_deref().and_then(|history| {
            let place = history.place(&version)?;
            history.releases().get(place)
        });
        Ok(ReleaseReadinessOutput {
            ready: tally.open == 0,
            released_at: released.map(|release| release.summary.released_at.clone()),
            open_gates: tally.open,
            lifted_gates: tally.lifted,
            open: tally.open_gates,
            lifted: tally.lifted_gates,
            version,
        })
    }
}
