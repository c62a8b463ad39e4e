//! Which packets are waiting for their transmit stamps.

use std::collections::VecDeque;

use wattle_oneway::Timestamp;
use wattle_oneway::stamp::Stamp;
use wattle_oneway::stamp::StampSource;

use super::stamps;

/// More packets than this are not waited for: a stamp that has not come by then will not come.
const MOST: usize = 1024;

/// After so many more packets a card that has not stamped one will not.
const BEHIND: usize = 64;

/// Packets by the number that the kernel gives them.
#[derive(Debug)]
pub(super) struct Sent<T> {
    on: bool,
    /// A card has stamped something: it may stamp the others too.
    by_card: bool,
    /// The number of the first that is waiting.
    first: u32,
    waiting: VecDeque<Option<Waiting<T>>>,
    stamped: VecDeque<(T, Stamp, Option<i64>)>,
}

#[derive(Debug)]
struct Waiting<T> {
    what: T,
    /// The clock when it was handed to the kernel. No stamp is earlier.
    handed: Timestamp,
    /// When the kernel says that it left.
    left: Option<Timestamp>,
}

impl<T> Sent<T> {
    pub(super) fn new(on: bool) -> Self {
        Self {
            on,
            by_card: false,
            first: 0,
            waiting: VecDeque::new(),
            stamped: VecDeque::new(),
        }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.on
    }
}

impl<T: Clone> Sent<T> {
    /// The kernel has taken a packet.
    pub(super) fn push(&mut self, what: T, handed: Timestamp) {
        if !self.on {
            return;
        }
        if self.waiting.len() >= MOST {
            self.waiting.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        self.waiting.push_back(Some(Waiting {
            what,
            handed,
            left: None,
        }));
    }

    /// A stamp came. One that is earlier than its packet is that of another packet, from before the numbers began anew.
    /// Returns whether the number can be: if not, the kernel counts otherwise.
    pub(super) fn stamp(&mut self, number: u32, stamp: Stamp) -> bool {
        let place = number.wrapping_sub(self.first) as usize;
        let by_card = stamp.source == StampSource::Hardware;
        self.by_card |= by_card;
        let Some(slot) = self.waiting.get_mut(place) else {
            return self.first.wrapping_sub(number) as usize <= MOST;
        };
        if by_card {
            let is_its = |left: Timestamp| stamps::is_in_step(left, stamp.at);
            let stamped = slot.take_if(|waiting| waiting.left.is_some_and(is_its));
            self.stamped
                .extend(stamped.map(|waiting| (waiting.what, stamp, None)));
        } else if let Some(waiting) = slot
            && waiting.left.is_none()
            && stamp.at.since(waiting.handed) >= 0
        {
            let queued = stamp.at.nanos_since(waiting.handed);
            self.stamped
                .push_back((waiting.what.clone(), stamp, Some(queued)));
            waiting.left = Some(stamp.at);
        }
        self.let_go();
        true
    }

    /// Waits no longer for what has been told, or will not be.
    fn let_go(&mut self) {
        let patience = if self.by_card { BEHIND } else { 0 };
        let is_over = |slot: &Option<Waiting<T>>, behind: usize| {
            let told = |waiting: &Waiting<T>| waiting.left.is_some() && behind >= patience;
            slot.as_ref().is_none_or(told)
        };
        while let Some(slot) = self.waiting.front()
            && is_over(slot, self.waiting.len() - 1)
        {
            self.waiting.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }

    /// The kernel counts from 0 again.
    pub(super) fn begin_anew(&mut self, on: bool) {
        self.on = on;
        self.first = 0;
        self.waiting.clear();
    }

    /// A packet, when it left, and for how many nanoseconds the kernel had it; the last not with a card's stamp.
    pub(super) fn take(&mut self) -> Option<(T, Stamp, Option<i64>)> {
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
        assert_eq!(sent.take(), Some((2, kernel(25), Some(5))));
        assert_eq!(sent.take(), Some((0, kernel(5), Some(5))));
        assert_eq!(sent.take(), None);
        assert!(sent.stamp(1, kernel(15)));
        assert_eq!(sent.take(), Some((1, kernel(15), Some(5))));
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
        assert_eq!(sent.take(), Some(('b', kernel(120), Some(20))));
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
        assert_eq!(sent.take(), Some((9_999, kernel(20_000), Some(10_001))));
    }

    fn card(nanos: i64) -> Stamp {
        Stamp::hardware(at(nanos))
    }

    #[test]
    fn a_cards_stamp_follows_the_kernels_and_is_taken_if_the_card_is_in_step() {
        let mut sent = Sent::new(true);
        // The first only shows that there is a card: its packet is no longer waited for.
        for nth in 0..4 {
            sent.push(nth, at(10 * nth));
        }
        assert!(sent.stamp(0, kernel(5)) && sent.stamp(0, card(8)));
        assert!(sent.stamp(1, kernel(15)) && sent.stamp(2, kernel(25)));
        // Out of order, before the kernel, and beyond what a packet can take.
        assert!(sent.stamp(2, card(28)) && sent.stamp(1, card(14)) && sent.stamp(1, card(15 + 2_000_000)));
        let told: Vec<_> = std::iter::from_fn(|| sent.take()).collect();
        let expected = [
            (0, kernel(5), Some(5)),
            (1, kernel(15), Some(5)),
            (2, kernel(25), Some(5)),
            (2, card(28), None),
        ];
        assert_eq!(told, expected);
        assert!(sent.stamp(1, card(19)));
        assert_eq!(sent.take(), Some((1, card(19), None)));
    }

    #[test]
    fn a_card_that_stamps_no_more_holds_nothing_up() {
        let mut sent = Sent::new(true);
        sent.push(0, at(0));
        assert!(sent.stamp(0, card(1)));
        for nth in 1..10_u32 * 100 {
            sent.push(nth, at(0));
            assert!(sent.stamp(nth, kernel(5)));
        }
        assert!(sent.waiting.len() <= MOST);
        assert_eq!(std::iter::from_fn(|| sent.take()).count(), 999);
    }
}
