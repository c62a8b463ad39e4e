//! Making a reply out of a request, and remembering what it said.

use core::net::SocketAddr;
use core::time::Duration;

use crate::stamp::Arrival;
use crate::stamp::ClockClaim;
use crate::stamp::Mode;
use crate::stamp::Position;
use crate::stamp::Reply;
use crate::stamp::Request;
use crate::stamp::TrafficClass;
use crate::stamp::packet;

use super::Answer;
use super::Observation;
use super::Policy;
use super::ReflectorCounts;
use super::Refusal;
use super::Token;
use super::admission::Gate;
use super::admission::Identity;
use super::answer::Known;
use super::answer::Learnt;
use super::answer::Protection;
use super::answer::Remembered;
use super::observation::Observations;
use super::rounds::Open;
use super::session::SessionKey;
use super::table::Place;
use super::table::Table;

/// Sessions are looked through for silent ones no more often than this.
const SWEEP: Duration = Duration::from_secs(1);

/// A packet that may be answered.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) arrival: &'a Arrival,
    pub(super) from: SocketAddr,
    pub(super) bytes: &'a [u8],
    pub(super) identity: Identity<'a>,
}

/// A reflector without its keys.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) policy: Policy,
    pub(super) claim: ClockClaim,
    pub(super) position: Option<Position>,
    pub(super) table: Table,
    pub(super) counts: ReflectorCounts,
    pub(super) observations: Observations,
    gate: Gate,
    next_sweep: Duration,
}

impl Desk {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            gate: Gate::new(policy.seed),
            policy,
            claim: ClockClaim::Unknown,
            position: None,
            table: Table::default(),
            counts: ReflectorCounts::default(),
            observations: Observations::default(),
            next_sweep: Duration::ZERO,
        }
    }

    pub(super) fn sweep(&mut self, now: Duration) {
        self.table.expire(now, &self.policy.limits);
        self.next_sweep = now.saturating_add(SWEEP);
    }

    pub(super) fn next_expiry(&self) -> Option<Duration> {
        let expiry = self.table.next_expiry(&self.policy.limits)?;
        Some(expiry.max(self.next_sweep))
    }

    pub(super) fn reflect(
        &mut self,
        now: Duration,
        incoming: &Incoming<'_>,
        out: &mut [u8],
    ) -> Result<Answer, Refusal> {
        let Incoming {
            arrival,
            from,
            bytes,
            identity,
        } = incoming;
        let mode = identity.mode;
        let request = Request::parse(bytes, mode).ok_or(Refusal::Short)?;
        let out = out.get_mut(..bytes.len()).ok_or(Refusal::NoBuffer)?;
        let key = self.session_of(*from, &request, bytes, mode)?;
        if now >= self.next_sweep {
            self.sweep(now);
        }
        let place = self.table.find(&key);
        let session = place.and_then(|place| self.table.get_mut(place));
        self.gate.admit(now, session, &key, &self.policy)?;

        let remembered = if self.policy.stateful {
            self.count_in(now, key, place, request.sequence)
        } else {
            None
        };
        let sequence = remembered.map_or(request.sequence, |session| session.sequence);
        let reply = self.reply(&request, arrival, sequence);
        out.copy_from_slice(bytes);
        reply.write(mode, out);
        let learnt = self.answer_list(incoming, &request, sequence, remembered, out);
        if let Some(maker) = identity.maker {
            packet::sign(out, maker);
        }
        let token = remembered.map(|Remembered { place, epoch, .. }| Token {
            place,
            epoch,
            sequence,
        });
        if let Some(Remembered { place, .. }) = remembered {
            self.remember(&key, place, Open::new(&request, &reply, arrival), &reply, &learnt);
        }
        let received = arrival.seen.class.unwrap_or_default();
        let class = learnt.class.unwrap_or(TrafficClass::new(received.dscp(), 0));
        Ok(Answer {
            length: bytes.len(),
            class,
            token,
        })
    }

    /// Where a packet belongs. Padding as TWAMP Light has it may differ from packet to packet, so it is no identifier; and what
    /// is padded so may be a reply of this reflector that came back.
    fn session_of(
        &self,
        from: SocketAddr,
        request: &Request,
        bytes: &[u8],
        mode: Mode,
    ) -> Result<SessionKey, Refusal> {
        let claimed = SessionKey::new(from, request.ssid, mode);
        let ssid = if packet::is_padded(bytes, mode) {
            0
        } else {
            request.ssid
        };
        let key = SessionKey { ssid, ..claimed };
        let session = |key| self.table.find(key).and_then(|place| self.table.get(place));
        let came_back = |key| session(key).is_some_and(|session| session.has_sent(bytes, mode));
        if came_back(&claimed) || ssid != request.ssid && came_back(&key) {
            return Err(Refusal::Loop);
        }
        Ok(key)
    }

    fn reply(&self, request: &Request, arrival: &Arrival, sequence: u32) -> Reply {
        let format = self.policy.format;
        Reply {
            sequence,
            timestamp: arrival.wall.to_bytes(format),
            error: self.claim.to_estimate().with_format(format),
            ssid: request.ssid,
            received: arrival.stamp.at.to_bytes(format),
            sender_sequence: request.sequence,
            sender_timestamp: request.timestamp,
            sender_error: request.error,
            ttl: arrival.seen.ttl.unwrap_or_default(),
        }
    }

    /// ReflectorCounts a request, and its reply, in its session.
    fn count_in(
        &mut self,
        now: Duration,
        key: SessionKey,
        place: Option<Place>,
        request: u32,
    ) -> Option<Remembered> {
        let limits = &self.policy.limits;
        let place = place.unwrap_or_else(|| self.table.begin(now, key, self.policy.epoch, limits));
        self.table.refresh(now, key, place, limits);
        let session = self.table.get_mut(place)?;
        let sequence = session.count_in(request);
        Some(Remembered {
            place,
            epoch: session.epoch,
            sequence,
            received: session.received,
            receipt: session.receipt,
            reflected: session.next_sequence,
            left: session.left,
        })
    }

    fn answer_list(
        &mut self,
        incoming: &Incoming<'_>,
        request: &Request,
        sequence: u32,
        session: Option<Remembered>,
        out: &mut [u8],
    ) -> Learnt {
        let mode = incoming.identity.mode;
        let known = Known {
            policy: &self.policy,
            arrival: incoming.arrival,
            from: incoming.from,
            format: request.error.format(),
            claim: self.claim,
            position: self.position,
            session: session.unwrap_or_default(),
        };
        let protection = Protection {
            mode,
            keys: incoming.identity.keys,
            asked: request.sequence,
            answered: sequence,
        };
        let list = out.get_mut(mode.base_len()..).unwrap_or_default();
        let learnt = known.answer_all(list, protection);
        self.counts.tlv_malformed += u64::from(learnt.malformed);
        self.counts.tlv_integrity_failed += u64::from(learnt.integrity_failed);
        learnt
    }

    fn remember(&mut self, key: &SessionKey, place: Place, round: Open, reply: &Reply, learnt: &Learnt) {
        let Some(session) = self.table.get_mut(place) else {
            return;
        };
        session.written = reply.timestamp;
        if learnt.is_ours {
            let closed = session.close_and_open(round, learnt);
            for closed in closed.into_iter().flatten() {
                self.observations
                    .push(Observation::of(key, session, &closed, learnt));
            }
        }
    }
}
