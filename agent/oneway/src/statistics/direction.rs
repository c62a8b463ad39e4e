use core::time::Duration;

use super::Counts;
use super::Delays;
use super::Hops;
use super::LossRuns;
use super::Quantile;
use super::Reordering;
use super::recent::Recent;
use super::sequence::Fate;
use super::sequence::Sequence;
use super::sequence::Tally;

/// How one direction is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long to wait for a packet before it is given up: at least 2 s and several round trips.
    pub wait: Duration,
    /// How many packets are remembered, by which duplicates and late ones are told. To be right it must be more than are
    /// sent in the waiting time; rounded up to a multiple of 32, two bits each.
    pub packets: u32,
    /// Queueing delay is what exceeds the least delay of so long a time.
    pub minimum_window: Duration,
}

impl Default for Settings {
    /// 2 s, 1024 packets, one minute.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(2),
            packets: 1024,
            minimum_window: Duration::from_mins(1),
        }
    }
}

/// A packet as it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its number, which may turn over.
    pub number: u32,
    /// Time of arrival minus time of sending, in nanoseconds ([`crate::Timestamp::nanos_since`]).
    pub delay: i64,
    /// Its time to live on arrival, where the system tells.
    pub ttl: Option<u8>,
}

/// What an arrival turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The first copy, in time. Only these count towards delays and order.
    InTime {
        /// How far its delay lies above the least of the window, in nanoseconds.
        queueing: u64,
    },
    /// The first copy, of a packet that had been given up.
    Late,
    /// A further copy.
    Duplicate,
    /// So old that nobody knows any more. Several in a row: the sender may have begun again.
    TooOld,
    /// No packet with this number can have been sent. Several in a row: the sender may have begun again.
    Implausible,
}

/// Everything about the packets of one direction between two hosts, streaming, in bounded memory.
///
/// *Events* go in by the `handle_*` methods, each with the moment at which it happened; moments do not go back. A packet
/// is known to have been sent when [`Direction::handle_sent`] says so, or when one with a higher number arrives; the waiting
/// time begins then. It is given up not before the waiting time is over, and at most 1/16 of it later.
///
/// *An epoch* is the life of one sender: when the other side has begun again (another session or SSID), call
/// [`Direction::begin_epoch`], and numbers beginning anew are neither loss nor reordering. Counts and histograms go on.
///
/// With the default settings it takes 2 to 6 KiB on a usual path (1.2 KiB, and 68 bytes for each octave in each of three
/// histograms), and less than 32 KiB whatever arrives; ask [`Direction::bytes`].
///
/// ```
/// use core::time::Duration;
/// use wattle_oneway::statistics::{Direction, Packet, Quantile, Settings};
///
/// let mut from_peer = Direction::new(Settings::default());
/// from_peer.begin_epoch(Some(0));
/// for number in [0, 1, 3, 4, 4] {
///     let now = Duration::from_millis(100 * u64::from(number));
///     from_peer.handle_arrival(now, Packet { number, delay: 250_000, ttl: Some(253) });
/// }
/// assert_eq!(from_peer.outstanding(), 1);
/// assert_eq!(from_peer.poll_timeout(), Some(Duration::from_millis(2300)));
/// from_peer.handle_timeout(Duration::from_millis(2300));
///
/// let counts = from_peer.counts();
/// assert_eq!((counts.sent, counts.received, counts.lost, counts.duplicate), (5, 4, 1, 1));
/// assert_eq!(from_peer.quantile(500_000), Some(Quantile::Finite(250_000)));
/// assert_eq!(from_peer.quantile(950_000), Some(Quantile::Infinite));
/// assert_eq!(from_peer.hops().last(), Some(2));
/// ```
#[derive(Clone, Debug)]
pub struct Direction {
    sequence: Sequence,
    tally: Tally,
    recent: Recent,
    reordering: Reordering,
    delays: Delays,
    hops: Hops,
    epochs: u64,
}

impl Direction {
    /// Nothing has happened yet; the first packet known of begins the first epoch, whatever its number.
    pub fn new(settings: Settings) -> Self {
        Self {
            sequence: Sequence::new(settings.packets, settings.wait),
            tally: Tally::default(),
            recent: Recent::default(),
            reordering: Reordering::default(),
            delays: Delays::new(settings.minimum_window),
            hops: Hops::default(),
            epochs: 0,
        }
    }

