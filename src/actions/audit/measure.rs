//! The columns of `audit_risk` that hold numbers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Lists the columns once: the variant, its name in table and JSON, and what it holds.
macro_rules! measures {
    ($($variant:ident, $name:tt, $meaning:tt;)*) => {
        /// A column of the table `audit_risk` that holds numbers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum AuditMeasure {
            $(
                #[doc = $meaning]
                #[serde(rename = $name)]
                $variant,
            )*
        }

        impl AuditMeasure {
            /// Every column, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }

            /// What it holds.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning),*
                }
            }
        }
    };
}

measures! {
    SectorScore, "sector_score", "Historical risk score of the firm's sector; it stands for the sector.";
    ParaA, "para_a", "Discrepancy found in planned expenditure (paragraph A of the report).";
    ScoreA, "score_a", "Score of the discrepancy in planned expenditure.";
    RiskA, "risk_a", "Risk of planned expenditure: para_a times score_a.";
    ParaB, "para_b", "Discrepancy found in unplanned expenditure (paragraph B of the report).";
    ScoreB, "score_b", "Score of the discrepancy in unplanned expenditure.";
    RiskB, "risk_b", "Risk of unplanned expenditure: para_b times score_b.";
    Total, "total", "Discrepancy found altogether: para_a and para_b, in all rows but two of the source.";
    Numbers, "numbers", "Historical discrepancy score.";
    ScoreB1, "score_b1", "Score of the historical discrepancy.";
    RiskC, "risk_c", "Risk of historical discrepancy: numbers times score_b1.";
    MoneyValue, "money_value", "Money involved in misstatements of past audits.";
    ScoreMv, "score_mv", "Score of the money involved.";
    RiskD, "risk_d", "Risk of the money involved: money_value times score_mv.";
    DistrictLoss, "district_loss", "Historical loss of the firm's district.";
    Prob, "prob", "Score of the district's loss.";
    RiskE, "risk_e", "Risk of the district: district_loss times prob.";
    History, "history", "Average historical loss of the firm over the past ten years.";
    Prob2, "prob_2", "Score of the firm's historical loss.";
    RiskF, "risk_f", "Risk of the firm's history: history times prob_2.";
    Score, "score", "Weighted sum of the scores.";
    InherentRisk, "inherent_risk", "Sum of the risks A to F, in all rows but one of the source.";
    ControlRisk, "control_risk", "Risk that the firm's own controls miss an error: risk_e and risk_f together.";
    DetectionRisk, "detection_risk", "Risk that the audit misses an error.";
    AuditRisk, "audit_risk", "Inherent risk times control risk times detection risk.";
}

impl AuditMeasure {
    /// The column that is meant where none is named.
    pub fn usual() -> Self {
        Self::AuditRisk
    }
}
