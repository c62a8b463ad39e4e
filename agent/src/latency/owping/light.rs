//! A run with STAMP, which needs nothing arranged.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use wattle_oneway::control;
use wattle_oneway::stamp::ClockClaim;
use wattle_oneway::stamp::Direction;
use wattle_oneway::stamp::Event;
use wattle_oneway::stamp::Extensions;
use wattle_oneway::stamp::Key;
use wattle_oneway::stamp::KeyRing;
use wattle_oneway::stamp::Quality;
use wattle_oneway::stamp::Sample;
use wattle_oneway::stamp::Security;
use wattle_oneway::stamp::Sender;
use wattle_oneway::stamp::Settings;

use super::Outcome;
use super::PingError;
use super::dialogue::Means;
use super::gap::Gap;
use super::options::Spoken;
use super::outcome::RoundTrips;
use super::outcome::Way;
use super::progress::Progress;
use super::target;
use super::trips::Trip;
use super::trips::Trips;
use crate::latency::sessions::TestSocket;
use crate::latency::sessions::entropy;
use crate::latency::sessions::wait;

/// How many packets are sent, how, and for how long replies are waited for.
#[derive(Clone, Copy)]
pub(super) struct Amount {
    pub(super) count: u32,
    pub(super) gap: Gap,
    pub(super) patience: Duration,
}

impl Amount {
    /// Enough to see whether anybody answers.
    pub(super) const PROBE: Self = Self {
        count: 3,
        gap: Gap {
            mean: Duration::from_millis(50),
            is_fixed: true,
        },
        patience: Duration::from_secs(1),
    };
}

struct Run<'m> {
    means: &'m Means<'m>,
    socket: TestSocket,
    sender: Sender,
    remote: SocketAddr,
    amount: Amount,
    samples: Vec<Sample>,
    /// Lost on the way there, on the way back, and nobody knows where.
    lost: [u64; 3],
    duplicates: [u64; 2],
    buffer: Vec<u8>,
}

/// Measures.
pub(super) fn run(means: &Means<'_>, remote: SocketAddr, amount: Amount) -> Result<Outcome, PingError> {
    let socket = TestSocket::bind(target::local_for(remote)?, means.options.dscp)?;
    let settings = settings(means, amount, socket.has_transmit_stamps())?;
    let sender = Sender::new(settings, means.clocks.moment());
    let mut run = Run {
        buffer: vec![0; sender.packet_len()],
        means,
        socket,
        sender,
        remote,
        amount,
        samples: Vec::new(),
        lost: [0; 3],
        duplicates: [0; 2],
    };
    run.test()?;
    run.outcome()
}

fn settings(means: &Means<'_>, amount: Amount, has_transmit_stamps: bool) -> Result<Settings, PingError> {
    let options = means.options;
    let security = match (options.security, &options.credentials) {
        (control::Security::Open, _) => Security::Open,
        (control::Security::Authenticated, Some((_, secret))) => {
            Security::Authenticated(KeyRing::new(Key::new(secret)))
        }
        (control::Security::Authenticated, None) => {
            let missing = "this mode needs --key-id and --pass-phrase-file";
            return Err(PingError::Usage(missing.to_owned()));
        }
        _ => {
            let none = "STAMP has only the modes open and authenticated; choose --protocol owamp or twamp";
            return Err(PingError::Usage(none.to_owned()));
        }
    };
    let [a, b, epoch @ ..] = entropy::<6>()?;
    Ok(Settings {
        ssid: u16::from_be_bytes([a, b]).max(1),
        security,
        pace: amount.gap.pace(),
        patience: amount.patience,
        has_transmit_stamps,
        dscp: options.dscp,
        extensions: Extensions {
            padding: (options.padding > 0).then_some(options.padding),
            class_of_service: Some(options.dscp),
            ..Extensions::ALL
        },
        epoch: u32::from_be_bytes(epoch),
        seed: u64::from_be_bytes(entropy()?),
        ..Settings::default()
    })
}

