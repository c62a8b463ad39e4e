//! Which packets are under way, and what became of the latest others.

use core::time::Duration;

use crate::Timestamp;
use crate::stamp::Stamp;
use crate::stamp::tlv::Receipt;

use super::Settings;

/// Packets remembered: several times what can be under way, so that a late reply finds its packet.
const FEWEST: u64 = 32;
const MOST: u64 = 1 << 16;
const SPARE: u128 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Outstanding,
    Lost,
    Answered {
        reflected: u32,
    },
    /// Lost, and answered after all.
    Late {
        reflected: u32,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) sequence: u32,
    /// When it was sent, on the clock of timers.
    pub(super) at: Duration,
    /// T1 as written, which the reply must bring back.
    pub(super) octets: [u8; 8],
    pub(super) written: Timestamp,
    /// T1 as the kernel told it.
    pub(super) left: Option<Stamp>,
    pub(super) fate: Fate,
    /// Whether it had arrived over there, as far as the reflector has told.
    pub(super) arrived: Option<bool>,
}

impl Flight {
    /// The best T1 there is.
    pub(super) fn sent(&self) -> Stamp {
        self.left.unwrap_or(Stamp::user(self.written))
    }

    /// How long after it was sent its reply came: by the stamps, for the program may have slept since; by the clock of timers
    /// if somebody has set the other one.
    pub(super) fn age(&self, now: Duration, returned: Timestamp) -> Duration {
        let most = now.saturating_sub(self.at);
        let stamped = u64::try_from(returned.nanos_since(self.written));
        stamped.map_or(most, |nanos| most.min(Duration::from_nanos(nanos)))
    }
}

/// A ring of flights by sequence number.
#[derive(Debug)]
pub(super) struct Flights {
    ring: Box<[Option<Flight>]>,
    /// The first whose fate is open.
    oldest: u32,
    next: u32,
}

impl Flights {
    pub(super) fn new(settings: &Settings, first: u32) -> Self {
        let gap = settings.pace.mean().as_nanos().max(1);
        let wanted = SPARE * settings.patience.as_nanos() / gap;
        let size = u64::try_from(wanted)
            .unwrap_or(MOST)
            .clamp(FEWEST, MOST)
            .next_power_of_two();
        Self {
            ring: vec![None; size as usize].into(),
            oldest: first,
            next: first,
        }
    }

    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Packets sent since the first whose fate is open.
    pub(super) const fn span(&self) -> u32 {
        self.next.wrapping_sub(self.oldest)
    }

    /// The size is a power of two, so that places go on in order when the numbers begin anew.
    fn place(&mut self, sequence: u32) -> Option<&mut Option<Flight>> {
        let place = sequence as usize % self.ring.len();
        self.ring.get_mut(place)
    }

    pub(super) fn get_mut(&mut self, sequence: u32) -> Option<&mut Flight> {
        let flight = self.place(sequence)?.as_mut();
        flight.filter(|flight| flight.sequence == sequence)
    }

    /// Whether another packet can be remembered.
    pub(super) fn has_room(&self) -> bool {
        (self.span() as usize) < self.ring.len()
    }

    pub(super) fn launch(&mut self, at: Duration, octets: [u8; 8], written: Timestamp) {
        let sequence = self.next;
        let flight = Flight {
            sequence,
            at,
            octets,
            written,
            left: None,
            fate: Fate::Outstanding,
            arrived: None,
        };
        if let Some(place) = self.place(sequence) {
            *place = Some(flight);
        }
        self.next = sequence.wrapping_add(1);
    }

    /// Takes in what the reflector told of the latest packets. One that was overtaken arrives later.
    pub(super) fn note(&mut self, receipt: &Receipt) {
        for (sequence, arrived) in receipt.packets() {
            if let Some(flight) = self.get_mut(sequence) {
                flight.arrived = Some(arrived || flight.arrived == Some(true));
            }
        }
    }

    /// How many of these packets did not arrive over there, if the reflector has told of all of them.
    pub(super) fn missing(&self, first: u32, packets: u32) -> Option<u32> {
        let arrived = |number| {
            let sequence = first.wrapping_add(number);
            let flight = self.ring.get(sequence as usize % self.ring.len())?.as_ref()?;
            flight.arrived.filter(|_| flight.sequence == sequence)
        };
        // One that has left the ring ends it: a long outage costs no more than the ring is long.
        (0..packets).try_fold(0, |missing, number| Some(missing + u32::from(!arrived(number)?)))
    }

    /// Takes back the latest packet, which was not sent after all.
    pub(super) fn abort(&mut self, sequence: u32) -> bool {
        let latest = sequence.wrapping_add(1) == self.next && self.span() > 0;
        let open = self
            .get_mut(sequence)
            .is_some_and(|flight| flight.fate == Fate::Outstanding);
        if latest && open {
            self.next = sequence;
            if let Some(place) = self.place(sequence) {
                *place = None;
            }
        }
        latest && open
    }

    /// When the oldest open one was sent.
    pub(super) fn oldest_sent(&self) -> Option<Duration> {
        let place = self.oldest as usize % self.ring.len();
        let flight = self.ring.get(place)?.as_ref()?;
        (self.span() > 0 && flight.fate == Fate::Outstanding).then_some(flight.at)
    }

    /// The next packet in order whose fate is decided.
    pub(super) fn pass(&mut self) -> Option<Flight> {
        if self.span() == 0 {
            return None;
        }
        let flight = *self.get_mut(self.oldest)?;
        if flight.fate == Fate::Outstanding {
            return None;
        }
        self.oldest = self.oldest.wrapping_add(1);
        Some(flight)
    }

    /// Gives up the oldest open one if it was sent long enough ago.
    pub(super) fn lose(&mut self, now: Duration, patience: Duration) -> Option<u32> {
        let sent = self.oldest_sent()?;
        let oldest = self.oldest;
        if sent.saturating_add(patience) > now {
            return None;
        }
        self.get_mut(oldest)?.fate = Fate::Lost;
        Some(oldest)
    }
}
