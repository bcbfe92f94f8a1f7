//! `release_oversight`: what was released, how well that goes, and what may be released next.
//!
//! [`history::History`] is all that the actions compute with. What they compute stands apart from
//! them: [`reverts`] and [`failures`] say what went wrong, [`delivery`] measures, [`risk`] judges.

mod candidate_risk;
mod change_input;
mod compare_releases;
mod comparison;
mod delivery;
mod delivery_metrics;
mod failures;
mod gate;
mod history;
mod lift_gate;
mod list_gates;
mod list_releases;
mod record_release;
mod records;
mod release_readiness;
mod release_risk;
mod reverts;
mod risk;
mod set_gate;
mod shipped;
mod show_release;
mod span;
#[cfg(test)]
mod testing;

use super::{Router, Sample, define};
use crate::scopes::{ScopeDefinition, Sensitivity};

const SCOPE_READ: &str = "releases:read";
const SCOPE_WRITE: &str = "releases:write";

const SOURCE: &str = "Facts of the public git history of uv (github.com/astral-sh/uv), Apache-2.0 or MIT; \
                      people as numbers";

/// The releases of a software project.
pub static ROUTER: Router = Router {
    name: "release_oversight",
    title: "Release oversight",
    description: "What a software project released and what each release shipped; how well delivery \
                  goes (the DORA measures), how risky a release is, and which gates stand before the \
                  next one.",
    scopes: &[
        ScopeDefinition {
            name: SCOPE_READ,
            description: "Read releases, their changes, measures, risks and gates",
            sensitivity: Sensitivity::Normal,
        },
        ScopeDefinition {
            name: SCOPE_WRITE,
            description: "Record releases, set and lift gates before them",
            sensitivity: Sensitivity::Sensitive,
        },
    ],
    actions: &[
        define::<list_releases::ListReleases>(),
        define::<show_release::ShowRelease>(),
        define::<compare_releases::CompareReleases>(),
        define::<delivery_metrics::DeliveryMetrics>(),
        define::<release_risk::ReleaseRisk>(),
        define::<candidate_risk::CandidateRisk>(),
        define::<release_readiness::ReleaseReadiness>(),
        define::<list_gates::ListGates>(),
        define::<set_gate::SetGate>(),
        define::<lift_gate::LiftGate>(),
        define::<record_release::RecordRelease>(),
    ],
    models: &[("release_oversight", include_str!("model.yaml"))],
    samples: &[
        Sample {
            table: "releases",
            csv: include_str!("sample/releases.csv"),
            null: None,
            source: SOURCE,
        },
        Sample {
            table: "release_changes",
            csv: include_str!("sample/release_changes.csv"),
            null: None,
            source: SOURCE,
        },
    ],
};
