//! The method of largest remainders: whole parts that add up to the whole.

/// Splits integers in proportion to weights, keeping its working memory between calls.
#[derive(Clone, Debug, Default)]
pub struct Remainders {
    left: Vec<(u128, usize)>,
}

impl Remainders {
    /// Adds to each of `parts` its share of `total` by `weights`, and returns how much was given out: all of `total`, or
    /// nothing where all weights are zero.
    ///
    /// Every share differs from the exact quotient by less than one; ties go to the earlier part, so equal input gives
    /// equal output. `parts` and `weights` are of equal length.
    pub fn add_shares(&mut self, total: u64, weights: &[u64], parts: &mut [u64]) -> u64 {
        debug_assert_eq!(weights.len(), parts.len());
        let sum: u128 = weights.iter().copied().map(u128::from).sum();
        if sum == 0 || total == 0 {
            return 0;
        }
        self.left.clear();
        let mut given = 0;
        for (index, (&weight, part)) in weights.iter().zip(parts.iter_mut()).enumerate() {
            if weight == 0 {
                continue;
            }
            let (share, remainder) = divide(total, weight, sum);
            given += share;
            *part += share;
            self.left.push((remainder, index));
        }
        self.give_ones(total - given, parts);
        total
    }

    /// The units lost to rounding, fewer than there are parts, go to those who lost most.
    fn give_ones(&mut self, ones: u64, parts: &mut [u64]) {
        let Ok(ones) = usize::try_from(ones) else { return };
        if ones == 0 {
            return;
        }
        if ones < self.left.len() {
            self.left
                .select_nth_unstable_by(ones, |one, two| two.0.cmp(&one.0).then(one.1.cmp(&two.1)));
        }
        for (_, index) in self.left.iter().take(ones) {
            parts[*index] += 1;
        }
    }
}

/// Quotient and remainder of `total × weight / sum`; the quotient fits because `weight` is part of `sum`.
fn divide(total: u64, weight: u64, sum: u128) -> (u64, u128) {
    let product = u128::from(total) * u128::from(weight);
    if let (Ok(product), Ok(sum)) = (u64::try_from(product), u64::try_from(sum)) {
        return (product / sum, u128::from(product % sum));
    }
    let quotient = u64::try_from(product / sum).unwrap_or(u64::MAX);
    (quotient, product % sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(total: u64, weights: &[u64]) -> Vec<u64> {
        let mut parts = vec![0; weights.len()];
        Remainders::default().add_shares(total, weights, &mut parts);
        parts
    }

    #[test]
    fn known_splits() {
        for (total, weights, expected) in [
            (10, &[1, 1, 1][..], &[4, 3, 3][..]),
            (100, &[0, 1, 0], &[0, 100, 0]),
            (5, &[3, 3, 1], &[2, 2, 1]),
            (1, &[1, 2, 2], &[0, 1, 0]),
            (7, &[0, 0], &[0, 0]),
            (u64::MAX, &[u64::MAX, u64::MAX], &[u64::MAX / 2 + 1, u64::MAX / 2]),
        ] {
            assert_eq!(split(total, weights), expected, "{total} by {weights:?}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_equal_the_whole(total in any::<u64>(), weights in prop::collection::vec(any::<u64>(), 0..60)) {
            let parts = split(total, &weights);
            let given: u128 = parts.iter().copied().map(u128::from).sum();
            let owed = if weights.iter().all(|&weight| weight == 0) { 0 } else { u128::from(total) };
            prop_assert_eq!(given, owed);
        }

        #[test]
        fn no_part_is_a_whole_unit_off(
            total in any::<u64>(),
            weights in prop::collection::vec(0_u64..1 << 40, 1..60),
        ) {
            let sum: u128 = weights.iter().copied().map(u128::from).sum();
            prop_assume!(sum > 0);
            for (part, weight) in split(total, &weights).into_iter().zip(&weights) {
                let exact = u128::from(total) * u128::from(*weight);
                prop_assert!((u128::from(part) * sum).abs_diff(exact) < sum);
            }
        }
    }
}
