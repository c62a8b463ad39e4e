//! The sockets from which peers are asked, and whose turn it is.

use std::net::SocketAddr;
use std::time::Duration;

use wattle_oneway::Timestamp;

use super::LONGEST;
use super::TURN;
use super::roster::Roster;
use super::roster::Slot;
use crate::clock::Clock;
use crate::latency::report::Stages;
use crate::latency::socket::Envelope;
use crate::latency::socket::Received;
use crate::latency::socket::StampedSocket;
use crate::latency::socket::WallShift;

/// Names a request until its transmit stamp comes: which slot, which session of it, which packet.
type Request = (Slot, u64, u32);

/// The near end of this host's own sessions.
pub(super) struct Asking {
    /// With the number of the port: each has a socket of either family.
    pub(super) sockets: Vec<(usize, StampedSocket<Request>)>,
    pub(super) roster: Roster,
    buffer: Vec<u8>,
}

/// Opens sockets of both families for so many ports of the system's choice. A host without one of the families has no peers of
/// it either.
pub(super) fn open(ports: usize, shift: WallShift) -> Vec<(usize, StampedSocket<Request>)> {
    let any: [SocketAddr; 2] = [([0_u8; 4], 0).into(), ([0_u16; 8], 0).into()];
    let all = (0..ports).flat_map(|port| any.map(|address| (port, address)));
    all.filter_map(|(port, address)| Some((port, StampedSocket::bind(address, shift).ok()?)))
        .collect()
}

impl Asking {
    pub(super) fn new(sockets: Vec<(usize, StampedSocket<Request>)>, roster: Roster) -> Self {
        Self {
            sockets,
            roster,
            buffer: vec![0; LONGEST],
        }
    }

    /// The numbers of the ports, of either family, if there are several.
    pub(super) fn ports(&self) -> Vec<[Option<u16>; 2]> {
        let mut ports = Vec::new();
        for (port, socket) in &self.sockets {
            if ports.len() <= *port {
                ports.resize(port + 1, [None; 2]);
            }
            if let Some(numbers) = ports.get_mut(*port) {
                let number = socket.local_addr().ok().map(|address| address.port());
                numbers[usize::from(socket.is_ipv6())] = number;
            }
        }
        if ports.len() > 1 { ports } else { Vec::new() }
    }

    /// Transmit stamps come before replies: a reply then finds what its request has.
    pub(super) fn take_stamps(&mut self, clock: &dyn Clock, stages: &mut Stages) {
        let now = clock.steady();
        for (_, socket) in &mut self.sockets {
            while let Some(((slot, session, sequence), stamp, queued)) = socket.poll_sent() {
                stages.send_queue.observe(queued);
                let found = self.roster.at(slot);
                let path = found.and_then(|(pair, port)| pair.paths.get_mut(port));
                if let Some(path) = path.filter(|path| path.session == session) {
                    path.sender.handle_sent(now, sequence, stamp);
                }
            }
        }
    }

    pub(super) fn receive_replies(&mut self, clock: &dyn Clock, stages: &mut Stages) {
        for (port, socket) in &mut self.sockets {
            for _ in 0..TURN {
                let Ok(Some(received)) = socket.receive(clock, &mut self.buffer) else {
                    break;
                };
                let bytes = self.buffer.get(..received.length).unwrap_or_default();
                if let Some(slot) = self.roster.slot(received.from, *port) {
                    hear(&mut self.roster, slot, clock.steady(), &received, bytes, stages);
                }
            }
        }
    }

    /// Does what is due.
    pub(super) fn act(&mut self, clock: &dyn Clock, stages: &mut Stages) {
        let now = clock.steady();
        while let Some(slot) = self.roster.timers.pop(now) {
            self.send_one(slot, clock);
            let Some((pair, port)) = self.roster.at(slot) else {
                continue;
            };
            if let Some(path) = pair.paths.get_mut(port) {
                path.sender.handle_timeout(now);
            }
            pair.settle(port, now, |nanos| stages.turnaround.observe(nanos));
            // What is due again at this very moment waits for the packets that have come meanwhile.
            self.roster.plan(slot, Some(now + Duration::from_nanos(1)));
        }
    }

    fn send_one(&mut self, slot: Slot, clock: &dyn Clock) {
        let Some((pair, port)) = self.roster.at(slot) else {
            return;
        };
        let to = pair.peer.address;
        let Some(path) = pair.paths.get_mut(port) else {
            return;
        };
        let mut sockets = self.sockets.iter_mut();
        let socket = sockets.find(|(number, socket)| *number == port && socket.is_ipv6() == to.is_ipv6());
        let (now, wall) = (clock.steady(), Timestamp::from_unix(clock.wall()));
        let Some(transmit) = path.sender.poll_transmit(now, wall, &mut self.buffer) else {
            return;
        };
        let envelope = Envelope {
            to,
            from: None,
            class: transmit.class,
        };
        let bytes = self.buffer.get(..transmit.length).unwrap_or_default();
        let name = (slot, path.session, transmit.sequence);
        let sent = socket.is_some_and(|(_, socket)| socket.send(bytes, &envelope, name, wall).is_ok());
        if !sent {
            path.sender.handle_unsent(transmit.sequence);
        }
    }
}

/// A packet came for a session. What is no reply is counted by the session itself.
fn hear(
    roster: &mut Roster,
    slot: Slot,
    now: Duration,
    received: &Received,
    bytes: &[u8],
    stages: &mut Stages,
) {
    let Some((pair, port)) = roster.at(slot) else {
        return;
    };
    let arrival = &received.arrival;
    let path = pair.paths.get_mut(port);
    if path.is_some_and(|path| path.sender.handle_reply(now, arrival, bytes).is_ok()) {
        stages.wake_up.observe(arrival.wall.nanos_since(arrival.stamp.at));
    }
    pair.settle(port, now, |nanos| stages.turnaround.observe(nanos));
    roster.plan(slot, None);
}
