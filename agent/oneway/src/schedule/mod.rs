//! When the packets of a session are due: both ends work it out alike from the session's identifier
//! (RFC 4656 sections 3.6 and 5).

mod exponential;
mod slot;

pub use exponential::Exponential;
pub use slot::Slot;

/// Offsets from the start of a session at which its packets are due, in steps of 2⁻³² s, one after the other.
///
/// Packet *n* is due at the start plus the sum of the first *n* + 1 gaps; the slots are used in order and begin again.
/// The iterator has no end unless there are no slots; offsets stop growing at 2³² s.
///
/// ```
/// use wattle_oneway::{Schedule, Slot};
///
/// let sid = [0x7f, 0, 0, 1, 0xee, 0xab, 0x6e, 0x67, 0x91, 0x6f, 0xeb, 0x4a, 0x0f, 0x29, 0x3c, 0x3b];
/// let mean = (1 << 32) / 50; // 20 ms
/// let mut due = Schedule::new(sid, [Slot::Exponential(mean)]);
/// assert_eq!(due.next(), Some(0xe1_8164)); // 3.441 ms
/// ```
#[derive(Clone, Debug)]
pub struct Schedule {
    deviates: Exponential,
    slots: Box<[Slot]>,
    next_slot: usize,
    offset: u64,
}

impl Schedule {
    /// The schedule of the session with this identifier and these slots. How many slots are too many is the caller's
    /// to judge: they come from the other side.
    pub fn new(sid: [u8; 16], slots: impl Into<Box<[Slot]>>) -> Self {
        Self {
            deviates: Exponential::new(sid),
            slots: slots.into(),
            next_slot: 0,
            offset: 0,
        }
    }

    /// The slots in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }
}

impl Iterator for Schedule {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let slot = self.slots.get(self.next_slot)?;
        self.next_slot = (self.next_slot + 1) % self.slots.len();
        self.offset = self.offset.saturating_add(slot.gap(&mut self.deviates));
        Some(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: [u8; 16] = 0x7f00_0001_eeab_6e67_916f_eb4a_0f29_3c3b_u128.to_be_bytes();
    const MEAN: u64 = 0x051e_b851;

    fn microseconds(steps: u64) -> u64 {
        (steps * 1_000_000 + (1 << 31)) >> 32
    }

    #[test]
    fn a_captured_session_was_sent_by_this_schedule() {
        let due: Vec<u64> = Schedule::new(SID, [Slot::Exponential(MEAN)])
            .take(6)
            .map(microseconds)
            .collect();
        assert_eq!(due, [3_441, 41_508, 45_121, 58_685, 67_799, 98_857]);
    }

    #[test]
    fn slots_take_turns_and_fixed_ones_draw_no_number() {
        let fixed = 0x028f_5c28;
        let both = Schedule::new(SID, [Slot::Exponential(MEAN), Slot::Fixed(fixed)]);
        let alone: Vec<u64> = Schedule::new(SID, [Slot::Exponential(MEAN)]).take(3).collect();
        let due: Vec<u64> = both.take(6).collect();
        for (n, random) in (0..).zip(alone) {
            assert_eq!(due[2 * n as usize], random + n * fixed);
            assert_eq!(due[2 * n as usize + 1], random + (n + 1) * fixed);
        }
    }

    #[test]
    fn without_slots_nothing_is_ever_due() {
        assert_eq!(Schedule::new(SID, []).next(), None);
    }

    #[test]
    fn the_longest_gaps_do_not_turn_over() {
        let due: Vec<u64> = Schedule::new(SID, [Slot::Exponential(u64::MAX), Slot::Fixed(u64::MAX)])
            .take(20)
            .collect();
        assert!(due.is_sorted());
        assert_eq!(due.last(), Some(&u64::MAX));
    }
}
