//! One peer: the session with it, and what came of that.

use std::sync::Arc;
use std::time::Duration;

use wattle_oneway::clock::Claims;
use wattle_oneway::clock::ClockState;
use wattle_oneway::clock::ClockTrack;
use wattle_oneway::clock::Exchange;
use wattle_oneway::clock::Measured;
use wattle_oneway::clock::PairOffset;
use wattle_oneway::clock::judge;
use wattle_oneway::stamp::ClockClaim;
use wattle_oneway::stamp::Event;
use wattle_oneway::stamp::Quality;
use wattle_oneway::stamp::Sample;
use wattle_oneway::statistics::SlidingMinimum;

use super::figures::Figures;
use super::path::Path;
use super::place;
use super::sessions::Sessions;
use crate::geo::Coordinates;
use crate::geo::Distance;
use crate::geo::Source;
use crate::latency::peers::Peer;
use crate::latency::report::PeerReport;

/// What a clock's track remembers is in steps of so many packets' time.
const SPAN: u32 = 10;
/// Least round trips are those of the same while as least delays.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How far a kernel's stamp may be from the wire, and how far a program's, in nanoseconds.
const STAMP_ERROR: [(Quality, u64); 2] = [(Quality::Wire, 1_000), (Quality::Host, 1_000_000)];

/// One peer.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) peer: Peer,
    /// One for each source port.
    pub(super) paths: Vec<Path>,
    /// Samples so far: sessions number theirs each by itself.
    samples: u32,
    figures: Figures,
    track: ClockTrack,
    least_round_trip: SlidingMinimum,
    state: ClockState,
    claims: Claims,
}

impl Pair {
    /// A peer whom nobody has asked yet, every `interval`.
    pub(super) fn new(peer: Peer, interval: Duration) -> Self {
        Self {
            peer,
            paths: Vec::new(),
            samples: 0,
            track: ClockTrack::new(interval * SPAN),
            figures: Figures::default(),
            least_round_trip: SlidingMinimum::new(WINDOW),
            state: ClockState::Unsynchronised,
            claims: Claims::default(),
        }
    }

    /// Begins sessions anew, one for each path. Counts go on.
    pub(super) fn renew(&mut self, sessions: &mut Sessions, now: Duration) {
        for place in 0..sessions.width {
            let (settings, session) = sessions.next();
            match self.paths.get_mut(place) {
                Some(path) => path.renew(settings, session, now),
                None => self.paths.push(Path::new(settings, session, now)),
            }
        }
    }

    /// The peer is elsewhere now: nothing is compared with the old path. Counts go on.
    pub(super) fn moved(&mut self, sessions: &mut Sessions, now: Duration) {
        self.renew(sessions, now);
        for way in &mut self.figures.ways {
            way.clock_was_set();
        }
        self.paths.iter_mut().for_each(Path::forget_delays);
        self.forget_clocks();
    }

    /// Takes in what a session has found out. Returns the time that the far end took, for each sample.
    pub(super) fn settle(&mut self, path: usize, now: Duration, mut turnaround: impl FnMut(i64)) {
        while let Some(path) = self.paths.get_mut(path)
            && let Some(event) = path.sender.poll_event()
        {
            path.count(now, &event);
            match &event {
                Event::Sample(sample) => {
                    self.take(now, sample);
                    turnaround(sample.turnaround);
                }
                other => self.figures.count(other),
            }
        }
    }

    fn take(&mut self, now: Duration, sample: &Sample) {
        let stamps = &sample.stamps;
        let exchange = Exchange {
            sent: stamps.sent.at,
            far_received: stamps.received.at,
            far_sent: stamps.answered.at,
            received: stamps.returned.at,
        };
        if self.track.observe(now, &exchange).is_some() {
            for way in &mut self.figures.ways {
                way.clock_was_set();
            }
            self.least_round_trip.clear();
            self.paths.iter_mut().for_each(Path::forget_delays);
        }
        self.samples = self.samples.wrapping_add(1);
        let measured = [(sample.forward, sample.outward), (sample.reverse, sample.back)];
        for (way, (measured, seen)) in self.figures.ways.iter_mut().zip(measured) {
            way.arrived(now, self.samples, measured, seen);
        }
        self.least_round_trip.insert(now, sample.round_trip.nanos, ());
        self.figures.round_trip.observe(sample.round_trip.nanos);
        self.figures.rounds.sent += 1;
        self.figures.rounds.received += 1;
        self.figures.answers = true;
        self.claims = Claims {
            own: sample.sender_clock.bound_nanos(),
            peer: sample.reflector_clock.bound_nanos(),
        };
        self.judge(now);
        if let ClockState::Synchronised { .. } = self.state {
            for (way, (measured, _)) in self.figures.ways.iter_mut().zip(measured) {
                way.is_true(measured);
            }
        }
    }

    fn judge(&mut self, now: Duration) {
        let [to, from] = &self.figures.ways;
        let worst = to.best().min(from.best());
        let error = STAMP_ERROR.iter().find(|(quality, _)| *quality == worst);
        let measured = Measured {
            forward: to.minimum(now),
            reverse: from.minimum(now),
            round_trip: self
                .least_round_trip
                .get(now)
                .map(|(nanos, ())| u64::try_from(nanos).unwrap_or_default()),
            offset: self.track.offset(now),
            stamp_error: error.map_or(0, |(_, nanos)| *nanos),
        };
        self.state = judge(&self.claims, &measured);
    }

    fn forget_clocks(&mut self) {
        self.track.clear();
        self.least_round_trip.clear();
        self.state = ClockState::Unsynchronised;
        self.claims = Claims::default();
    }

    /// How far the peer's clock is ahead of the own one, for the mesh's least squares.
    pub(super) fn offset(&self, own: &Arc<str>, now: Duration) -> Option<PairOffset<Arc<str>>> {
        let offset = self.track.offset(now)?;
        Some(PairOffset {
            from: own.clone(),
            to: self.peer.name.clone(),
            offset: offset.nanos,
            error: offset.error,
        })
    }

    /// What the peer claims about its clock.
    pub(super) fn claim(&self) -> ClockClaim {
        let mut claims = self.paths.iter().map(|path| path.sender.peer().clock);
        claims
            .find(|claim| *claim != ClockClaim::Unknown)
            .unwrap_or_default()
    }

    /// Where the peer says that it is.
    fn place(&self) -> Option<Coordinates> {
        let mut paths = self.paths.iter();
        let position = paths.find_map(|path| path.sender.peer().position)?;
        place::from_position(position)
    }

    /// What is known of the peer, on a host that stands `here`.
    pub(super) fn report(&self, now: Duration, here: Option<Coordinates>) -> PeerReport {
        let offset = self.track.offset(now);
        PeerReport {
            name: self.peer.name.clone(),
            zone: self.peer.zone.clone(),
            address: self.peer.address.to_string(),
            state: self.state,
            offset: offset.map(|offset| (offset.nanos, offset.error)),
            answers: self.figures.answers,
            distance: here
                .zip(self.place())
                .map(|(here, there)| Distance::new(&self.peer.name, here, there, Source::Peer)),
            directions: self.figures.ways.each_ref().map(|way| way.report(now)),
            round_trip: self.figures.round_trip.clone(),
            rounds: self.figures.rounds,
            paths: match &self.paths[..] {
                [_] => Vec::new(),
                several => several.iter().map(|path| path.report(now)).collect(),
            },
        }
    }
}
