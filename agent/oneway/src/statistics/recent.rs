/// How many arrivals are remembered.
pub(super) const RECENT: usize = 8;

/// The latest arrivals of an epoch: number and delay, in the order in which they came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    ring: [(u64, i64); RECENT],
    arrived: u64,
}

impl Recent {
    pub(super) fn push(&mut self, number: u64, delay: i64) {
        self.ring[place(self.arrived)] = (number, delay);
        self.arrived += 1;
    }

    /// How many have arrived in all.
    pub(super) const fn arrived(&self) -> u64 {
        self.arrived
    }

    /// The latest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, i64)> {
        let oldest = self.arrived.saturating_sub(RECENT as u64);
        (oldest..self.arrived).rev().map(|n| self.ring[place(n)])
    }
}

const fn place(arrival: u64) -> usize {
    arrival as usize % RECENT
}
