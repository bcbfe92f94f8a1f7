//! Systematic monetary-unit sampling, in whole numbers: amounts are counted in millionths, so that no
//! rounding decides what is drawn.

use super::ticket::ticket;
use super::{AuditSampleItem, Drawn, MonetaryUnits};
use crate::actions::ActionError;
use crate::actions::audit::firm::Firm;
use crate::actions::audit::measure::AuditMeasure;
use crate::actions::audit::population::Population;

/// Bits of the random start.
const START_BITS: u32 = 52;
/// Hexadecimal digits that hold them.
const START_DIGITS: usize = 13;
/// Highest total in millionths: what it is multiplied with stays within 128 bits.
const HIGHEST_TOTAL: u128 = 1 << 64;

/// Draws `size` units of the amounts of a column.
pub fn draw(
    population: &mut Population<'_>,
    seed: &str,
    size: u32,
    value: AuditMeasure,
) -> Result<Drawn, ActionError> {
    let measured = population.measured(value);
    let amounts = amounts(&measured);
    let zero = measured.iter().filter(|(_, amount)| *amount == 0.0).count();
    let left_out = measured.len().saturating_sub(amounts.len());
    if left_out > 0 {
        population.notes.push(format!(
            "{left_out} firms have no amount above zero in {} and cannot be drawn: {zero} zero, {} \
             negative or less than a millionth.",
            value.name(),
            left_out.saturating_sub(zero)
        ));
    }
    let total: u128 = amounts.iter().map(|amount| amount.millionths).sum();
    if total == 0 {
        return Err(ActionError::invalid(
            "value",
            "no firm has an amount above zero",
        ));
    }
    if total > HIGHEST_TOTAL {
        return Err(ActionError::invalid(
            "value",
            "the amounts are too large to be laid end to end",
        ));
    }
    let start = start(seed);
    let hits = hits(&amounts, total, size, start);
    let interval = units(total) / f64::from(size);
    let reaches_interval =
        |amount: &Amount<'_>| amount.millionths.saturating_mul(u128::from(size)) >= total;
    let items = amounts.iter().zip(&hits).filter(|(_, hits)| **hits > 0);
    let items = items.map(|(amount, hits)| AuditSampleItem {
        value: Some(amount.value),
        hits: Some(*hits),
        certainty: Some(reaches_interval(amount)),
        ..AuditSampleItem::of(amount.firm)
    });
    Ok(Drawn {
        items: items.collect(),
        strata: Vec::new(),
        monetary_unit: Some(MonetaryUnits {
            value,
            firms: amounts.len(),
            total_value: units(total),
            interval,
            random_start: interval * fraction(start),
            certainty_items: amounts
                .iter()
                .filter(|amount| reaches_interval(amount))
                .count(),
        }),
        procedure: format!(
            "Lay the amounts above zero end to end in the order of firm_id, in millionths; T is \
             their total, n is {size}, r is the number of the first {START_DIGITS} hexadecimal digits \
             of the SHA-256 of SEED:start. Draw the firms that hold the units at \
             floor((k * 2^{START_BITS} + r) * T / (n * 2^{START_BITS})), counted from 0, for k from 0 \
             to n - 1."
        ),
    })
}

struct Amount<'a> {
    firm: &'a Firm,
    value: f64,
    millionths: u128,
}

/// The amounts above zero, rounded to millionths.
fn amounts<'a>(measured: &[(&'a Firm, f64)]) -> Vec<Amount<'a>> {
    let amounts = measured.iter().filter_map(|(firm, value)| {
        let millionths = millionths(*value)?;
        Some(Amount {
            firm,
            value: *value,
            millionths,
        })
    });
    amounts.collect()
}

/// A value above zero in millionths; `None` if it has none.
fn millionths(value: f64) -> Option<u128> {
    let digits = format!("{value:.6}").replace('.', "");
    digits.parse().ok().filter(|millionths| *millionths > 0)
}

/// Millionths as a number of whole units.
fn units(millionths: u128) -> f64 {
    let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
    format!("{whole}.{rest:06}")
        .parse()
        .unwrap_or(f64::INFINITY)
}

/// Below 2^52, from the seed.
fn start(seed: &str) -> u64 {
    let digest = ticket(seed, "start");
    let digits = digest.get(..START_DIGITS).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default()
}

/// Which part of 2^52 a start is.
fn fraction(start: u64) -> f64 {
    let high = u32::try_from(start >> 32).unwrap_or_default();
    let low = u32::try_from(start & u64::from(u32::MAX)).unwrap_or_default();
    (f64::from(high) * 2f64.powi(32) + f64::from(low)) / 2f64.powi(52)
}

/// How many of the drawn units each amount holds. The products stay below 2^127: ten bits of the size,
/// 52 of the start, 64 of the total.
fn hits(amounts: &[Amount<'_>], total: u128, size: u32, start: u64) -> Vec<u32> {
    let place = |number: u32| {
        let steps = (u128::from(number) << START_BITS).saturating_add(u128::from(start));
        steps.saturating_mul(total) / (u128::from(size) << START_BITS)
    };
    let mut number = 0;
    let mut end = 0u128;
    let hits = amounts.iter().map(|amount| {
        end = end.saturating_add(amount.millionths);
        let before = number;
        while number < size && place(number) < end {
            number = number.saturating_add(1);
        }
        number.saturating_sub(before)
    });
    hits.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_counted_in_millionths() {
        assert_eq!(millionths(3.38), Some(3_380_000));
        assert_eq!(millionths(0.000_000_4), None);
        assert_eq!(millionths(0.0), None);
        assert_eq!(millionths(-1.0), None);
        assert_eq!(units(3_380_001), 3.380_001);
    }

    fn firm() -> Firm {
        let row = vec![crate::warehouse::Value::Null; AuditMeasure::ALL.len() + 2];
        crate::actions::audit::firm::Firms::of_rows(&[row])
            .all
            .remove(0)
    }

    #[test]
    fn an_amount_that_reaches_the_interval_is_always_hit() {
        let firm = firm();
        let amounts = amounts(&[(&firm, 1.0), (&firm, 8.0), (&firm, 1.0)]);
        for start in [0, 1 << 51, (1 << 52) - 1] {
            let hits = hits(&amounts, 10_000_000, 5, start);
            assert_eq!(hits.iter().sum::<u32>(), 5);
            assert!(hits[1] >= 4, "{hits:?}");
        }
    }

    proptest! {
        #[test]
        fn every_unit_that_is_drawn_hits_somebody(values in prop::collection::vec(0.01f64..1e9, 1..60), size in 1u32..1000, start in 0u64..1 << 52) {
            let firm = firm();
            let measured: Vec<_> = values.iter().map(|value| (&firm, *value)).collect();
            let amounts = amounts(&measured);
            let total = amounts.iter().map(|amount| amount.millionths).sum();
            let hits = hits(&amounts, total, size, start);
            prop_assert_eq!(hits.iter().sum::<u32>(), size);
            for (amount, hits) in amounts.iter().zip(hits) {
                let exact = amount.millionths * u128::from(size) / total;
                prop_assert!(u128::from(hits) >= exact && u128::from(hits) <= exact + 1);
            }
        }
    }
}
