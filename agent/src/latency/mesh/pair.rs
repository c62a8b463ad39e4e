//! One peer: the session with it, and what came of that.

use std::net::SocketAddr;
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
use wattle_oneway::stamp::Sender;
use wattle_oneway::stamp::Settings;
use wattle_oneway::statistics::SlidingMinimum;

use super::figures::Figures;
use super::place;
use crate::geo::Coordinates;
use crate::geo::Distance;
use crate::geo::Source;
use crate::latency::peers::Peer;
use crate::latency::report::PeerReport;

/// What a clock's track remembers is in steps of so many packets' time.
const SPAN: u32 = 10;
/// Least round trips are those of the same while as least delays.
const WINDOW: Duration = Duration::from_secs(60);
/// How far a kernel's stamp may be from the wire, and how far a program's, in nanoseconds.
const STAMP_ERROR: [(Quality, u64); 2] = [(Quality::Wire, 1_000), (Quality::Host, 1_000_000)];

/// One peer.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) peer: Peer,
    pub(super) sender: Sender,
    /// Tells this session's packets from those of a session before.
    pub(super) session: u64,
    figures: Figures,
    track: ClockTrack,
    least_round_trip: SlidingMinimum,
    state: ClockState,
    claims: Claims,
}

impl Pair {
    pub(super) fn new(peer: Peer, settings: Settings, session: u64, now: Duration) -> Self {
        Self {
            peer,
            track: ClockTrack::new(settings.pace.mean() * SPAN),
            sender: Sender::new(settings, now),
            session,
            figures: Figures::default(),
            least_round_trip: SlidingMinimum::new(WINDOW),
            state: ClockState::Unsynchronised,
            claims: Claims::default(),
        }
    }

    /// The peer has moved: a new session, and nothing compared with the old path. Counts go on.
    pub(super) fn moved(&mut self, address: SocketAddr, settings: Settings, session: u64, now: Duration) {
        self.peer.address = address;
        self.sender = Sender::new(settings, now);
        self.session = session;
        for way in &mut self.figures.ways {
            way.clock_was_set();
        }
        self.forget_clocks();
    }

    /// Takes in what the session has found out. Returns the time that the far end took, for each sample.
    pub(super) fn settle(&mut self, now: Duration, mut turnaround: impl FnMut(i64)) {
        while let Some(event) = self.sender.poll_event() {
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
        }
        let measured = [(sample.forward, sample.outward), (sample.reverse, sample.back)];
        for (way, (measured, seen)) in self.figures.ways.iter_mut().zip(measured) {
            way.arrived(now, sample.sequence, measured, seen);
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
        self.sender.peer().clock
    }

    /// Where the peer says that it is.
    fn place(&self) -> Option<Coordinates> {
        self.sender.peer().position.and_then(place::from_position)
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
        }
    }
}
