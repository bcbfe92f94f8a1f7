//! The router `audit`: how risky audited firms are, and what Ambit's own audit log says.

mod audit_sample;
mod benford_test;
mod firm;
mod firm_profile;
mod firms_by_risk;
mod log;
mod measure;
mod population;
mod risk_distribution;
mod statistics;

use super::action::{Router, Sample, define};
use crate::scopes::{READ_AUDIT, ScopeDefinition, Sensitivity};

/// The router.
pub static ROUTER: Router = Router {
    name: "audit",
    title: "Audit",
    description: "Audited firms by risk, one firm against its sector, reproducible samples and \
                  Benford's law; and questions to Ambit's own audit log.",
    scopes: &[
        ScopeDefinition {
            name: "audit:read",
            description: "Read and analyse the risk figures of audited firms.",
            sensitivity: Sensitivity::Normal,
        },
        READ_AUDIT,
    ],
    actions: &[
        define::<firms_by_risk::FirmsByRisk>(),
        define::<risk_distribution::RiskDistribution>(),
        define::<firm_profile::FirmProfile>(),
        define::<audit_sample::AuditSample>(),
        define::<benford_test::BenfordTest>(),
        define::<log::WhoDidWhat>(),
        define::<log::Denials>(),
        define::<log::SensitiveScopeUse>(),
        define::<log::VerifyAuditChain>(),
    ],
    models: &[("audit", include_str!("model.yaml"))],
    samples: &[Sample {
        table: firm::TABLE,
        csv: include_str!("sample/audit_risk.csv"),
        null: None,
        source: "Audit Data, UCI Machine Learning Repository (Hooda, 2018), CC BY 4.0",
    }],
};
