//! Which records an address asks for. What makes no sense asks for nothing.

use std::time::Duration;

use actix_web::web::Query;
use serde::Deserialize;
use url::form_urlencoded;

use super::HERE;
use crate::audit::{Decision, EVENTS};
use crate::model::{TenantId, Timestamp};
use crate::storage::audit_records::Filter;

/// Longest text that is looked for, in characters; no record holds a longer one.
const LONGEST: usize = 256;
/// Decisions, as addresses and records name them.
pub const DECISIONS: [Decision; 4] = [
    Decision::Allowed,
    Decision::Denied,
    Decision::Limited,
    Decision::Failed,
];
/// Stretches of time to choose from: as addresses name them, as people do, and in seconds.
pub static PERIODS: [(&str, &str, u64); 5] = [
    ("15m", "Last 15 minutes", 900),
    ("1h", "Last hour", 3_600),
    ("24h", "Last 24 hours", 86_400),
    ("7d", "Last 7 days", 604_800),
    ("30d", "Last 30 days", 2_592_000),
];

/// The members of the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// One of [`PERIODS`]; `from` and `to` go before it.
    pub period: String,
    /// Not before this time, in UTC.
    pub from: String,
    /// Before this time, in UTC.
    pub to: String,
    /// The client concerned.
    pub client: String,
    /// An action, or whatever else it was done to.
    pub target: String,
    /// One of [`EVENTS`].
    pub event: String,
    /// A decision; `refused` is every one but allowed.
    pub decision: String,
    /// Why it was decided so.
    pub reason: String,
    /// A request.
    pub request_id: String,
    /// Only records before this number.
    pub before: String,
}

impl Asked {
    /// What a query says.
    pub fn read(query: Option<Query<Self>>) -> Self {
        let asked = query.map(Query::into_inner).unwrap_or_default();
        let is_event = EVENTS.contains(&asked.event.as_str());
        let is_decision = asked.decision == "refused" || decision(&asked.decision).is_some();
        Self {
            period: kept(asked.period.clone(), period(&asked.period).is_some()),
            from: kept(asked.from.clone(), time(&asked.from).is_some()),
            to: kept(asked.to.clone(), time(&asked.to).is_some()),
            client: text(&asked.client),
            target: text(&asked.target),
            event: kept(asked.event, is_event),
            decision: kept(asked.decision, is_decision),
            reason: reason(&asked.reason),
            request_id: text(&asked.request_id),
            before: kept(asked.before.clone(), asked.before.parse::<i64>().is_ok()),
        }
    }

    /// The record before which the page begins.
    pub fn before(&self) -> Option<i64> {
        self.before.parse().ok()
    }

    /// Whether some records are left out.
    pub fn is_filtered(&self) -> bool {
        self.members().iter().any(|(_, value)| !value.is_empty())
    }

    /// Whether the time is given by its ends.
    pub fn has_ends(&self) -> bool {
        !self.from.is_empty() || !self.to.is_empty()
    }

    /// Whether anything is asked for that is seldom asked for.
    pub fn has_more(&self) -> bool {
        let seldom = [&self.target, &self.reason, &self.request_id];
        self.has_ends() || seldom.iter().any(|text| !text.is_empty())
    }

    /// The filter for the database.
    pub fn filter(&self, tenant_id: &TenantId, now: Timestamp) -> Filter {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let preset = period(&self.period).filter(|_| !self.has_ends());
        let since = preset.map(|seconds| now.minus(Duration::from_secs(seconds)));
        Filter {
            client_id: given(&self.client),
            event: given(&self.event),
            decision: decision(&self.decision).map(|decision| decision.name().to_owned()),
            refused: !matches!(self.decision.as_str(), "" | "allowed"),
            tenant_id: Some(tenant_id.as_str().to_owned()),
            target: given(&self.target),
            reason: given(&self.reason),
            request_id: given(&self.request_id),
            from_seq: None,
            from: time(&self.from).or(since).map(Timestamp::micros),
            until: time(&self.to).map(Timestamp::micros),
        }
    }

