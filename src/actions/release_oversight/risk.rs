//! How risky a release is, by factors that add up.
//!
//! Each factor turns what it finds into a level from 0 (harmless) to 1 (as bad as it counts), which
//! is a fraction of whole numbers, and gives `weight` · level points, rounded half up to a whole
//! number. The weights add up to 100, and the points to the score: nothing is hidden in between.

use serde::Serialize;
use utoipa::ToSchema;

use super::records::{Change, Release, authors};
use crate::actions::statistics::{count, real};
use crate::model::Timestamp;

mod factors;
#[cfg(test)]
mod tests;

/// A release that is to be judged, whether it has been made or is only planned.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// When it is released.
    pub released_at: Timestamp,
    /// What it ships.
    pub changes: &'a [Change],
    /// The releases before it, oldest first: what it is measured against.
    pub earlier: &'a [Release],
}

/// What a score says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Below 35 points.
    Low,
    /// From 35 to 59 points.
    Moderate,
    /// From 60 points on.
    High,
}

/// One thing that makes a release risky, or does not.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskFactor {
    /// Its name.
    #[schema(example = "size")]
    pub name: &'static str,
    /// What was found.
    #[schema(example = 5120.0)]
    pub value: f64,
    /// What the value counts, and how it becomes a level.
    pub meaning: &'static str,
    /// How bad that is, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub level: f64,
    /// The points that it gives at most.
    #[schema(minimum = 0, maximum = 100)]
    pub weight: u32,
    /// The points that it gives: weight times level, rounded half up.
    #[schema(minimum = 0, maximum = 100)]
    pub points: u32,
}

/// How risky a release is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskAssessment {
    /// The sum of all points.
    #[schema(minimum = 0, maximum = 100)]
    pub score: u32,
    /// What that says.
    pub level: RiskLevel,
    /// Every factor, the heaviest first.
    pub factors: Vec<RiskFactor>,
    /// How many earlier releases it was measured against.
    #[schema(minimum = 0)]
    pub compared_with: usize,
    /// What has to be known to read it well.
    pub notes: Vec<String>,
}

/// Too few to tell what is usual.
const SHORT_HISTORY: usize = 10;

/// Judges a release.
pub fn assess(subject: &Subject<'_>) -> RiskAssessment {
    let factors = factors::all(subject);
    let score = factors.iter().map(|factor| factor.points).sum();
    let mut notes = Vec::new();
    let compared_with = subject.earlier.len();
    if compared_with < SHORT_HISTORY {
        notes.push(format!(
            "Only {compared_with} earlier releases are known, so that what is usual is hardly known, and \
             most authors seem to be new."
        ));
    }
    let undated = subject
        .changes
        .iter()
        .filter(|change| change.committed_at.is_none());
    let undated = undated.count();
    if undated > 0 {
        notes.push(format!(
            "{undated} changes have no commit time and count as settled."
        ));
    }
    RiskAssessment {
        score,
        level: match score {
            0..35 => RiskLevel::Low,
            35..60 => RiskLevel::Moderate,
            _ => RiskLevel::High,
        },
        factors,
        compared_with,
        notes,
    }
}

/// A level: a fraction from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    part: u64,
    whole: u64,
}

impl Level {
    const NONE: Self = Self { part: 0, whole: 1 };

    /// `part` of `whole`, at most all of it; of nothing, none.
    fn of(part: usize, whole: usize) -> Self {
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self::wide(wide(part), wide(whole))
    }

    fn wide(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self::NONE;
        }
        Self {
            part: part.min(whole),
            whole,
        }
    }

    /// Where a value stands among earlier ones: the share of those that are smaller, and half of
    /// those that are equal.
    fn rank(value: i64, earlier: impl Iterator<Item = i64>) -> Self {
        let (mut smaller, mut equal, mut all) = (0_usize, 0_usize, 0_usize);
        for other in earlier {
            smaller += usize::from(other < value);
            equal += usize::from(other == value);
            all += 1;
        }
        Self::of(2 * smaller + equal, 2 * all)
    }

    fn points(self, weight: u32) -> u32 {
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let rounded = (2 * u128::from(weight) * part + whole) / (2 * whole);
        u32::try_from(rounded).unwrap_or(weight)
    }

    fn value(self) -> f64 {
        let wide = |number: u64| real(i64::try_from(number).unwrap_or(i64::MAX));
        wide(self.part) / wide(self.whole)
    }
}
