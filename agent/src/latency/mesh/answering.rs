//! The sockets at which others ask, and what answers them.

use std::collections::HashSet;
use std::net::IpAddr;
use std::net::SocketAddr;

use wattle_oneway::Timestamp;
use wattle_oneway::stamp::ClockClaim;
use wattle_oneway::stamp::KeyRing;
use wattle_oneway::stamp::KeyStore;
use wattle_oneway::stamp::Policy;
use wattle_oneway::stamp::Position;
use wattle_oneway::stamp::Reflection;
use wattle_oneway::stamp::Reflector;
use wattle_oneway::stamp::Refusal;
use wattle_oneway::stamp::Token;

use super::LONGEST;
use super::TURN;
use super::network::Network;
use super::network::is_allowed;
use crate::clock::Clock;
use crate::latency::peers::Peer;
use crate::latency::report::LatencyReport;
use crate::latency::report::Stages;
use crate::latency::socket::Envelope;
use crate::latency::socket::Received;
use crate::latency::socket::StampedSocket;

/// The far end of other hosts' sessions.
pub(super) struct Answering {
    pub(super) sockets: Vec<StampedSocket<Token>>,
    reflector: Reflector,
    allow: Vec<Network>,
    not_allowed: u64,
    peers: HashSet<IpAddr>,
    position: Option<Position>,
    request: Vec<u8>,
    reply: Vec<u8>,
}

impl Answering {
    pub(super) fn new(
        sockets: Vec<StampedSocket<Token>>,
        policy: Policy,
        keys: Option<KeyRing>,
        allow: Vec<Network>,
    ) -> Self {
        Self {
            sockets,
            reflector: Reflector::new(policy, store(keys)),
            allow,
            not_allowed: 0,
            peers: HashSet::new(),
            position: None,
            request: vec![0; LONGEST],
            reply: vec![0; LONGEST],
        }
    }

    /// What whoever asks is told of this host. Its place is told to peers alone.
    pub(super) const fn introduce(&mut self, claim: ClockClaim, position: Option<Position>) {
        self.reflector.set_clock(claim);
        self.position = position;
    }

    /// Accepts these keys from now on.
    pub(super) fn set_keys(&mut self, keys: Option<KeyRing>) {
        self.reflector.set_keys(store(keys));
    }

    /// These hosts are the peers, whether they are measured from here or not.
    pub(super) fn set_peers(&mut self, peers: &[Peer]) {
        let addresses = peers.iter().map(|peer| peer.address.ip().to_canonical());
        self.peers = addresses.collect();
    }

    pub(super) fn take_stamps(&mut self, stages: &mut Stages) {
        for socket in &mut self.sockets {
            while let Some((token, stamp, queued)) = socket.poll_sent() {
                stages.send_queue.observe(queued);
                self.reflector.handle_sent(token, stamp);
            }
        }
    }

    pub(super) fn answer_all(&mut self, clock: &dyn Clock, stages: &mut Stages) {
        let mut sockets = std::mem::take(&mut self.sockets);
        for socket in &mut sockets {
            for _ in 0..TURN {
                // An error here is one of the network's, and waiting for the next packet is all that can be done.
                let Ok(Some(received)) = socket.receive(clock, &mut self.request) else {
                    break;
                };
                self.answer(socket, &received, clock, stages);
            }
        }
        self.sockets = sockets;
    }

    fn answer(
        &mut self,
        socket: &mut StampedSocket<Token>,
        received: &Received,
        clock: &dyn Clock,
        stages: &mut Stages,
    ) {
        if !is_allowed(&self.allow, received.from.ip()) {
            self.not_allowed += 1;
            return;
        }
        let mut arrival = received.arrival;
        arrival.wall = Timestamp::from_unix(clock.wall());
        stages.wake_up.observe(arrival.wall.nanos_since(arrival.stamp.at));
        let request = self.request.get(..received.length).unwrap_or_default();
        let (now, from): (_, SocketAddr) = (clock.steady(), received.from);
        let is_peer = self.peers.contains(&from.ip().to_canonical());
        self.reflector.set_position(self.position.filter(|_| is_peer));
        let reflection = self
            .reflector
            .handle_request(now, &arrival, from, request, &mut self.reply);
        if let Reflection::Send(answer) = reflection {
            let envelope = Envelope {
                to: from,
                from: received.local,
                class: answer.class,
            };
            let bytes = self.reply.get(..answer.length).unwrap_or_default();
            if let Some(token) = answer.token
                && socket.send(bytes, &envelope, token, arrival.wall).is_err()
            {
                self.reflector.handle_unsent(token);
            }
        }
        // What peers tell of their side is in this host's own sessions with them too.
        while self.reflector.poll_observation().is_some() {}
    }

    /// Adds to a report what was answered and what was not.
    pub(super) fn describe(&self, report: &mut LatencyReport) {
        let counts = self.reflector.counts();
        report.reflected = counts.reflected;
        let refused = Refusal::ALL.map(|reason| (label(reason), counts.refused(reason)));
        report.refused = refused.into();
        report.refused.push(("network", self.not_allowed));
    }
}

fn store(keys: Option<KeyRing>) -> KeyStore {
    keys.map_or_else(KeyStore::default, |keys| KeyStore::default().with_default(keys))
}

const fn label(reason: Refusal) -> &'static str {
    match reason {
        Refusal::Short => "short",
        Refusal::NoBuffer => "long",
        Refusal::Unauthenticated => "unauthenticated",
        Refusal::NoKey => "no_key",
        Refusal::WrongHmac => "wrong_hmac",
        Refusal::Loop => "loop",
        Refusal::TooFast => "too_fast",
        Refusal::Crowded => "crowded",
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use wattle_oneway::stamp::Arrival;
    use wattle_oneway::stamp::Sender;
    use wattle_oneway::stamp::Settings;

    use super::*;
    use crate::clock::SystemClock;
    use crate::latency::socket::WallShift;

    /// The place that an asker is told, which counts as a peer or not.
    fn told(is_peer: bool) -> Option<Position> {
        let clock = SystemClock;
        let socket = StampedSocket::bind("127.0.0.1:0".parse().unwrap(), WallShift::default()).unwrap();
        let at = socket.local_addr().unwrap();
        let mut answering = Answering::new(vec![socket], Policy::default(), None, Vec::new());
        answering.introduce(ClockClaim::Unknown, Position::new(1, 2));
        let peer = Peer {
            name: "peer".into(),
            zone: "".into(),
            address: at,
            has_agent: true,
        };
        answering.set_peers(if is_peer { std::slice::from_ref(&peer) } else { &[] });
        let asker = UdpSocket::bind("127.0.0.1:0").unwrap();
        asker.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut sender = Sender::new(Settings::default(), Duration::ZERO);
        let now = sender.poll_timeout().unwrap();
        let mut packet = [0; 512];
        let wall = Timestamp::from_unix(clock.wall());
        let transmit = sender.poll_transmit(now, wall, &mut packet).unwrap();
        asker.send_to(&packet[..transmit.length], at).unwrap();
        answering.answer_all(&clock, &mut Stages::default());
        let length = asker.recv(&mut packet).unwrap();
        assert_eq!(length, transmit.length, "a reply is as long as its request");
        sender
            .handle_reply(now, &Arrival::default(), &packet[..length])
            .unwrap();
        assert!(sender.peer().is_ours);
        sender.peer().position
    }

    #[test]
    fn peers_are_told_the_place_and_strangers_are_not() {
        assert_eq!(told(true), Position::new(1, 2));
        assert_eq!(told(false), None);
    }
}
