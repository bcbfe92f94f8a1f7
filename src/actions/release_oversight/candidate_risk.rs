//! `candidate_risk`: how risky it would be to release a set of changes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_READ;
use super::change_input::{self, NewChange};
use super::history::History;
use super::records::{Change, moment};
use super::risk::{RiskAssessment, Subject, assess};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See the module.
pub struct CandidateRisk;

/// What is to be released.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateRiskInput {
    /// When it is to be released, as RFC 3339, of the years 2000 to 2200; by default now.
    #[schema(format = DateTime, example = "2026-08-20T17:00:00Z")]
    planned_at: Option<String>,
    /// The changes that are to be released.
    #[schema(min_items = 1, max_items = 1000)]
    changes: Vec<NewChange>,
}

/// How risky the release would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct CandidateRiskOutput {
    /// When it is to be released, in UTC.
    #[schema(format = DateTime)]
    planned_at: String,
    /// Its score and what makes it up.
    risk: RiskAssessment,
    /// What was left out or assumed when the data was read.
    notes: Vec<String>,
}

impl Action for CandidateRisk {
    const NAME: &'static str = "candidate_risk";
    const SUMMARY: &'static str = "How risky it would be to release a set of changes";
    const DESCRIPTION: &'static str = "\
Scores a release that has not been made, from the changes that it would ship and when, by the very rules \
of release_risk: measured against the releases before that time. Nothing is kept.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "One small change on a Thursday afternoon",
        input: r#"{"planned_at": "2026-08-20T17:00:00Z", "changes": [{"change_id": "4798a2c37bbc", "committed_at": "2026-08-18T22:41:23Z", "author": "author-345", "title": "fix: keep the order of requirements", "files_changed": 2, "lines_added": 18, "lines_removed": 7}]}"#,
        output: include_str!("examples/candidate_risk.json"),
    }];
    type Input = CandidateRiskInput;
    type Output = CandidateRiskOutput;

    async fn run(
        context: &ActionContext,
        input: CandidateRiskInput,
    ) -> Result<CandidateRiskOutput, ActionError> {
        change_input::check(&input.changes, context.now())?;
        let planned_at = match &input.planned_at {
            Some(text) => change_input::read_time("planned_at", text)?,
            None => context.now(),
        };
        let history = context.dataset::<History>().await?;
        let changes: Vec<Change> = input.changes.into_iter().map(Change::from).collect();
        let risk = assess(&Subject {
            released_at: planned_at,
            changes: &changes,
            earlier: history.before(planned_at),
        });
        Ok(CandidateRiskOutput {
            planned_at: moment(planned_at),
            risk,
            notes: history.notes(),
        })
    }
}
