//! Recent rounds of one session, kept until the sender has told its side of them.

use crate::stamp::Arrival;
use crate::stamp::Measured;
use crate::stamp::Reply;
use crate::stamp::Request;
use crate::stamp::Seen;
use crate::stamp::Stamp;
use crate::stamp::tlv::Round;

/// Rounds kept: a sender may have so many in flight before it hears of the first.
const KEPT: usize = 8;

#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) sequence: u32,
    pub(super) reflected: u32,
    /// T1 as it stood in the packet, until the sender tells a better one.
    pub(super) sent: Stamp,
    pub(super) received: Stamp,
    pub(super) seen: Seen,
    /// T3 as written, until the kernel tells a better one.
    pub(super) answered: Stamp,
}

impl Open {
    pub(super) const fn new(request: &Request, reply: &Reply, arrival: &Arrival) -> Self {
        Self {
            sequence: request.sequence,
            reflected: reply.sequence,
            sent: Stamp::user(request.time()),
            received: arrival.stamp,
            seen: arrival.seen,
            answered: Stamp::user(arrival.wall),
        }
    }
}

/// What became of a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) round: Open,
    /// How the reply arrived, if the sender told.
    pub(super) back: Option<Round>,
}

impl Closed {
    pub(super) const fn forward(&self) -> Measured {
        Measured::between(self.round.sent, self.round.received)
    }

    pub(super) fn reverse(&self) -> Option<Measured> {
        let back = self.back?;
        Some(Measured::between(self.round.answered, back.arrived))
    }
}

#[derive(Debug, Default)]
pub(super) struct Rounds {
    open: [Option<Open>; KEPT],
}

impl Rounds {
    /// Begins a round. Returns the one that had to make room, about which no report came: its reply was lost.
    pub(super) fn begin(&mut self, round: Open) -> Option<Closed> {
        let place = self.open.get_mut(round.reflected as usize % KEPT)?;
        let pushed_out = place.replace(round);
        pushed_out.map(|round| Closed { round, back: None })
    }

    /// The kernel told when a reply left.
    pub(super) fn note_sent(&mut self, reflected: u32, stamp: Stamp) {
        let mut rounds = self.open.iter_mut().flatten();
        if let Some(round) = rounds.find(|round| round.reflected == reflected)
            && stamp.is_better_than(round.answered)
        {
            round.answered = stamp;
        }
    }

    /// The sender told when a request left. A duplicate has the same number, and the same time.
    pub(super) fn note_left(&mut self, sequence: u32, stamp: Stamp) {
        let rounds = self.open.iter_mut().flatten();
        rounds
            .filter(|round| round.sequence == sequence)
            .for_each(|round| round.sent = stamp);
    }

    /// The sender told how a reply arrived.
    pub(super) fn close(&mut self, back: Round) -> Option<Closed> {
        let place = self.open.get_mut(back.reflected as usize % KEPT)?;
        let round =
            place.take_if(|open| open.reflected == back.reflected && open.sequence == back.sequence)?;
        Some(Closed {
            round,
            back: Some(back),
        })
    }
}
