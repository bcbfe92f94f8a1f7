//! `set_gate`: puts a gate before a version.

use serde::Deserialize;
use utoipa::ToSchema;

use super::SCOPE_WRITE;
use super::gate::ReleaseGate;
use super::history::History;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::model::random_token;
use crate::policy::Effect;
use crate::storage::release_gates::{self, Gate};

/// See the module.
pub struct SetGate;

/// Which gate is set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetGateInput {
    /// The version that it stands before, which has not been released yet.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[0-9A-Za-z][0-9A-Za-z._+-]*$",
        example = "0.13.0"
    )]
    version: String,
    /// What it is about, in a word: a version has one open gate of a name.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[a-z0-9][a-z0-9_.-]*$",
        example = "security-review"
    )]
    name: String,
    /// Why the release must wait.
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
        example = "The new resolver has not been reviewed."
    )]
    reason: String,
}

impl Action for SetGate {
    const NAME: &'static str = "set_gate";
    const SUMMARY: &'static str = "Set a gate before a version that is to be released";
    const DESCRIPTION: &'static str = "\
Sets a gate: something that has to be settled before a version may be released. Until it is lifted by \
lift_gate, release_readiness calls the version not ready. Who set it, when and why is kept with it. A \
version has one open gate of a name, and a version that was released takes none.";
    const SCOPE: &'static str = SCOPE_WRITE;
    const EFFECT: Effect = Effect::Writes;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "0.13.0 waits for a security review",
        input: r#"{"version": "0.13.0", "name": "security-review", "reason": "The new resolver has not been reviewed."}"#,
        output: r#"{"gate_id": "gate_2Zr9Qm0vT5uXw1yK", "version": "0.13.0", "name": "security-review", "state": "open", "reason": "The new resolver has not been reviewed.", "set_by": "client_Yk3aQ2b7s9d1f5g8h0j4kA", "set_at": "2026-08-17T09:30:00.250Z", "lift": null}"#,
    }];
    type Input = SetGateInput;
    type Output = ReleaseGate;

    async fn run(context: &ActionContext, input: SetGateInput) -> Result<ReleaseGate, ActionError> {
        let SetGateInput {
            version,
            name,
            reason,
        } = input;
        context.note("version", &version);
        context.note("gate", &name);
        if let Some(history) = History::if_any(context).await?
            && history.place(&version).is_some()
        {
            let problem = format!("{version} was released already.");
            return Err(ActionError::Conflict(problem));
        }
        let conflict = format!("{version} has an open gate {name} already.");
        let gate = Gate {
            gate_id: format!("gate_{}", random_token::<12>()),
            version,
            name,
            reason,
            set_by: context.principal().subject.clone(),
            set_at: context.now(),
            lifted: None,
        };
        let tenant_id = context.principal().tenant_id.clone();
        let change = context.change(move |connection| {
            release_gates::insert(connection, &tenant_id, &gate)?;
            Ok(ReleaseGate::from(gate.clone()))
        });
        change.await.map_err(|error| match error {
            ActionError::Conflict(_) => ActionError::Conflict(conflict),
            other => other,
        })
    }
}
