//! `release_risk`: how risky a release was, seen from when it was made.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_READ;
use super::history::History;
use super::records::ReleaseSummary;
use super::risk::{RiskAssessment, Subject, assess};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See the module.
pub struct ReleaseRisk;

/// Which release is judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRiskInput {
    /// Its version.
    #[schema(min_length = 1, max_length = 100, example = "0.12.0")]
    version: String,
}

/// How risky a release was.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseRiskOutput {
    /// The release.
    release: ReleaseSummary,
    /// Its score and what makes it up.
    risk: RiskAssessment,
    /// What was left out or assumed when the data was read.
    notes: Vec<String>,
}

impl Action for ReleaseRisk {
    const NAME: &'static str = "release_risk";
    const SUMMARY: &'static str =
        "How risky a release was, with the factors that make up its score";
    const DESCRIPTION: &'static str = "\
Scores the risk of a release from 0 to 100, by ten factors that are known when it is made: its size, how \
many changes it ships and how large these are, how many people wrote them and how many of those are new, \
reverts, changes committed within the last day, the time since the release before (long or short), and \
the hour. Where a factor is a comparison, it is with the releases before this one alone. Each factor \
tells what was found, its level from 0 to 1, and the points it gives: weight times level, rounded half \
up. The points add up to the score exactly. The score is a rule to look closer by, not a probability. \
candidate_risk judges changes before they are released.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "A large release",
        input: r#"{"version": "0.12.0"}"#,
        output: include_str!("examples/release_risk.json"),
    }];
    type Input = ReleaseRiskInput;
    type Output = ReleaseRiskOutput;

    async fn run(
        context: &ActionContext,
        input: ReleaseRiskInput,
    ) -> Result<ReleaseRiskOutput, ActionError> {
        let history = context.dataset::<History>().await?;
        let (place, release) = history.release(&input.version)?;
        let risk = assess(&Subject {
            released_at: release.released_at,
            changes: &release.changes,
            earlier: history.releases().get(..place).unwrap_or_default(),
        });
        Ok(ReleaseRiskOutput {
            release: release.summary.clone(),
            risk,
            notes: history.notes(),
        })
    }
}
