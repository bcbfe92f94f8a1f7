//! The rules of a release's risk.

use proptest::prelude::*;

use super::*;
use crate::actions::release_oversight::testing::{change, release};

/// A Wednesday at noon.
const NOON: i64 = 1_764_763_200;
const DAY: i64 = 86_400;

fn assess_at(second: i64, changes: Vec<Change>, earlier: &[Release]) -> RiskAssessment {
    assess(&Subject {
        released_at: Timestamp::from_seconds(second),
        changes: &changes,
        earlier,
    })
}

fn points(assessment: &RiskAssessment, name: &str) -> u32 {
    let mut factors = assessment.factors.iter();
    factors.find(|factor| factor.name == name).unwrap().points
}

#[test]
fn the_weights_add_up_to_a_hundred() {
    let assessment = assess_at(NOON, Vec::new(), &[]);
    let weights: u32 = assessment.factors.iter().map(|factor| factor.weight).sum();
    assert_eq!(weights, 100);
    assert_eq!(assessment.score, 0);
    assert_eq!(assessment.level, RiskLevel::Low);
}

#[test]
fn points_are_rounded_half_up() {
    assert_eq!(Level::of(1, 4).points(10), 3);
    assert_eq!(Level::of(24, 100).points(10), 2);
    assert_eq!(Level::of(9, 4).points(10), 10);
    assert_eq!(Level::of(3, 0).points(10), 0);
    assert_eq!(Level::wide(u64::MAX, u64::MAX).points(20), 20);
}

#[test]
fn a_value_among_equals_stands_in_the_middle() {
    assert_eq!(Level::rank(5, [5, 5].into_iter()).value(), 0.5);
    assert_eq!(Level::rank(5, [1, 5, 9, 9].into_iter()).value(), 0.375);
    assert_eq!(Level::rank(5, std::iter::empty()), Level::NONE);
}

#[test]
fn hours_are_odd_at_night_and_days_at_the_weekend() {
    let points = |second| points(&assess_at(second, Vec::new(), &[]), "odd_hour");
    assert_eq!(points(NOON), 0);
    assert_eq!(points(NOON + 10 * 3600 - 1), 0);
    assert_eq!(points(NOON + 10 * 3600), 3);
    assert_eq!(points(NOON + 18 * 3600 - 1), 3);
    assert_eq!(points(NOON + 18 * 3600), 0);
    assert_eq!(points(NOON + 3 * DAY), 5);
}

#[test]
fn haste_and_waiting_are_told_apart() {
    let earlier = [
        release("1", NOON - 9 * DAY, vec![]),
        release("2", NOON - 5 * DAY, vec![]),
        release("3", NOON - 3 * DAY, vec![]),
    ];
    let soon = assess_at(NOON - 3 * DAY + DAY / 2, Vec::new(), &earlier);
    assert_eq!((points(&soon, "hurry"), points(&soon, "waiting")), (3, 0));
    let late = assess_at(NOON, Vec::new(), &earlier);
    assert_eq!((points(&late, "hurry"), points(&late, "waiting")), (0, 5));
}

#[test]
fn authors_are_new_until_a_release_has_a_change_of_theirs() {
    let earlier = [release(
        "1",
        NOON - DAY,
        vec![change("a", 1, "A").by("known")],
    )];
    let changes = || (0..8).map(|number| change(&number.to_string(), 1, "B").by("known"));
    let mut with_stranger: Vec<Change> = changes().collect();
    assert_eq!(
        points(
            &assess_at(NOON, with_stranger.clone(), &earlier),
            "new_authors"
        ),
        0
    );
    with_stranger[0].author = Some("stranger".to_owned());
    assert_eq!(
        points(&assess_at(NOON, with_stranger, &earlier), "new_authors"),
        5
    );
}

proptest! {
    #[test]
    fn the_points_add_up_to_a_score_of_at_most_a_hundred(
        sizes in proptest::collection::vec((0i64..i64::MAX, 0i64..4_000_000_000), 0..12),
        earlier in proptest::collection::vec(0i64..4_000_000_000, 0..12),
        released_at in any::<i64>(),
    ) {
        let mut earlier: Vec<Release> = earlier
            .into_iter()
            .map(|second| release("1", second, vec![change("a", second, "A")]))
            .collect();
        earlier.sort_by_key(|release| release.released_at);
        let changes = sizes.into_iter().enumerate().map(|(number, (lines, second))| Change {
            lines_added: lines,
            ..change(&number.to_string(), second, "B")
        });
        let assessment = assess_at(released_at, changes.collect(), &earlier);
        let sum: u32 = assessment.factors.iter().map(|factor| factor.points).sum();
        prop_assert_eq!(sum, assessment.score);
        prop_assert!(assessment.score <= 100);
        for factor in &assessment.factors {
            prop_assert!((0.0..=1.0).contains(&factor.level), "{factor:?}");
            prop_assert!(factor.points <= factor.weight, "{factor:?}");
        }
    }
}
