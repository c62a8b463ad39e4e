//! The sockets at which others ask, and what answers them.

use std::net::SocketAddr;

use wattle_oneway::Timestamp;
use wattle_oneway::stamp::ClockClaim;
use wattle_oneway::stamp::KeyRing;
use wattle_oneway::stamp::KeyStore;
use wattle_oneway::stamp::Policy;
use wattle_oneway::stamp::Reflection;
use wattle_oneway::stamp::Reflector;
use wattle_oneway::stamp::Refusal;
use wattle_oneway::stamp::Token;

use super::LONGEST;
use super::TURN;
use super::network::Network;
use super::network::is_allowed;
use crate::clock::Clock;
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
            request: vec![0; LONGEST],
            reply: vec![0; LONGEST],
        }
    }

    pub(super) const fn set_clock(&mut self, claim: ClockClaim) {
        self.reflector.set_clock(claim);
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
