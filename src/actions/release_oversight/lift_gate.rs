//! `lift_gate`: takes a gate away from before a version.

use serde::Deserialize;
use utoipa::ToSchema;

use super::SCOPE_WRITE;
use super::gate::ReleaseGate;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;
use crate::storage::release_gates::{self, Lift};

/// See the module.
pub struct LiftGate;

/// Which gate is lifted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftGateInput {
    /// The version that it stands before.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[0-9A-Za-z][0-9A-Za-z._+-]*$",
        example = "0.13.0"
    )]
    version: String,
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[a-z0-9][a-z0-9_.-]*$",
        example = "security-review"
    )]
    name: String,
    /// Why the release may go on.
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
        example = "Reviewed; no findings."
    )]
    reason: String,
}

impl Action for LiftGate {
    const NAME: &'static str = "lift_gate";
    const SUMMARY: &'static str = "Lift an open gate before a version";
    const DESCRIPTION: &'static str = "\
Lifts the open gate of a name before a version. The gate is kept, with who lifted it, when and why; one \
of the same name may be set again.";
    const SCOPE: &'static str = SCOPE_WRITE;
    const EFFECT: Effect = Effect::Writes;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The security review of 0.13.0 is done",
        input: r#"{"version": "0.13.0", "name": "security-review", "reason": "Reviewed; no findings."}"#,
        output: r#"{"gate_id": "gate_2Zr9Qm0vT5uXw1yK", "version": "0.13.0", "name": "security-review", "state": "lifted", "reason": "The new resolver has not been reviewed.", "set_by": "client_Yk3aQ2b7s9d1f5g8h0j4kA", "set_at": "2026-08-17T09:30:00.250Z", "lift": {"reason": "Reviewed; no findings.", "lifted_by": "client_b6T0x2c4v8n1m3z5l7k9jQ", "lifted_at": "2026-08-18T14:02:11.500Z"}}"#,
    }];
    type Input = LiftGateInput;
    type Output = ReleaseGate;

    async fn run(
        context: &ActionContext,
        input: LiftGateInput,
    ) -> Result<ReleaseGate, ActionError> {
        let LiftGateInput {
            version,
            name,
            reason,
        } = input;
        context.note("version", &version);
        context.note("gate", &name);
        let missing =
            format!("{version} has no open gate {name}; list_gates shows which there are.");
        let how = Lift {
            reason,
            by: context.principal().subject.clone(),
            at: context.now(),
        };
        let tenant_id = context.principal().tenant_id.clone();
        let change = context.change(move |connection| {
            let gate = release_gates::lift(connection, &tenant_id, &version, &name, &how)?;
            Ok(ReleaseGate::from(gate))
        });
        change.await.map_err(|error| match error {
            ActionError::NotFound(_) => ActionError::NotFound(missing),
            other => other,
        })
    }
}
