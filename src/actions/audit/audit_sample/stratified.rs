//! So many firms of each stratum.

use super::ticket::lowest;
use super::{AuditAllocation, AuditSampleItem, AuditStratum, Drawn};
use crate::actions::audit::population::{AuditGrouping, Population};

/// Draws from each stratum the firms with its lowest tickets. `size` is at most what there is.
pub fn draw(
    population: &mut Population<'_>,
    seed: &str,
    size: usize,
    grouping: AuditGrouping,
    allocation: AuditAllocation,
) -> Drawn {
    let groups = grouping.split(&population.firms);
    let sizes: Vec<usize> = groups.iter().map(|(_, firms)| firms.len()).collect();
    let shares = match allocation {
        AuditAllocation::Proportional => proportional(&sizes, size),
        AuditAllocation::Equal => equal(&sizes, size),
    };
    let mut items = Vec::with_capacity(size);
    let mut strata = Vec::with_capacity(groups.len());
    for ((stratum, firms), share) in groups.into_iter().zip(shares) {
        let drawn = lowest(seed, &firms, share);
        items.extend(drawn.into_iter().map(|item| AuditSampleItem {
            stratum: Some(stratum.clone()),
            ..item
        }));
        strata.push(AuditStratum {
            stratum,
            firms: firms.len(),
            drawn: share,
        });
    }
    let empty = strata.iter().filter(|stratum| stratum.drawn == 0).count();
    if empty > 0 {
        population.notes.push(format!(
            "{empty} strata are too small for a firm of theirs to be drawn."
        ));
    }
    Drawn {
        items,
        strata,
        monetary_unit: None,
        procedure: "In each stratum, sort the firms by ticket, the SHA-256 of SEED:FIRM_ID in \
                    hexadecimal; take as many as `strata` says were drawn."
            .to_owned(),
    }
}

/// Each stratum's part of `size` by its own size, rounded down; what is left goes one by one to the
/// largest remainders, of equal ones to the first.
fn proportional(sizes: &[usize], size: usize) -> Vec<usize> {
    let total = sizes.iter().sum::<usize>().max(1);
    let exact = |own: &usize| own.saturating_mul(size);
    let mut shares: Vec<usize> = sizes.iter().map(|own| exact(own) / total).collect();
    let mut by_remainder: Vec<(usize, usize)> = sizes
        .iter()
        .enumerate()
        .map(|(place, own)| (exact(own) % total, place))
        .collect();
    by_remainder.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    let left = size.saturating_sub(shares.iter().sum());
    for (_, place) in by_remainder.into_iter().take(left) {
        if let Some(share) = shares.get_mut(place) {
            *share = share.saturating_add(1);
        }
    }
    shares
}

/// The same for each stratum, and one more for the first ones if it does not divide. What a stratum
/// cannot fill is shared among the others in the same way.
fn equal(sizes: &[usize], size: usize) -> Vec<usize> {
    let mut shares = vec![0; sizes.len()];
    let mut left = size;
    loop {
        let open: Vec<usize> = (0..sizes.len())
            .filter(|place| shares.get(*place) < sizes.get(*place))
            .collect();
        if left == 0 || open.is_empty() {
            return shares;
        }
        let (each, over) = (left / open.len(), left % open.len());
        for (order, place) in open.into_iter().enumerate() {
            let wanted = each.saturating_add(usize::from(order < over));
            let (Some(share), Some(own)) = (shares.get_mut(place), sizes.get(place)) else {
                continue;
            };
            let given = wanted.min(own.saturating_sub(*share));
            *share = share.saturating_add(given);
            left = left.saturating_sub(given);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_remainders_get_what_rounding_left() {
        // Exact shares of 10: 4.7, 1.6 and 3.7.
        assert_eq!(proportional(&[47, 16, 37], 10), [5, 1, 4]);
        assert_eq!(proportional(&[1, 1, 1], 2), [1, 1, 0]);
    }

    #[test]
    fn what_a_small_stratum_cannot_fill_goes_to_the_others() {
        assert_eq!(equal(&[1, 10, 10], 9), [1, 4, 4]);
        assert_eq!(equal(&[5, 5, 5], 7), [3, 2, 2]);
        assert_eq!(equal(&[1, 1, 9], 9), [1, 1, 7]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_fit(sizes in prop::collection::vec(0usize..50, 1..12), part in 0.0f64..=1.0) {
            let total: usize = sizes.iter().sum();
            #[expect(clippy::as_conversions, reason = "a test's own arithmetic")]
            let size = ((total as f64) * part) as usize;
            for shares in [proportional(&sizes, size), equal(&sizes, size)] {
                prop_assert_eq!(shares.iter().sum::<usize>(), size);
                prop_assert!(shares.iter().zip(&sizes).all(|(share, own)| share <= own));
            }
        }
    }
}
