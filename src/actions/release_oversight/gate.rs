//! Gates as answers show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::records::moment;
use crate::actions::{ActionContext, ActionError};
use crate::storage::release_gates::{self, Filter, Gate, Lift};

/// Most gates that are shown with a release.
const MOST_SHOWN: i64 = 100;

/// Whether a gate still stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// It does.
    Open,
    /// It was lifted.
    Lifted,
}

/// How a gate was lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateLift {
    /// Why the release may go on.
    pub reason: String,
    /// Who lifted it: the subject of the caller's token.
    pub lifted_by: String,
    /// When, in UTC.
    #[schema(format = DateTime)]
    pub lifted_at: String,
}

/// Something that has to be settled before a version may be released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseGate {
    /// Its identifier.
    #[schema(example = "gate_3q2-7wAAAAAAAAAA")]
    pub gate_id: String,
    /// The version that it stands before.
    #[schema(example = "0.13.0")]
    pub version: String,
    /// What it is about.
    #[schema(example = "security-review")]
    pub name: String,
    /// Whether it still stands in the way.
    pub state: GateState,
    /// Why it was set.
    pub reason: String,
    /// Who set it: the subject of the caller's token.
    pub set_by: String,
    /// When it was set, in UTC.
    #[schema(format = DateTime)]
    pub set_at: String,
    /// How it was lifted; null while it is open.
    pub lift: Option<GateLift>,
}

impl From<Gate> for ReleaseGate {
    fn from(gate: Gate) -> Self {
        Self {
            state: match gate.lifted {
                Some(_) => GateState::Lifted,
                None => GateState::Open,
            },
            gate_id: gate.gate_id,
            version: gate.version,
            name: gate.name,
            reason: gate.reason,
            set_by: gate.set_by,
            set_at: moment(gate.set_at),
            lift: gate.lifted.map(|Lift { reason, by, at }| GateLift {
                reason,
                lifted_by: by,
                lifted_at: moment(at),
            }),
        }
    }
}

impl ReleaseGate {
    /// How many gates before a version are open, and the newest of them.
    ///
    /// # Errors
    /// An outage.
    pub async fn open(
        context: &ActionContext,
        version: &str,
    ) -> Result<(i64, Vec<Self>), ActionError> {
        let tally = Tally::of(context, version).await?;
        Ok((tally.open, tally.open_gates))
    }
}

/// The gates before a version, counted, and the newest of them.
pub struct Tally {
    /// How many are open.
    pub open: i64,
    /// How many were lifted.
    pub lifted: i64,
    /// The newest open ones.
    pub open_gates: Vec<ReleaseGate>,
    /// The newest lifted ones.
    pub lifted_gates: Vec<ReleaseGate>,
}

impl Tally {
    /// Counts.
    ///
    /// # Errors
    /// An outage.
    pub async fn of(context: &ActionContext, version: &str) -> Result<Self, ActionError> {
        let tenant_id = context.principal().tenant_id.clone();
        let version = version.to_owned();
        let tally = context.store().read(move |connection| {
            let (open, lifted) = release_gates::count(connection, &tenant_id, &version)?;
            let mut newest = |count: i64, open| {
                if count == 0 {
                    return Ok(Vec::new());
                }
                let filter = Filter {
                    version: Some(version.clone()),
                    open: Some(open),
                };
                release_gates::page(connection, &tenant_id, &filter, None, MOST_SHOWN)
                    .map(|gates| gates.into_iter().map(ReleaseGate::from).collect())
            };
            Ok(Self {
                open,
                lifted,
                open_gates: newest(open, true)?,
                lifted_gates: newest(lifted, false)?,
            })
        });
        Ok(tally.await?)
    }
}
