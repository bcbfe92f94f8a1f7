//! The factors of a release's risk.

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};

use super::{Change, Level, RiskFactor, Subject, authors, count, real};
use crate::model::Timestamp;

/// Lines of a change that is hard to review as a whole.
const LARGE_CHANGE: i64 = 1000;
const DAY_MICROS: u64 = 86_400_000_000;

/// Every factor, the heaviest first. The weights add up to 100.
pub(super) fn all(subject: &Subject<'_>) -> Vec<RiskFactor> {
    vec![
        size(subject),
        batch(subject),
        large_changes(subject),
        distinct_authors(subject),
        new_authors(subject),
        reverts(subject),
        unsettled(subject),
        waiting(subject),
        hurry(subject),
        odd_hour(subject),
    ]
}

fn factor(
    name: &'static str,
    weight: u32,
    value: f64,
    level: Level,
    meaning: &'static str,
) -> RiskFactor {
    RiskFactor {
        name,
        value,
        meaning,
        level: level.value(),
        weight,
        points: level.points(weight),
    }
}

fn size(subject: &Subject<'_>) -> RiskFactor {
    let lines = subject
        .changes
        .iter()
        .map(Change::lines)
        .fold(0, i64::saturating_add);
    let level = Level::rank(lines, subject.earlier.iter().map(|release| release.lines()));
    let meaning = "Lines added and removed. The level is the share of earlier releases that had fewer, \
                   and half of those that had as many.";
    factor("size", 20, real(lines), level, meaning)
}

fn batch(subject: &Subject<'_>) -> RiskFactor {
    let changes = subject.changes.len();
    let earlier = subject
        .earlier
        .iter()
        .map(|release| whole(release.changes.len()));
    let level = Level::rank(whole(changes), earlier);
    let meaning = "Changes shipped together. The level is the share of earlier releases that had fewer, \
                   and half of those that had as many.";
    factor("batch", 10, count(changes), level, meaning)
}

fn large_changes(subject: &Subject<'_>) -> RiskFactor {
    let large = subject
        .changes
        .iter()
        .filter(|change| change.lines() > LARGE_CHANGE);
    let large = large.count();
    let meaning = "Changes of more than 1,000 lines added and removed. The level is a quarter for each, \
                   at most 1.";
    factor(
        "large_changes",
        10,
        count(large),
        Level::of(large, 4),
        meaning,
    )
}

fn distinct_authors(subject: &Subject<'_>) -> RiskFactor {
    let found = authors(subject.changes).len();
    let earlier = subject
        .earlier
        .iter()
        .map(|release| whole(authors(&release.changes).len()));
    let level = Level::rank(whole(found), earlier);
    let meaning = "Authors of its changes. The level is the share of earlier releases that had fewer, \
                   and half of those that had as many.";
    factor("authors", 10, count(found), level, meaning)
}

fn new_authors(subject: &Subject<'_>) -> RiskFactor {
    let known = authors(subject.earlier.iter().flat_map(|release| &release.changes));
    let is_new = |change: &&Change| {
        let author = change.author.as_deref();
        author.is_some_and(|author| !known.contains(author))
    };
    let new = subject.changes.iter().filter(is_new).count();
    let share = Level::of(new, subject.changes.len());
    let level = Level::of(new.saturating_mul(4), subject.changes.len());
    let meaning = "The share of changes whose author no earlier release has a change of. The level is 1 \
                   from a quarter on, and less in proportion.";
    factor("new_authors", 10, share.value(), level, meaning)
}

fn reverts(subject: &Subject<'_>) -> RiskFactor {
    let reverts = subject
        .changes
        .iter()
        .filter(|change| change.reverts.is_some());
    let reverts = reverts.count();
    let meaning = "Changes that revert another. The level is a third for each, at most 1.";
    factor(
        "reverts",
        10,
        count(reverts),
        Level::of(reverts, 3),
        meaning,
    )
}

fn unsettled(subject: &Subject<'_>) -> RiskFactor {
    let day_before = subject
        .released_at
        .micros()
        .saturating_sub_unsigned(DAY_MICROS);
    let is_young = |change: &&Change| {
        change
            .committed_at
            .is_some_and(|at| at > Timestamp::from_micros(day_before))
    };
    let young = subject.changes.iter().filter(is_young).count();
    let level = Level::of(young, subject.changes.len());
    let meaning = "The share of changes that were committed less than 24 hours before the release, which \
                   is the level itself.";
    factor("unsettled", 10, level.value(), level, meaning)
}

fn waiting(subject: &Subject<'_>) -> RiskFactor {
    let meaning = "Seconds since the release before. The level is the share of earlier such gaps that \
                   were shorter, and half of those that were as long.";
    let (name, weight) = ("waiting", 10);
    let Some(gap) = gap(subject) else {
        return factor(name, weight, 0.0, Level::NONE, meaning);
    };
    let later = subject.earlier.iter().skip(1);
    let earlier = subject.earlier.iter().zip(later);
    let earlier = earlier.map(|(one, next)| between(one.released_at, next.released_at));
    factor(
        name,
        weight,
        real(gap) / 1e6,
        Level::rank(gap, earlier),
        meaning,
    )
}

fn hurry(subject: &Subject<'_>) -> RiskFactor {
    let meaning = "Seconds that are missing to a whole day since the release before: haste is rarely \
                   planned. The level is their share of a day.";
    let gap = gap(subject).and_then(|gap| u64::try_from(gap).ok());
    let missing = gap.map_or(0, |gap| DAY_MICROS.saturating_sub(gap));
    let seconds = real(i64::try_from(missing).unwrap_or(i64::MAX)) / 1e6;
    factor(
        "hurry",
        5,
        seconds,
        Level::wide(missing, DAY_MICROS),
        meaning,
    )
}

fn odd_hour(subject: &Subject<'_>) -> RiskFactor {
    let meaning = "Half-days at which fewer people watch, in UTC: 2 on a Saturday or Sunday, else 1 \
                   between 22:00 and 06:00, else 0. The level is half of it.";
    let time = DateTime::<Utc>::from_timestamp_micros(subject.released_at.micros());
    let time = time.unwrap_or_default();
    let halves = match (time.weekday(), time.hour()) {
        (Weekday::Sat | Weekday::Sun, _) => 2,
        (_, 22.. | 0..6) => 1,
        _ => 0,
    };
    factor("odd_hour", 5, count(halves), Level::of(halves, 2), meaning)
}

/// Microseconds since the release before, if there is one.
fn gap(subject: &Subject<'_>) -> Option<i64> {
    let last = subject.earlier.last()?;
    Some(between(last.released_at, subject.released_at))
}

fn between(one: Timestamp, other: Timestamp) -> i64 {
    other.micros().saturating_sub(one.micros())
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
