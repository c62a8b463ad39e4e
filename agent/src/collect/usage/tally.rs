//! A sum of counters that come and go, and that only grows.

use std::borrow::Borrow;

/// Bytes in both directions.
pub(super) type Bytes = [u64; 2];

/// Counters by key with the sum of all that they ever counted, from the first figures on.
#[derive(Debug)]
pub(super) struct Tally<K> {
    parts: Vec<Part<K>>,
    total: Bytes,
    round: u32,
}

#[derive(Debug)]
struct Part<K> {
    key: K,
    last: Bytes,
    round: u32,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            total: [0; 2],
            round: 0,
        }
    }
}

impl<K> Tally<K> {
    /// Begins a reading of all counters that there are.
    pub(super) fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    /// Takes one counter's figures. Nothing is allocated for one that is known.
    pub(super) fn add<Q>(&mut self, key: &Q, now: Bytes)
    where
        K: Borrow<Q>,
        Q: PartialEq + ToOwned<Owned = K> + ?Sized,
    {
        let round = self.round;
        let Some(part) = self.parts.iter_mut().find(|part| part.key.borrow() == key) else {
            grow(&mut self.total, now);
            self.parts.push(Part {
                key: key.to_owned(),
                last: now,
                round,
            });
            return;
        };
        let more = [0, 1].map(|direction| more(part.last[direction], now[direction]));
        grow(&mut self.total, more);
        part.last = now;
        part.round = round;
    }

    /// Ends the reading: forgets the counters that are no longer there.
    pub(super) fn end(&mut self) -> Bytes {
        let round = self.round;
        self.parts.retain(|part| part.round == round);
        self.total
    }
}

/// What was counted since the last figure. One that fell far began again from 0; one that fell a little was read while it
/// moved.
fn more(last: u64, now: u64) -> u64 {
    match now.checked_sub(last) {
        Some(more) => more,
        None if now < last / 2 => now,
        None => 0,
    }
}

fn grow(total: &mut Bytes, more: Bytes) {
    for (sum, part) in total.iter_mut().zip(more) {
        *sum = sum.saturating_add(part);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reading(tally: &mut Tally<String>, parts: &[(&str, u64)]) -> u64 {
        tally.begin();
        for (key, bytes) in parts {
            tally.add(*key, [*bytes, 0]);
        }
        tally.end()[0]
    }

    #[test]
    fn counters_that_go_and_come_back_from_nothing_add_up() {
        let mut tally = Tally::default();
        assert_eq!(reading(&mut tally, &[("eth0", 1000)]), 1000);
        assert_eq!(reading(&mut tally, &[("eth0", 1100), ("eth1", 5)]), 1105);
        assert_eq!(reading(&mut tally, &[("eth1", 6)]), 1106);
        assert_eq!(
            reading(&mut tally, &[("eth1", 6), ("eth0", 40)]),
            1146,
            "plugged again"
        );
        assert_eq!(
            reading(&mut tally, &[("eth0", 10), ("eth1", 6)]),
            1156,
            "counts anew"
        );
        assert_eq!(reading(&mut tally, &[]), 1156);
    }

    #[test]
    fn a_figure_that_wavers_is_not_counted_twice() {
        let mut tally = Tally::default();
        reading(&mut tally, &[("eth0", 1000)]);
        assert_eq!(reading(&mut tally, &[("eth0", 999)]), 1000);
    }

    proptest! {
        #[test]
        fn the_sum_never_falls(readings in prop::collection::vec(prop::collection::vec((0_u8..4, any::<u64>()), 0..5), 0..20)) {
            let mut tally = Tally::<u8>::default();
            let mut before = 0;
            for parts in readings {
                tally.begin();
                for (key, bytes) in parts {
                    tally.add(&key, [bytes, 0]);
                }
                let [now, _] = tally.end();
                prop_assert!(now >= before);
                before = now;
            }
        }
    }
}
