//! Sets of small numbers.

/// A set of small numbers, one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// All numbers below `end`.
    pub(crate) fn below(end: usize) -> Self {
        let mut words = vec![u64::MAX; end / 64];
        if !end.is_multiple_of(64) {
            words.push((1 << (end % 64)) - 1);
        }
        Self { words }
    }

    pub(crate) fn insert(&mut self, number: usize) {
        let word = number / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= 1 << (number % 64);
        }
    }

    pub(crate) fn remove(&mut self, number: usize) {
        if let Some(word) = self.words.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Adds what `other` has.
    pub(crate) fn join(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Keeps what `other` has too.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Takes away what `other` has.
    pub(crate) fn drop(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    /// The numbers, rising.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    index * 64 + bit as usize
                })
            })
        })
    }
}

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut bits = Self::default();
        for number in numbers {
            bits.insert(number);
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::btree_set;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::Bits;

    proptest! {
        #[test]
        fn it_is_a_set(a in btree_set(0_usize..300, 0..40), b in btree_set(0_usize..300, 0..40), end in 0_usize..300) {
            let (left, right): (Bits, Bits) = (a.iter().copied().collect(), b.iter().copied().collect());
            let set = |bits: &Bits| bits.iter().collect::<BTreeSet<_>>();
            prop_assert_eq!(set(&left), a.clone());
            prop_assert_eq!(left.is_empty(), a.is_empty());
            let apply = |change: fn(&mut Bits, &Bits)| { let mut bits = left.clone(); change(&mut bits, &right); set(&bits) };
            prop_assert_eq!(apply(Bits::join), &a | &b);
            prop_assert_eq!(apply(Bits::keep), &a & &b);
            prop_assert_eq!(apply(Bits::drop), &a - &b);
            let mut all = Bits::below(end);
            prop_assert_eq!(set(&all), (0..end).collect::<BTreeSet<_>>());
            for number in &a { all.remove(*number); }
            prop_assert_eq!(set(&all), &(0..end).collect::<BTreeSet<_>>() - &a);
        }
    }
}
