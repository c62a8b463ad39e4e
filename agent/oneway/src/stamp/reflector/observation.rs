//! What a reflector learns about both directions from a peer that tells its side.

use core::net::SocketAddr;
use std::collections::VecDeque;

use crate::stamp::ClockClaim;
use crate::stamp::Measured;
use crate::stamp::Mode;
use crate::stamp::Position;
use crate::stamp::Seen;

use super::answer::Learnt;
use super::rounds::Closed;
use super::session::Session;
use super::session::SessionKey;

/// Observations kept for whoever takes them.
const KEPT: usize = 1024;

/// One round, as the reflector's end knows it once the sender has told how its packet left and how the reply arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The session's sender.
    pub peer: SocketAddr,
    /// The session's identifier.
    pub ssid: u16,
    /// Whether the sender has proved who it is. Anybody can invent what an unauthenticated one tells.
    pub mode: Mode,
    /// The sender's sequence number.
    pub sequence: u32,
    /// The reflector's own.
    pub reflected: u32,
    /// From the sender to here.
    pub forward: Measured,
    /// Back to the sender. Nothing if the reply was lost, or its report.
    pub reverse: Option<Measured>,
    /// Both, without the time spent here.
    pub round_trip: Option<Measured>,
    /// The request's header on arrival here.
    pub outward: Seen,
    /// The reply's header on arrival there.
    pub back: Option<Seen>,
    /// What the sender claims about its clock.
    pub sender_clock: ClockClaim,
    /// Changes when the sender has begun anew: sequence numbers then begin at 0, and nothing was lost.
    pub sender_epoch: u32,
    /// Where the sender says it is.
    pub sender_position: Option<Position>,
    /// How many replies the sender has received in all.
    pub replies_received: u32,
    /// How many this reflector has sent it.
    pub replies_sent: u32,
}

impl Observation {
    pub(super) fn of(key: &SessionKey, session: &Session, closed: &Closed, learnt: &Learnt) -> Self {
        let (forward, reverse) = (closed.forward(), closed.reverse());
        let clock = learnt.clock.unwrap_or_default();
        Self {
            peer: key.peer,
            ssid: key.ssid,
            mode: key.mode,
            sequence: closed.round.sequence,
            reflected: closed.round.reflected,
            forward,
            reverse,
            round_trip: reverse.map(|reverse| Measured::round_trip(forward, reverse)),
            outward: closed.round.seen,
            back: closed.back.map(|back| back.seen),
            sender_clock: clock.claim,
            sender_epoch: clock.epoch,
            sender_position: learnt.position,
            replies_received: learnt.report.map_or(0, |report| report.received),
            replies_sent: session.next_sequence,
        }
    }
}

/// Observations until somebody takes them: if nobody does, the oldest are lost.
#[derive(Debug, Default)]
pub(super) struct Observations {
    waiting: VecDeque<Observation>,
    lost: u64,
}

impl Observations {
    pub(super) fn push(&mut self, observation: Observation) {
        if self.waiting.len() >= KEPT {
            self.waiting.pop_front();
            self.lost += 1;
        }
        self.waiting.push_back(observation);
    }

    pub(super) fn take(&mut self) -> Option<Observation> {
        self.waiting.pop_front()
    }

    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }
}
