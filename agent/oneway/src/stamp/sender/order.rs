//! What the reflector's own sequence numbers tell: which way a packet was lost, doubled or overtaken.

use crate::stamp::Direction;

use super::Event;
use super::flights::Fate;
use super::flights::Flight;
use super::flights::Flights;

/// An answered packet: its number, and the reflector's.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    sequence: u32,
    reflected: u32,
}

impl Anchor {
    /// How many packets since another one the reflector did not count.
    fn uncounted(self, since: Self, doubled: u32) -> Option<u32> {
        let sent = self.sequence.wrapping_sub(since.sequence);
        let counted = self.reflected.wrapping_sub(since.reflected);
        sent.checked_sub(counted.wrapping_sub(doubled))
    }
}

#[derive(Debug, Default)]
pub(super) struct Order {
    /// Whether the reflector counts for itself. A stateless one only copies.
    stateful: bool,
    epoch: Option<u32>,
    highest: Option<u32>,
    highest_reflected: Option<u32>,
    anchor: Option<Anchor>,
    lost_since: u32,
    /// Doubled on the way there since the anchor: each took a number of the reflector's.
    doubled_since: u32,
}

/// How far one number is ahead of another, in numbers that begin anew.
const fn ahead(of: u32, than: u32) -> i32 {
    of.wrapping_sub(than).cast_signed()
}

impl Order {
    pub(super) const fn is_stateful(&self) -> bool {
        self.stateful
    }

    /// Learns whether the reflector counts: a stateless one always copies, and never follows up.
    pub(super) const fn note(&mut self, sequence: u32, reflected: u32, follows_up: bool) {
        self.stateful |= follows_up || sequence != reflected;
    }

    /// Whether the reflector has begun to count anew. `span` packets could at most be under way.
    pub(super) fn has_restarted(
        &mut self,
        sequence: u32,
        reflected: u32,
        epoch: Option<u32>,
        span: u32,
    ) -> bool {
        let new_epoch = epoch.is_some() && self.epoch.is_some() && epoch != self.epoch;
        self.epoch = epoch.or(self.epoch);
        let latest = self.highest.is_none_or(|highest| ahead(sequence, highest) > 0);
        let behind = self
            .highest_reflected
            .map_or(0, |highest| ahead(highest, reflected));
        // Replies that are under way together may overtake each other; a fall by more is a new count.
        let fell = self.stateful && latest && i64::from(behind) > i64::from(span);
        let restarted = new_epoch || fell;
        if restarted {
            self.anchor = None;
            self.highest_reflected = None;
        }
        restarted
    }

    /// A first reply came in time.
    pub(super) fn arrive(&mut self, sequence: u32, reflected: u32) -> Option<Event> {
        let overtaken = self
            .highest_reflected
            .is_some_and(|highest| ahead(highest, reflected) > 0);
        if !overtaken {
            self.highest_reflected = Some(reflected);
        }
        match self.highest {
            Some(highest) if ahead(highest, sequence) > 0 => Some(Event::Reordered {
                sequence,
                behind: highest.wrapping_sub(sequence),
                direction: self.stateful.then_some(if overtaken {
                    Direction::Reverse
                } else {
                    Direction::Forward
                }),
            }),
            _ => {
                self.highest = Some(sequence);
                None
            }
        }
    }

    /// Another reply came: with the same number it was doubled on the way back.
    pub(super) fn duplicate(&mut self, sequence: u32, first: u32, reflected: u32) -> Event {
        let there = first != reflected;
        self.doubled_since += u32::from(there);
        let direction = if there {
            Direction::Forward
        } else {
            Direction::Reverse
        };
        Event::Duplicate {
            sequence,
            direction: self.stateful.then_some(direction),
        }
    }

    /// The fate of the next packet in order is decided. Which packets arrived over there, a reflector of this crate has told; with
    /// another one, its count tells how many.
    pub(super) fn pass(&mut self, flight: &Flight, flights: &Flights) -> Option<Event> {
        let Fate::Answered { reflected } = flight.fate else {
            self.lost_since = self.lost_since.saturating_add(1);
            return None;
        };
        let here = Anchor {
            sequence: flight.sequence,
            reflected,
        };
        let lost = core::mem::take(&mut self.lost_since);
        let doubled = core::mem::take(&mut self.doubled_since);
        let before = self.anchor.replace(here);
        (lost > 0).then(|| {
            let forward = before.filter(|_| self.stateful).and_then(|before| {
                let told = flights.missing(before.sequence.wrapping_add(1), lost);
                told.or_else(|| here.uncounted(before, doubled).filter(|forward| *forward <= lost))
            });
            Event::LossPlaced {
                forward: forward.unwrap_or_default(),
                reverse: forward.map_or(0, |forward| lost - forward),
                unknown: if forward.is_some() { 0 } else { lost },
            }
        })
    }
}
