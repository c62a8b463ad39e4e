/// How many arrivals are remembered.
pub(super) const RECENT: usize = 8;

/// The latest arrivals of an epoch: number and delay, in the order in which they came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    ring: [(u64, i64); RECENT],
    arrived: u64,
    /// Arrivals before this one were measured by clocks that have been set since.
    comparable: u64,
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

    /// A clock was set: the delays so far are not comparable with those to come.
    pub(super) const fn clock_set(&mut self) {
        self.comparable = self.arrived;
    }

    /// The numbers, the latest first.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.since(0).map(|(number, _)| number)
    }

    /// Numbers and delays that the next delay can be compared with, the latest first.
    pub(super) fn delays(&self) -> impl Iterator<Item = (u64, i64)> {
        self.since(self.comparable)
    }

    fn since(&self, arrival: u64) -> impl Iterator<Item = (u64, i64)> {
        let oldest = self.arrived.saturating_sub(RECENT as u64).max(arrival);
        (oldest..self.arrived).rev().map(|n| self.ring[place(n)])
    }
}

const fn place(arrival: u64) -> usize {
    arrival as usize % RECENT
}
