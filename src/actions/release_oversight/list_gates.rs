//! `list_gates`: the gates before versions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_READ;
use super::gate::{GateState, ReleaseGate};
use crate::actions::page;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;
use crate::storage::release_gates::{self, Filter};

/// See the module.
pub struct ListGates;

/// Which gates are listed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListGatesInput {
    /// Only gates before this version.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[0-9A-Za-z][0-9A-Za-z._+-]*$",
        example = "0.13.0"
    )]
    version: Option<String>,
    /// Only gates that are open, or only those that were lifted.
    state: Option<GateState>,
    /// Where the last page ended: its `next_cursor`.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Most gates of a page.
    #[serde(default = "page::usual")]
    #[schema(default = 50, minimum = 1, maximum = 200)]
    limit: u32,
}

/// A page of gates.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListGatesOutput {
    /// The gates, the one set last first.
    gates: Vec<ReleaseGate>,
    /// What the next page is asked for with; null on the last.
    next_cursor: Option<String>,
}

impl Action for ListGates {
    const NAME: &'static str = "list_gates";
    const SUMMARY: &'static str = "The gates before versions, open and lifted";
    const DESCRIPTION: &'static str = "\
Lists gates, the one set last first, each with who set it and why, and how it was lifted.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "What 0.13.0 still waits for",
        input: r#"{"version": "0.13.0", "state": "open"}"#,
        output: r#"{"gates": [{"gate_id": "gate_2Zr9Qm0vT5uXw1yK", "version": "0.13.0", "name": "security-review", "state": "open", "reason": "The new resolver has not been reviewed.", "set_by": "client_Yk3aQ2b7s9d1f5g8h0j4kA", "set_at": "2026-08-17T09:30:00.250Z", "lift": null}], "next_cursor": null}"#,
    }];
    type Input = ListGatesInput;
    type Output = ListGatesOutput;

    async fn run(
        context: &ActionContext,
        input: ListGatesInput,
    ) -> Result<ListGatesOutput, ActionError> {
        let fingerprint = page::fingerprint(&(Self::NAME, &input.version, input.state));
        let after: Option<(i64, String)> = match input.cursor.as_deref() {
            Some(cursor) => Some(page::decode(cursor, &fingerprint)?),
            None => None,
        };
        // A cursor that was forged may hold what no database takes.
        if after
            .as_ref()
            .is_some_and(|(_, gate_id)| gate_id.contains('\0'))
        {
            return Err(ActionError::invalid(
                "cursor",
                "is not one that this list gave out",
            ));
        }
        let filter = Filter {
            version: input.version,
            open: input.state.map(|state| state == GateState::Open),
        };
        let tenant_id = context.principal().tenant_id.clone();
        let limit = usize::try_from(input.limit).unwrap_or(usize::MAX);
        let one_more = i64::from(input.limit) + 1;
        let read = context.store().read(move |connection| {
            release_gates::page(connection, &tenant_id, &filter, after.as_ref(), one_more)
        });
        let mut gates = read.await?;
        let more = gates.len() > limit;
        gates.truncate(limit);
        let last = gates.last().filter(|_| more);
        let next_cursor =
            last.map(|gate| page::encode(&(gate.set_at.micros(), &gate.gate_id), &fingerprint));
        Ok(ListGatesOutput {
            gates: gates.into_iter().map(ReleaseGate::from).collect(),
            next_cursor,
        })
    }
}
