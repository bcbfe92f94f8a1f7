//! What one look found.

use serde::Serialize;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, and could go wrong.
    Warning,
    /// A server here fails, or is not safe.
    Problem,
}

/// One check and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub check: &'static str,
    /// How grave it is.
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Ok,
            detail: detail.into(),
            advice: None,
        }
    }

    /// It works, and could go wrong.
    pub fn warning(check: &'static str, detail: impl Into<String>, advice: &str) -> Self {
        let advice = Some(advice.to_owned());
        Self {
            check,
            status: Status::Warning,
            detail: detail.into(),
            advice,
        }
    }

    /// A server here fails, or is not safe.
    pub fn problem(check: &'static str, detail: impl Into<String>, advice: &str) -> Self {
        Self {
            status: Status::Problem,
            ..Self::warning(check, detail, advice)
        }
    }

    /// As lines of text.
    pub fn text(&self) -> String {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Problem => "problem",
        };
        let detail = self.detail.replace('\n', "\n                      ");
        let advice = self
            .advice
            .iter()
            .map(|advice| format!("                      {advice}\n"));
        format!(
            "{status:<8}  {:<10}  {detail}\n{}",
            self.check,
            advice.collect::<String>()
        )
    }
}
