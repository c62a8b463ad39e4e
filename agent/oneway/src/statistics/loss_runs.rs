/// Runs of 1, 2, 3–4, 5–8, … lost packets.
const CLASSES: usize = 16;

/// How many packets in a row were lost, by sequence number (RFC 3357's loss periods).
///
/// A run is counted when the packet after it has arrived; packets that were never sent neither end nor lengthen one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossRuns {
    by_length: [u64; CLASSES],
    longest: u64,
    open: u64,
}

impl LossRuns {
    /// How many runs have ended.
    pub fn count(&self) -> u64 {
        self.by_length.iter().sum()
    }

    /// The length of the longest run, ended or not.
    pub fn longest(&self) -> u64 {
        self.longest.max(self.open)
    }

    /// The length of the run that has not ended: the latest packets known about, all lost.
    pub const fn open(&self) -> u64 {
        self.open
    }

    /// Runs by length: the greatest length of the class (1, 2, 4, 8, …, 2¹⁴ and any) and how many were of it.
    pub fn by_length(&self) -> impl Iterator<Item = (u64, u64)> {
        let greatest = |class| {
            if class + 1 == CLASSES {
                u64::MAX
            } else {
                1_u64 << class
            }
        };
        self.by_length
            .into_iter()
            .enumerate()
            .map(move |(class, runs)| (greatest(class), runs))
    }

    pub(super) fn lost(&mut self, packets: u64) {
        self.open = self.open.saturating_add(packets);
    }

    pub(super) fn end(&mut self) {
        if self.open == 0 {
            return;
        }
        let class = self
            .open
            .checked_next_power_of_two()
            .map_or(CLASSES, |power| power.ilog2() as usize);
        self.by_length[class.min(CLASSES - 1)] += 1;
        self.longest = self.longest();
        self.open = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_sorted_by_their_length() {
        let mut runs = LossRuns::default();
        for length in [1, 2, 3, 4, 5, 8, 9, 40_000, u64::MAX] {
            runs.lost(length);
            runs.end();
            runs.end();
        }
        let found: Vec<_> = runs.by_length().filter(|&(_, runs)| runs > 0).collect();
        assert_eq!(found, [(1, 1), (2, 1), (4, 2), (8, 2), (16, 1), (u64::MAX, 2)]);
        assert_eq!((runs.count(), runs.longest(), runs.open()), (9, u64::MAX, 0));
    }
}
