use std::collections::VecDeque;

use super::recent::RECENT;
use super::recent::Recent;

/// More jumps than this are not remembered at a time; then the extent of what jumped longest ago is said too small.
const JUMPS: usize = 256;

/// How far out of order packets arrived (RFC 4737), counting the first copies of packets that arrived in time.
#[derive(Clone, Debug, Default)]
pub struct Reordering {
    arrived: u64,
    reordered: u64,
    extent_sum: u64,
    extent_max: u64,
    by_degree: [u64; RECENT],
    /// The least number that would be in order.
    expected: u64,
    /// Arrivals that passed over packets still outstanding: their number, and which arrival they were.
    jumps: VecDeque<(u64, u64)>,
}

impl Reordering {
    /// How many packets arrived after one with a higher number.
    pub const fn reordered(&self) -> u64 {
        self.reordered
    }

    /// How many packets arrived (the ratio's denominator, section 4.1).
    pub const fn arrived(&self) -> u64 {
        self.arrived
    }

    /// The sum of all extents (section 4.2): how many arrivals before a reordered packet the first with a higher number
    /// came.
    pub const fn extent_sum(&self) -> u64 {
        self.extent_sum
    }

    /// The greatest extent.
    pub const fn extent_max(&self) -> u64 {
        self.extent_max
    }

    /// For n = 1, 2, … 8: how many packets had n arrivals with higher numbers directly before them, of how many that could
    /// have had (section 5.4). owping prints the ratio of the two, up to the first that is nobody's.
    pub fn by_degree(&self) -> impl Iterator<Item = (u64, u64)> {
        let arrived = self.arrived;
        (1..)
            .zip(self.by_degree)
            .map(move |(n, packets)| (packets, arrived.saturating_sub(n)))
    }

    pub(super) fn begin(&mut self) {
        self.jumps.clear();
        self.expected = 0;
    }

    /// Notes an arrival, of which `recent` does not know yet, in an epoch that began with the number `first`.
    pub(super) fn record(&mut self, number: u64, recent: &Recent, first: u64) {
        self.arrived += 1;
        self.expected = self.expected.max(first);
        for (before, count) in recent.numbers().zip(&mut self.by_degree) {
            if number >= before {
                break;
            }
            *count += 1;
        }
        if number < self.expected {
            self.record_reordered(number, recent.arrived());
        } else {
            self.record_in_order(number, recent.arrived());
        }
    }

    /// The fate of all before this number is decided.
    pub(super) fn settled(&mut self, settled: u64) {
        while self.jumps.front().is_some_and(|&(jumped, _)| jumped <= settled) {
            self.jumps.pop_front();
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.jumps.capacity() * size_of::<(u64, u64)>()
    }

    fn record_in_order(&mut self, number: u64, arrival: u64) {
        if number > self.expected {
            if self.jumps.len() >= JUMPS {
                self.jumps.pop_front();
            }
            self.jumps.push_back((number, arrival));
        }
        self.expected = number + 1;
    }

    fn record_reordered(&mut self, number: u64, arrival: u64) {
        self.reordered += 1;
        let first_higher = self.jumps.iter().find(|&&(jumped, _)| jumped > number);
        let extent = first_higher.map_or(1, |&(_, jump)| arrival - jump);
        self.extent_sum += extent;
        self.extent_max = self.extent_max.max(extent);
    }
}
