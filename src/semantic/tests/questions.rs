//! What people ask, and what of the models that come with Ambit must be among the first two hits.

use super::layer::built_in;

/// Questions of every user, each with the names one of which must come first or second.
const QUESTIONS: &[(&str, &[&str])] = &[
    (
        "How many releases were there each month?",
        &["releases_by_month"],
    ),
    (
        "how often do we deploy",
        &["release_count", "releases_by_month"],
    ),
    (
        "how often do we ship?",
        &["release_count", "releases_by_month"],
    ),
    ("deploy", &["releases", "release_count"]),
    (
        "deployment frequency",
        &["release_count", "releases_by_month"],
    ),
    ("MTTR", &["time_to_restore"]),
    ("mean time to recover", &["time_to_restore"]),
    ("mean time to restore", &["time_to_restore"]),
    ("time to recovery after a bad release", &["time_to_restore"]),
    ("which releases failed", &["failed_releases"]),
    (
        "failed deployments",
        &["failed_releases", "change_failure_rate"],
    ),
    ("change failure rate", &["change_failure_rate"]),
    (
        "lead time",
        &["average_lead_time_hours", "lead_time_by_month"],
    ),
    (
        "lead time for changes",
        &["average_lead_time_hours", "lead_time_by_month"],
    ),
    (
        "how long from commit to release",
        &["average_lead_time_hours", "lead_time_by_month"],
    ),
    (
        "which commits were rolled back",
        &["reverts", "reverted_changes"],
    ),
    ("who wrote the most patches", &["most_active_authors"]),
    ("biggest releases", &["largest_releases"]),
    ("SLA breach rate", &["sla_breach_share"]),
    (
        "what is late against its SLA",
        &["sla_breach_count", "sla_breaches_by_priority"],
    ),
    ("overdue tickets", &["sla_breach_count", "late_tickets"]),
    (
        "how long does it take to close a ticket",
        &["time_to_resolve"],
    ),
    (
        "average resolution time",
        &["time_to_resolve", "resolved_at"],
    ),
    (
        "tickets bounced between groups",
        &["most_reassigned_tickets", "reassignment_count"],
    ),
    (
        "ping pong",
        &[
            "reassignment_count",
            "most_reassignments",
            "most_reassigned_tickets",
        ],
    ),
    ("how many tickets are open", &["open_tickets_by_day"]),
    ("backlog", &["open_tickets_by_day"]),
    ("tickets that were reopened", &["reopened_tickets"]),
    ("support team in charge", &["assignment_group"]),
    (
        "risky firms",
        &["riskiest_firms", "risky_firm_count", "firms_by_class"],
    ),
    ("companies with the highest audit risk", &["riskiest_firms"]),
    ("which sector is riskiest", &["risk_by_sector"]),
    ("sector of a firm", &["sector_score"]),
    ("Benford", &["first_digits"]),
    (
        "do the first digits follow Benford's law?",
        &["first_digits"],
    ),
];

fn first(question: &str) -> Vec<String> {
    let hits = built_in().whole().search(question, 2);
    hits.into_iter().map(|hit| hit.name).collect()
}

#[test]
fn questions_find_what_fits() {
    let missed: Vec<String> = QUESTIONS
        .iter()
        .filter_map(|(question, expected)| {
            let found = first(question);
            let fits = found.iter().any(|name| expected.contains(&name.as_str()));
            (!fits).then(|| format!("{question}: {found:?}, not {expected:?}"))
        })
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_says_nothing_finds_nothing() {
    for question in ["zebra crossing", "", "the of and", "how often do we?"] {
        assert!(first(question).is_empty(), "{question}");
    }
}