    /// The sender has begun again, with this number or, if it was not listened to from the beginning, with whatever
    /// number comes first. What was on its way is abandoned: it is neither received nor lost.
    pub fn begin_epoch(&mut self, first: Option<u32>) {
        self.sequence.begin(first, &mut self.tally);
        self.recent = Recent::default();
        self.reordering.begin();
        self.delays.begin();
        self.epochs += 1;
    }

    /// One of the two clocks was set ([`crate::clock::ClockTrack::observe`] says so): delays are not compared with those
    /// before.
    pub fn handle_clock_step(&mut self) {
        self.recent.clock_set();
        self.delays.begin();
    }

    /// Packets are waited for so long from now on.
    pub const fn set_wait(&mut self, wait: Duration) {
        self.sequence.set_wait(wait);
    }

    /// The packet of this number, and all before it, have been sent. Needed only where the end of the sending would
    /// else not be known: without it, a packet is taken to be sent when a later one arrives.
    pub fn handle_sent(&mut self, now: Duration, number: u32) {
        self.sequence.handle_sent(now, number, &mut self.tally);
    }

    /// The packets from `first` to `last` have numbers but were not sent (OWAMP's skip ranges).
    pub fn handle_unsent(&mut self, now: Duration, first: u32, last: u32) {
        self.sequence.handle_unsent(now, (first, last), &mut self.tally);
    }

    /// Packets that were due were not sent, and have no number either.
    pub const fn count_unsent(&mut self, packets: u64) {
        self.tally.counts.unsent += packets;
    }

    /// A packet is here.
    pub fn handle_arrival(&mut self, now: Duration, packet: Packet) -> Arrival {
        match self.sequence.handle_arrival(now, packet.number, &mut self.tally) {
            Fate::InTime(number) => self.record(now, number, packet),
            Fate::Late => Arrival::Late,
            Fate::Duplicate => Arrival::Duplicate,
            Fate::TooOld => Arrival::TooOld,
            Fate::Implausible => Arrival::Implausible,
        }
    }

    /// Time has passed: what is overdue is given up. Every other event does so too.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.sequence.handle_timeout(now, &mut self.tally);
    }

    /// When [`Direction::handle_timeout`] has something to do, if nothing else happens.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.sequence.next_due()
    }

    /// What became of the packets.
    pub fn counts(&self) -> Counts {
        Counts {
            reordered: self.reordering.reordered(),
            ..self.tally.counts
        }
    }

    /// Packets on their way: sent, as far as is known, and neither arrived nor given up.
    pub fn outstanding(&self) -> u64 {
        self.sequence.outstanding()
    }

    /// How many packets in a row were lost.
    pub const fn loss_runs(&self) -> &LossRuns {
        &self.tally.runs
    }

    /// How far out of order they arrived.
    pub const fn reordering(&self) -> &Reordering {
        &self.reordering
    }

    /// How long they took.
    pub const fn delays(&self) -> &Delays {
        &self.delays
    }

    /// The delay that so many millionths of all packets did not exceed, lost ones (late ones among them) being infinitely
    /// slow.
    pub fn quantile(&self, millionths: u32) -> Option<Quantile> {
        self.delays.one_way().quantile(millionths, self.infinite())
    }

    /// The same above the least delay: [`Delays::above_minimum`].
    pub fn quantile_above_minimum(&self, millionths: u32) -> Option<Quantile> {
        self.delays.above_minimum(millionths, self.infinite())
    }

    /// Over how many hops they came.
    pub const fn hops(&self) -> &Hops {
        &self.hops
    }

    /// How often the sender has begun, as far as was told.
    pub const fn epochs(&self) -> u64 {
        self.epochs
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.sequence.heap_bytes()
            + self.reordering.heap_bytes()
            + self.delays.heap_bytes()
    }

    fn record(&mut self, now: Duration, number: u64, packet: Packet) -> Arrival {
        let first = self.sequence.first().unwrap_or(number);
        self.reordering.record(number, &self.recent, first);
        self.reordering.settled(self.sequence.settled());
        let queueing = self.delays.record(now, (number, packet.delay), &self.recent);
        self.recent.push(number, packet.delay);
        if let Some(ttl) = packet.ttl {
            self.hops.record(ttl);
        }
        Arrival::InTime { queueing }
    }

    const fn infinite(&self) -> u64 {
        self.tally.counts.lost.saturating_sub(self.tally.counts.retracted)
    }
}
