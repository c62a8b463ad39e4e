//! The machine itself: a request comes, and its reply is in the buffer.

use core::net::SocketAddr;
use core::time::Duration;

use crate::stamp::Arrival;
use crate::stamp::ClockClaim;
use crate::stamp::KeyStore;
use crate::stamp::Position;
use crate::stamp::Stamp;
use crate::stamp::TrafficClass;

use super::Observation;
use super::Policy;
use super::ReflectorCounts;
use super::Refusal;
use super::admission::identify;
use super::desk::Desk;
use super::desk::Incoming;
use super::session::canonical;
use super::table::Place;

/// A reply, finished in the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its octets: as many as the request had, so that nothing is ever amplified.
    pub length: usize,
    /// DSCP and ECN to send it with. Its TTL or hop limit is to be 255.
    pub class: TrafficClass,
    /// Names it when its transmit stamp comes; nothing from a stateless reflector.
    pub token: Option<Token>,
}

/// Names one reply of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub(super) place: Place,
    pub(super) epoch: u32,
    pub(super) sequence: u32,
}

/// What is to be done about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reflection {
    /// Send the reply back to where the request came from, out of the socket and address at which it came.
    Send(Answer),
    /// Send nothing.
    Dropped(Refusal),
}

/// Answers STAMP and TWAMP Light (RFC 8762, RFC 8972, RFC 6038), for any number of senders through one socket.
///
/// The order of calls: [`Reflector::handle_request`] for each packet, with the wall clock read right before; the shell sends the
/// reply at once; [`Reflector::handle_sent`] when the kernel has told when it left, or [`Reflector::handle_unsent`] if
/// it did not; [`Reflector::poll_observation`] until there is none. [`Reflector::handle_timeout`] at
/// [`Reflector::poll_timeout`], or later: it only gives memory back.
#[derive(Debug)]
pub struct Reflector {
    keys: KeyStore,
    desk: Desk,
}

impl Reflector {
    /// A reflector that has not heard anybody.
    pub fn new(policy: Policy, keys: KeyStore) -> Self {
        Self {
            keys,
            desk: Desk::new(policy),
        }
    }

    /// What it has done so far.
    pub fn counts(&self) -> ReflectorCounts {
        let mut counts = self.desk.counts;
        counts.sessions_begun = self.desk.table.begun;
        counts.sessions_evicted = self.desk.table.evicted;
        counts.observations_lost = self.desk.observations.lost();
        counts
    }

    /// How many sessions it remembers.
    pub fn sessions(&self) -> usize {
        self.desk.table.len()
    }

    /// How many of them are established.
    pub fn established(&self) -> usize {
        self.desk.table.established()
    }

    /// Says what the clock is worth from now on.
    pub const fn set_clock(&mut self, claim: ClockClaim) {
        self.desk.claim = claim;
    }

    /// Says where this host is from now on.
    pub const fn set_position(&mut self, position: Option<Position>) {
        self.desk.position = position;
    }

    /// Accepts these keys from now on. Sessions go on.
    pub fn set_keys(&mut self, keys: KeyStore) {
        self.keys = keys;
    }

    /// A packet came. If it is to be answered, the reply is in `out`, which must be as long as the packet.
    pub fn handle_request(
        &mut self,
        now: Duration,
        arrival: &Arrival,
        from: SocketAddr,
        bytes: &[u8],
        out: &mut [u8],
    ) -> Reflection {
        let from = canonical(from);
        let identity = identify(self.desk.policy.access, &self.keys, from.ip(), bytes);
        let answer = identity.and_then(|identity| {
            self.desk.reflect(
                now,
                &Incoming {
                    arrival,
                    from,
                    bytes,
                    identity,
                },
                out,
            )
        });
        match answer {
            Ok(answer) => {
                self.desk.counts.reflected += 1;
                Reflection::Send(answer)
            }
            Err(reason) => {
                self.desk.counts.refuse(reason);
                Reflection::Dropped(reason)
            }
        }
    }

    /// A reply left, and this is when.
    pub fn handle_sent(&mut self, token: Token, stamp: Stamp) {
        let session = self.desk.table.get_mut(token.place);
        if let Some(session) = session.filter(|session| session.epoch == token.epoch) {
            session.note_sent(token.sequence, stamp);
        }
    }

    /// A reply could not be sent. Its number is used again, so that nobody counts it as lost.
    pub fn handle_unsent(&mut self, token: Token) {
        let session = self.desk.table.get_mut(token.place);
        if let Some(session) = session.filter(|session| session.epoch == token.epoch)
            && session.next_sequence == token.sequence.wrapping_add(1)
        {
            session.next_sequence = token.sequence;
        }
    }

    /// Forgets sessions that have been silent for too long.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.desk.sweep(now);
    }

    /// When the next session will have been silent for too long.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.desk.next_expiry()
    }

    /// What was learnt from peers that tell their side. Take all after each packet: only so many are kept.
    pub fn poll_observation(&mut self) -> Option<Observation> {
        self.desk.observations.take()
    }
}
