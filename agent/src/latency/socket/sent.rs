//! Which packets are waiting for their transmit stamps.

use std::collections::VecDeque;

use wattle_oneway::Timestamp;
use wattle_oneway::stamp::Stamp;

/// More packets than this are not waited for: a stamp that has not come by then will not come.
const MOST: usize = 1024;

/// Packets by the number that the kernel gives them.
#[derive(Debug)]
pub(super) struct Sent<T> {
    on: bool,
    /// The number of the first that is waiting.
    first: u32,
    waiting: VecDeque<Option<Waiting<T>>>,
    stamped: VecDeque<(T, Stamp, i64)>,
}

#[derive(Debug)]
struct Waiting<T> {
    what: T,
    /// The clock when it was handed to the kernel. No stamp is earlier.
    handed: Timestamp,
}

impl<T> Sent<T> {
    pub(super) fn new(on: bool) -> Self {
        Self {
            on,
            first: 0,
            waiting: VecDeque::new(),
            stamped: VecDeque::new(),
        }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// The kernel has taken a packet.
    pub(super) fn push(&mut self, what: T, handed: Timestamp) {
        if !self.on {
            return;
        }
        if self.waiting.len() >= MOST {
            self.waiting.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        self.waiting.push_back(Some(Waiting { what, handed }));
    }

    /// A stamp came. One that is earlier than its packet is that of another packet, from before the numbers began anew.
    /// Returns whether the number can be: if not, the kernel counts otherwise.
    pub(super) fn stamp(&mut self, number: u32, stamp: Stamp) -> bool {
        let place = number.wrapping_sub(self.first) as usize;
        let Some(slot) = self.waiting.get_mut(place) else {
            return self.first.wrapping_sub(number) as usize <= MOST;
        };
        if let Some(waiting) = slot.take_if(|waiting| stamp.at.since(waiting.handed) >= 0) {
            let queued = stamp.at.nanos_since(waiting.handed);
            self.stamped.push_back((waiting.what, stamp, queued));
        }
        while self.waiting.front().is_some_and(Option::is_none) {
            self.waiting.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        true
    }

    /// The kernel counts from 0 again.
    pub(super) fn begin_anew(&mut self, on: bool) {
        self.on = on;
        self.first = 0;
        self.waiting.clear();
    }

    /// A packet, when it left, and for how many nanoseconds the kernel had it.
    pub(super) fn take(&mut self) -> Option<(T, Stamp, i64)> {
        self.stamped.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_ntp(1 << 40).plus_nanos(nanos)
    }

    fn kernel(nanos: i64) -> Stamp {
        Stamp::kernel(at(nanos))
    }

    #[test]
    fn stamps_find_their_packets_in_any_order() {
        let mut sent = Sent::new(true);
        for nth in 0..3 {
            sent.push(nth, at(10 * nth));
        }
        assert!(sent.stamp(2, kernel(25)) && sent.stamp(0, kernel(5)));
        assert_eq!(sent.take(), Some((2, kernel(25), 5)));
        assert_eq!(sent.take(), Some((0, kernel(5), 5)));
        assert_eq!(sent.take(), None);
        assert!(sent.stamp(1, kernel(15)));
        assert_eq!(sent.take(), Some((1, kernel(15), 5)));
    }

    #[test]
    fn a_stamp_from_before_the_numbers_began_anew_is_nobodys() {
        let mut sent = Sent::new(true);
        sent.push('a', at(0));
        sent.begin_anew(true);
        sent.push('b', at(100));
        assert!(sent.stamp(0, kernel(50)));
        assert_eq!(sent.take(), None);
        assert!(sent.stamp(0, kernel(120)));
        assert_eq!(sent.take(), Some(('b', kernel(120), 20)));
    }

    #[test]
    fn a_number_that_was_never_given_is_noticed() {
        let mut sent = Sent::new(true);
        sent.push('a', at(0));
        assert!(!sent.stamp(7, kernel(1)));
    }

    #[test]
    fn packets_whose_stamps_never_come_take_bounded_memory() {
        let mut sent = Sent::new(true);
        for nth in 0..10_000 {
            sent.push(nth, at(nth));
        }
        assert_eq!(sent.waiting.len(), MOST);
        assert!(sent.stamp(9_999, kernel(20_000)));
        assert_eq!(sent.take(), Some((9_999, kernel(20_000), 10_001)));
    }
}
