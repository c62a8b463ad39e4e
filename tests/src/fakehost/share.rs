//! Integers split without a remainder.
//!
//! Written apart from the agent's own arithmetic on purpose: what measures the agent must not share its mistakes.

use std::cmp::Reverse;

/// Splits `total` by `weights`, to the last unit: what rounding down leaves goes to the largest fractions, and among equal
/// ones to the first. All zero where nobody has a weight.
pub(crate) fn split(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: u64| u128::from(total) * u128::from(weight);
    let mut parts: Vec<u64> = weights
        .iter()
        .map(|&weight| narrow(exact(weight) / sum))
        .collect();
    let left = total - parts.iter().sum::<u64>();
    if left > 0 {
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|&index| Reverse(exact(weights[index]) % sum));
        for &index in order.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            parts[index] += 1;
        }
    }
    parts
}

/// A value that is known to fit.
pub(crate) fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_fraction_gets_what_rounding_left() {
        assert_eq!(split(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(split(10, &[1, 2, 4]), [1, 3, 6]);
        assert_eq!(split(7, &[0, 5, 0]), [0, 7, 0]);
        assert_eq!(split(7, &[0, 0]), [0, 0]);
        assert_eq!(split(7, &[]), [0; 0]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_who_has_no_weight_gets_nothing(
            total in 0..u64::MAX,
            weights in prop::collection::vec(0..u64::from(u32::MAX), 1..40),
        ) {
            let parts = split(total, &weights);
            let any = weights.iter().any(|&weight| weight > 0);
            prop_assert_eq!(parts.iter().sum::<u64>(), if any { total } else { 0 });
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(*weight > 0 || *part == 0);
            }
        }
    }
}