impl Run<'_> {
    fn test(&mut self) -> Result<(), PingError> {
        let mut progress = Progress::new(self.means.options.live);
        loop {
            self.drive();
            let now = self.means.clocks.moment();
            progress.show(now, || self.line());
            if self.sender.is_finished() {
                return Ok(());
            }
            let due = [progress.due(), self.sender.poll_timeout()];
            let at_most = due.into_iter().flatten().min().map(|due| due.saturating_sub(now));
            wait(
                &[
                    (self.means.interrupt.as_fd(), false),
                    (self.socket.as_fd(), false),
                ],
                at_most,
            )?;
            if self.means.interrupt.has_come() {
                self.sender.stop();
            }
        }
    }

    /// The error queue comes first, then what was received, then the timers.
    fn drive(&mut self) {
        let clocks = self.means.clocks;
        self.sender.set_clock(ClockClaim::from_estimate(clocks.error()));
        while let Some((sequence, stamp)) = self.socket.poll_sent() {
            self.sender.handle_sent(clocks.moment(), sequence, stamp);
        }
        while let Some(incoming) = self.socket.receive(clocks) {
            if incoming.from == self.remote {
                // What is no reply is counted by the sender.
                let _ = self
                    .sender
                    .handle_reply(clocks.moment(), &incoming.arrival, incoming.octets);
            }
        }
        self.sender.handle_timeout(clocks.moment());
        let (now, wall) = (clocks.moment(), clocks.wall());
        if let Some(transmit) = self.sender.poll_transmit(now, wall, &mut self.buffer) {
            let packet = self.buffer.get(..transmit.length).unwrap_or_default();
            if !self.socket.send(packet, self.remote, transmit.sequence, clocks) {
                self.sender.handle_unsent(transmit.sequence);
            }
        }
        let counts = self.sender.counts();
        if counts.sent + counts.unsent >= u64::from(self.amount.count) {
            self.sender.stop();
        }
        self.note_events();
    }

    fn note_events(&mut self) {
        while let Some(event) = self.sender.poll_event() {
            match event {
                Event::Sample(sample) => self.samples.push(sample),
                Event::LossPlaced {
                    forward,
                    reverse,
                    unknown,
                } => {
                    let placed = [forward, reverse, unknown].map(u64::from);
                    self.lost = std::array::from_fn(|way| self.lost[way] + placed[way]);
                }
                Event::Duplicate { direction, .. } => {
                    let way = usize::from(direction == Some(Direction::Reverse));
                    self.duplicates[way] += 1;
                }
                Event::Lost { .. }
                | Event::Late { .. }
                | Event::Reordered { .. }
                | Event::Unsent { .. }
                | Event::PeerRestarted => {}
            }
        }
    }

    fn line(&self) -> String {
        let counts = self.sender.counts();
        let (all, sent, back) = (self.amount.count, counts.sent, counts.answered);
        format!("{sent} of {all} sent, {back} back, {} lost", counts.lost)
    }

    fn outcome(self) -> Result<Outcome, PingError> {
        let counts = self.sender.counts();
        let [forward, reverse, _] = self.lost;
        let (here, there) = (self.socket.local()?, self.remote);
        let stateful = self.sender.peer().is_stateful;
        let mut ways = vec![
            Way {
                direction: "forward",
                from: here,
                to: there,
                sid: None,
                sent: counts.sent,
                unsent: counts.unsent,
                lost: forward,
                trips: self.forward(stateful),
                clock_difference: None,
            },
            Way {
                direction: "reverse",
                from: there,
                to: here,
                sid: None,
                sent: counts.answered + reverse,
                unsent: 0,
                lost: reverse,
                trips: self.reverse(stateful),
                clock_difference: None,
            },
        ];
        for (way, duplicates) in ways.iter_mut().zip(self.duplicates) {
            way.trips.duplicates += duplicates;
        }
        Ok(Outcome {
            spoken: Spoken::Stamp,
            security: self.means.options.security_name(),
            ways,
            round_trips: Some(RoundTrips {
                sent: counts.sent,
                lost: counts.lost,
                lost_somewhere: counts.lost.saturating_sub(forward + reverse),
                delays: self
                    .samples
                    .iter()
                    .map(|sample| sample.round_trip.nanos)
                    .collect(),
                turnarounds: self.samples.iter().map(|sample| sample.turnaround).collect(),
                is_wire: self
                    .samples
                    .iter()
                    .all(|sample| sample.round_trip.quality >= Quality::Wire),
            }),
        })
    }

    /// In the order in which the reflector saw them, where it tells.
    fn forward(&self, stateful: bool) -> Trips {
        let mut samples: Vec<_> = self.samples.iter().collect();
        if stateful {
            samples.sort_by_key(|sample| sample.reflected);
        }
        let trips = samples.into_iter().map(|sample| Trip {
            number: sample.sequence,
            sent: sample.stamps.sent.at,
            delay: sample.forward.nanos,
            errors: errors(sample),
            ttl: sample.outward.ttl,
        });
        self.trips(trips)
    }

    fn reverse(&self, stateful: bool) -> Trips {
        let trips = self.samples.iter().map(|sample| Trip {
            number: if stateful {
                sample.reflected
            } else {
                sample.sequence
            },
            sent: sample.stamps.answered.at,
            delay: sample.reverse.nanos,
            errors: errors(sample),
            ttl: sample.back.ttl,
        });
        self.trips(trips)
    }

    fn trips(&self, all: impl Iterator<Item = Trip>) -> Trips {
        let mut trips = Trips::new(self.amount.count);
        for trip in all {
            trips.add(&trip);
        }
        trips
    }
}

fn errors(sample: &Sample) -> [wattle_oneway::ErrorEstimate; 2] {
    [sample.sender_clock, sample.reflector_clock].map(ClockClaim::to_estimate)
}
