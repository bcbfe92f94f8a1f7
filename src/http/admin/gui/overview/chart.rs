//! Bars over time, drawn as SVG.

use super::figures::{Figures, MINUTE, QUARTER};
use crate::http::admin::gui::audit::{link_to, period_title};
use crate::http::admin::gui::shell::Moment;
use crate::model::Timestamp;
use crate::storage::overview::SlotCount;

/// How high the tallest bar is, in the drawing's own units.
const HEIGHT: i64 = 100;
/// How wide a slot is, in the same; its bar leaves a gap.
const SLOT: i64 = 10;

/// A chart.
pub struct Chart {
    /// What it is called.
    pub title: &'static str,
    /// How long a slot is.
    pub per: &'static str,
    /// How wide the drawing is.
    pub width: i64,
    /// One a slot in which something happened.
    pub bars: Vec<Bar>,
    /// Tokens in all slots.
    pub tokens: i64,
    /// Their records.
    pub tokens_link: String,
    /// Actions in all slots.
    pub actions: i64,
    /// Their records.
    pub actions_link: String,
    /// Tokens and actions of the fullest slot.
    pub most: i64,
    /// When it begins.
    pub begins: Moment,
    /// Where counting began, if that is later.
    pub counted_from: Option<Moment>,
}

/// What happened in one slot: actions stand on tokens.
pub struct Bar {
    /// From the left.
    pub x: i64,
    /// Where the tokens begin, from above.
    pub tokens_y: i64,
    /// How high they are.
    pub tokens_height: i64,
    /// Where the actions begin, from above.
    pub actions_y: i64,
    /// How high they are.
    pub actions_height: i64,
    /// What it says.
    pub said: String,
}

/// The last hour and the last day.
pub fn both(figures: &Figures, now: Timestamp) -> [Chart; 2] {
    let chart =
        |period, per, counts, slot, slots| Chart::new(period, per, counts, (slot, slots), now);
    let hour = chart("1h", "minute", &figures.hour, MINUTE, 60);
    let mut day = chart("24h", "15 minutes", &figures.day, QUARTER, 96);
    day.counted_from = figures.counted_from.map(|time| Moment::new(time, now));
    [hour, day]
}

impl Chart {
    fn new(
        period: &'static str,
        per: &'static str,
        counts: &[SlotCount],
        (slot, slots): (i64, i64),
        now: Timestamp,
    ) -> Self {
        let last = now.micros().div_euclid(slot);
        let first = last.saturating_sub(slots).saturating_add(1);
        let of = |wanted: i64, event: &str| {
            let mut own = counts
                .iter()
                .filter(|one| one.slot == wanted && one.event == event);
            own.next().map_or(0, |one| one.count)
        };
        let found: Vec<_> = (first..=last)
            .map(|slot| (slot, of(slot, "token.issue"), of(slot, "action")))
            .filter(|(_, tokens, actions)| tokens.saturating_add(*actions) > 0)
            .collect();
        let most = found
            .iter()
            .map(|(_, tokens, actions)| tokens.saturating_add(*actions))
            .max()
            .unwrap_or(0);
        let height = |count: i64| {
            let height = count.saturating_mul(HEIGHT).checked_div(most);
            height.unwrap_or_default().max(i64::from(count > 0))
        };
        let bar = |(at, tokens, actions): &(i64, i64, i64)| {
            let (tokens_height, actions_height) = (height(*tokens), height(*actions));
            let tokens_y = HEIGHT.saturating_sub(tokens_height);
            let time = Timestamp::from_micros(at.saturating_mul(slot));
            let clock = time.rfc3339();
            let clock = clock.get(11..16).unwrap_or_default();
            Bar {
                x: at.saturating_sub(first).saturating_mul(SLOT),
                tokens_y,
                tokens_height,
                actions_y: tokens_y.saturating_sub(actions_height),
                actions_height,
                said: format!("{clock} UTC: {tokens} tokens, {actions} actions"),
            }
        };
        let begins = Timestamp::from_micros(first.saturating_mul(slot));
        let records = |event| {
            link_to(&[
                ("period", period),
                ("event", event),
                ("decision", "allowed"),
            ])
        };
        Self {
            title: period_title(period),
            per,
            width: slots.saturating_mul(SLOT),
            bars: found.iter().map(bar).collect(),
            tokens: found.iter().map(|(_, tokens, _)| tokens).sum(),
            tokens_link: records("token.issue"),
            actions_link: records("action"),
            actions: found.iter().map(|(_, _, actions)| actions).sum(),
            most,
            begins: Moment::new(begins, now),
            counted_from: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_in_their_slots_and_on_each_other() {
        let now = Timestamp::from_seconds(1_795_000_020);
        let slot = now.micros().div_euclid(MINUTE);
        let count = |slot: i64, event: &str, count: i64| SlotCount {
            slot,
            event: event.to_owned(),
            count,
        };
        let counts = [
            count(slot, "token.issue", 30),
            count(slot, "action", 10),
            count(slot - 59, "action", 1),
            // Before the first slot.
            count(slot - 60, "action", 99),
        ];
        let chart = Chart::new("", "", &counts, (MINUTE, 60), now);
        assert_eq!((chart.tokens, chart.actions, chart.most), (30, 11, 40));
        let [first, last] = &chart.bars[..] else {
            panic!("two bars")
        };
        assert_eq!((first.x, last.x), (0, 590));
        assert_eq!((last.tokens_y, last.tokens_height), (25, 75));
        assert_eq!((last.actions_y, last.actions_height), (0, 25));
        assert_eq!(last.said, "11:07 UTC: 30 tokens, 10 actions");
    }

    #[test]
    fn nothing_is_drawn_where_nothing_happened() {
        let chart = Chart::new("", "", &[], (MINUTE, 60), Timestamp::from_seconds(0));
        assert!(chart.bars.is_empty());
        assert_eq!(chart.most, 0);
    }
}
