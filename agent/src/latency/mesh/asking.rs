//! The sockets from which peers are asked, and whose turn it is.

use std::time::Duration;

use wattle_oneway::Timestamp;

use super::LONGEST;
use super::TURN;
use super::roster::Roster;
use crate::clock::Clock;
use crate::latency::report::Stages;
use crate::latency::socket::Envelope;
use crate::latency::socket::StampedSocket;

/// Names a request until its transmit stamp comes: which pair, which session of it, which packet.
pub(super) type Request = (usize, u64, u32);

/// The near end of this host's own sessions.
pub(super) struct Asking {
    pub(super) sockets: Vec<StampedSocket<Request>>,
    pub(super) roster: Roster,
    buffer: Vec<u8>,
}

impl Asking {
    pub(super) fn new(sockets: Vec<StampedSocket<Request>>, roster: Roster) -> Self {
        Self {
            sockets,
            roster,
            buffer: vec![0; LONGEST],
        }
    }

    /// Transmit stamps come before replies: a reply then finds what its request has.
    pub(super) fn take_stamps(&mut self, clock: &dyn Clock, stages: &mut Stages) {
        let now = clock.steady();
        for socket in &mut self.sockets {
            while let Some(((place, session, sequence), stamp, queued)) = socket.poll_sent() {
                stages.send_queue.observe(queued);
                let pair = self.roster.pairs.get_mut(place);
                if let Some(pair) = pair.filter(|pair| pair.session == session) {
                    pair.sender.handle_sent(now, sequence, stamp);
                }
            }
        }
    }

    pub(super) fn receive_replies(&mut self, clock: &dyn Clock, stages: &mut Stages) {
        for socket in &mut self.sockets {
            for _ in 0..TURN {
                let Ok(Some(received)) = socket.receive(clock, &mut self.buffer) else {
                    break;
                };
                let Some((place, pair)) = self.roster.at(received.from) else {
                    continue;
                };
                let bytes = self.buffer.get(..received.length).unwrap_or_default();
                let now = clock.steady();
                // What is no reply is counted by the session itself.
                if pair.sender.handle_reply(now, &received.arrival, bytes).is_ok() {
                    let arrival = &received.arrival;
                    stages.wake_up.observe(arrival.wall.nanos_since(arrival.stamp.at));
                }
                pair.settle(now, |nanos| stages.turnaround.observe(nanos));
                let next = pair.sender.poll_timeout();
                self.roster.timers.set(place, next);
            }
        }
    }

    /// Does what is due.
    pub(super) fn act(&mut self, clock: &dyn Clock, stages: &mut Stages) {
        let now = clock.steady();
        while let Some(place) = self.roster.timers.pop(now) {
            self.send_one(place, clock);
            let Some(pair) = self.roster.pairs.get_mut(place) else {
                continue;
            };
            pair.sender.handle_timeout(now);
            pair.settle(now, |nanos| stages.turnaround.observe(nanos));
            // What is due again at this very moment waits for the packets that have come meanwhile.
            let next = pair.sender.poll_timeout();
            let next = next.map(|next| next.max(now + Duration::from_nanos(1)));
            self.roster.timers.set(place, next);
        }
    }

    fn send_one(&mut self, place: usize, clock: &dyn Clock) {
        let Some(pair) = self.roster.pairs.get_mut(place) else {
            return;
        };
        let wanted = pair.peer.address.is_ipv6();
        let mut sockets = self.sockets.iter_mut();
        let socket = sockets.find(|socket| socket.is_ipv6() == wanted);
        let (now, wall) = (clock.steady(), Timestamp::from_unix(clock.wall()));
        let Some(transmit) = pair.sender.poll_transmit(now, wall, &mut self.buffer) else {
            return;
        };
        let envelope = Envelope {
            to: pair.peer.address,
            from: None,
            class: transmit.class,
        };
        let bytes = self.buffer.get(..transmit.length).unwrap_or_default();
        let name = (place, pair.session, transmit.sequence);
        if socket.is_none_or(|socket| socket.send(bytes, &envelope, name, wall).is_err()) {
            pair.sender.handle_unsent(transmit.sequence);
        }
    }
}