    /// An address below the audit pages that asks for the same records.
    pub fn link(&self, below: &str, more: &[(&str, &str)]) -> String {
        let members = self.members();
        let all: Vec<_> = members.iter().chain(more).copied().collect();
        format!("{HERE}{below}{}", query(&all))
    }

    fn members(&self) -> [(&str, &str); 9] {
        [
            ("period", self.period.as_str()),
            ("from", &self.from),
            ("to", &self.to),
            ("client", &self.client),
            ("target", &self.target),
            ("event", &self.event),
            ("decision", &self.decision),
            ("reason", &self.reason),
            ("request_id", &self.request_id),
        ]
    }
}

/// The address of the list with this filter.
pub fn link(members: &[(&str, &str)]) -> String {
    format!("{HERE}{}", query(members))
}

fn query(members: &[(&str, &str)]) -> String {
    let given = members.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish();
    if query.is_empty() {
        query
    } else {
        format!("?{query}")
    }
}

fn kept(text: String, makes_sense: bool) -> String {
    if makes_sense { text } else { String::new() }
}

fn text(text: &str) -> String {
    let letters = text.trim().chars().filter(|letter| *letter != '\0');
    letters.take(LONGEST).collect()
}

/// A reason, as records write it, whether it was typed so or as lists show it.
fn reason(typed: &str) -> String {
    text(typed).to_lowercase().replace(' ', "_")
}

fn decision(name: &str) -> Option<Decision> {
    DECISIONS
        .into_iter()
        .find(|decision| decision.name() == name)
}

/// What people call one of [`PERIODS`].
pub fn period_title(name: &str) -> &'static str {
    named(name).map_or("", |(_, title, _)| title)
}

fn period(name: &str) -> Option<u64> {
    named(name).map(|(_, _, seconds)| *seconds)
}

fn named(name: &str) -> Option<&'static (&'static str, &'static str, u64)> {
    PERIODS.iter().find(|(known, _, _)| *known == name)
}

/// A time in UTC, as a form's field writes it or in full.
fn time(text: &str) -> Option<Timestamp> {
    let is_short = text.len() == "2026-11-22T10:11".len();
    let whole = if is_short {
        format!("{text}:00Z")
    } else {
        format!("{text}Z")
    };
    Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_rfc3339(&whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc() {
        let expected = Timestamp::parse_rfc3339("2026-11-22T10:11:00Z");
        for text in [
            "2026-11-22T10:11",
            "2026-11-22T10:11:00",
            "2026-11-22T10:11:00Z",
            "2026-11-22T11:11:00+01:00",
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        for text in ["", "now", "2026-11-22", "2026-13-01T00:00"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_asks_for_nothing() {
        let asked = Asked {
            period: "1y".to_owned(),
            from: "x".to_owned(),
            event: "no.such".to_owned(),
            decision: "maybe".to_owned(),
            client: " \0 ".to_owned(),
            reason: " ".to_owned(),
            before: "-".to_owned(),
            ..Asked::default()
        };
        let read = Asked::read(Some(Query(asked)));
        assert!(!read.is_filtered());
        assert_eq!(read.before(), None);
        assert_eq!(read.link("", &[]), HERE);
    }

    #[test]
    fn a_reason_is_found_as_lists_show_it() {
        let asked = Asked {
            reason: " Wrong secret ".to_owned(),
            ..Asked::default()
        };
        let read = Asked::read(Some(Query(asked)));
        assert_eq!(read.link("", &[]), "/admin/audit?reason=wrong_secret");
    }

    #[test]
    fn the_ends_go_before_the_preset() {
        let asked = Asked {
            period: "1h".to_owned(),
            to: "2026-11-22T10:11".to_owned(),
            ..Asked::default()
        };
        let filter = asked.filter(&TenantId::default(), Timestamp::from_seconds(1_795_000_000));
        assert_eq!(filter.from, None);
        assert!(filter.until.is_some());
    }
}
