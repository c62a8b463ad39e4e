//! Rounds whose reply has come, and whose true stamps have not: the second step of two-step timestamps.

use core::time::Duration;
use std::collections::VecDeque;

use crate::stamp::ClockClaim;
use crate::stamp::Measured;
use crate::stamp::Seen;
use crate::stamp::Stamp;
use crate::stamp::StampSource;
use crate::stamp::tlv::DirectMeasurement;
use crate::stamp::tlv::FollowUp;
use crate::stamp::tlv::StampMethod;

use super::Sample;
use super::Stages;
use super::Stamps;

/// Rounds that wait at once. A further one completes the oldest as it is.
const WAITING: usize = 32;
/// Follow-ups kept for replies that they have overtaken.
const TOLD: usize = 8;
/// So often in a row a stamp may fail to come before it is no longer waited for.
const FAILURES: u8 = 8;

/// Whether it is worth waiting for a stamp, judged by whether the latest ones came.
#[derive(Debug)]
struct Hope {
    failures: u8,
}

impl Hope {
    const fn is_left(&self) -> bool {
        self.failures < FAILURES
    }

    const fn learn(&mut self, came: bool) {
        self.failures = if came { 0 } else { self.failures.saturating_add(1) };
    }
}

/// The reply's true T3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FollowedUp {
    Waiting,
    Never,
    At(Stamp),
}

/// A round without its second step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    pub(super) sequence: u32,
    pub(super) reflected: u32,
    /// T1 as written, and the best that is known.
    pub(super) written: Stamp,
    pub(super) sent: Stamp,
    pub(super) received: Stamp,
    /// T3 as written.
    pub(super) answered: Stamp,
    pub(super) returned: Stamp,
    pub(super) wake: i64,
    pub(super) outward: Seen,
    pub(super) back: Seen,
    pub(super) reflector_clock: ClockClaim,
    pub(super) counts: Option<DirectMeasurement>,
}

#[derive(Debug)]
struct Waiting {
    round: Round,
    followed_up: FollowedUp,
    needs_sent: bool,
    deadline: Duration,
}

impl Waiting {
    fn is_complete(&self) -> bool {
        let sent = !self.needs_sent || self.round.sent.source.is_at_the_wire();
        sent && self.followed_up != FollowedUp::Waiting
    }
}

/// Rounds in the order of their replies.
#[derive(Debug)]
pub(super) struct Pending {
    waiting: VecDeque<Waiting>,
    hold: Duration,
    transmit_stamps: Option<Hope>,
    follow_ups: Option<Hope>,
    /// The latest follow-ups by number: one may have overtaken the reply that it is about.
    told: [Option<FollowUp>; TOLD],
}

impl Pending {
    /// Holds rounds back no longer than `hold`.
    pub(super) fn new(hold: Duration, transmit_stamps: bool, follow_ups: bool) -> Self {
        let hope = |wanted: bool| wanted.then_some(Hope { failures: 0 });
        Self {
            waiting: VecDeque::new(),
            hold,
            transmit_stamps: hope(transmit_stamps),
            follow_ups: hope(follow_ups),
            told: [None; TOLD],
        }
    }

    /// A reply brought this about earlier ones: they know now, or will never.
    pub(super) fn follow_up(&mut self, told: Option<FollowUp>) {
        let told = told.filter(|told| !told.timestamp.is_zero());
        for waiting in &mut self.waiting {
            if waiting.followed_up != FollowedUp::Waiting {
                continue;
            }
            waiting.followed_up = match told {
                Some(told) if told.sequence == waiting.round.reflected => {
                    FollowedUp::At(true_stamp(told, waiting.round.answered))
                }
                // It speaks of a reply before this one: the stamp of this one was not yet there.
                Some(told) if is_before(told.sequence, waiting.round.reflected) => FollowedUp::Waiting,
                _ => FollowedUp::Never,
            };
        }
        if let Some(hope) = self.follow_ups.as_mut().filter(|_| told.is_some()) {
            hope.learn(true);
        }
        let place = told.and_then(|told| self.told.get_mut(told.sequence as usize % TOLD));
        if let Some(place) = place {
            *place = told;
        }
    }

    /// The reflector has begun to count anew: its numbers mean other replies from now on.
    pub(super) fn forget(&mut self) {
        self.told = [None; TOLD];
        let waiting = self.waiting.iter_mut();
        let open = waiting.filter(|waiting| waiting.followed_up == FollowedUp::Waiting);
        open.for_each(|waiting| waiting.followed_up = FollowedUp::Never);
    }

    /// The kernel told when a request left.
    pub(super) fn note_sent(&mut self, sequence: u32, stamp: Stamp) {
        if let Some(hope) = &mut self.transmit_stamps {
            hope.learn(true);
        }
        let mut waiting = self.waiting.iter_mut();
        if let Some(waiting) = waiting.find(|waiting| waiting.round.sequence == sequence) {
            waiting.round.sent = stamp;
        }
    }

    /// A reply came. `knows_follow_ups` if the reflector answered that question at all.
    pub(super) fn push(&mut self, now: Duration, round: Round, knows_follow_ups: bool) {
        let hopes = |hope: &Option<Hope>| hope.as_ref().is_some_and(Hope::is_left);
        let follows = knows_follow_ups && hopes(&self.follow_ups);
        let told = self.told.get(round.reflected as usize % TOLD).copied().flatten();
        let overtaken_by = told.filter(|told| told.sequence == round.reflected);
        self.waiting.push_back(Waiting {
            round,
            followed_up: match overtaken_by {
                Some(told) => FollowedUp::At(true_stamp(told, round.answered)),
                None if follows => FollowedUp::Waiting,
                None => FollowedUp::Never,
            },
            needs_sent: hopes(&self.transmit_stamps),
            deadline: now.saturating_add(self.hold),
        });
    }

    /// The next round that is complete, or has waited for long enough.
    pub(super) fn take(&mut self, now: Duration, clock: ClockClaim) -> Option<Sample> {
        let full = self.waiting.len() > WAITING;
        let ripe = |waiting: &Waiting| full || waiting.is_complete() || waiting.deadline <= now;
        let place = self.waiting.iter().position(ripe)?;
        let waiting = self.waiting.remove(place)?;
        if let Some(hope) = self.transmit_stamps.as_mut().filter(|_| waiting.needs_sent) {
            hope.learn(waiting.round.sent.source.is_at_the_wire());
        }
        if let Some(hope) = &mut self.follow_ups
            && waiting.followed_up == FollowedUp::Never
        {
            hope.learn(false);
        }
        Some(sample(&waiting, clock))
    }

    /// When the next round will have waited for long enough.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.waiting.iter().map(|waiting| waiting.deadline).min()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

const fn is_before(one: u32, other: u32) -> bool {
    one.wrapping_sub(other).cast_signed() < 0
}

/// A follow-up that repeats what the packet said was no second look.
fn true_stamp(told: FollowUp, written: Stamp) -> Stamp {
    let source = match told.method {
        StampMethod::Hardware => StampSource::Hardware,
        StampMethod::Software if told.timestamp != written.at => StampSource::Kernel,
        _ => StampSource::User,
    };
    Stamp {
        at: told.timestamp,
        source,
    }
}

fn sample(waiting: &Waiting, clock: ClockClaim) -> Sample {
    let round = &waiting.round;
    let (answered, followed_up) = match waiting.followed_up {
        FollowedUp::At(stamp) => (stamp, true),
        FollowedUp::Waiting | FollowedUp::Never => (round.answered, false),
    };
    let forward = Measured::between(round.sent, round.received);
    let reverse = Measured::between(answered, round.returned);
    let between = |from: Stamp, to: Stamp| to.at.nanos_since(from.at);
    Sample {
        sequence: round.sequence,
        reflected: round.reflected,
        forward,
        reverse,
        round_trip: Measured::round_trip(forward, reverse),
        turnaround: between(round.received, answered),
        stages: Stages {
            send: (round.sent.source.is_at_the_wire()).then(|| between(round.written, round.sent)),
            turnaround: between(round.received, round.answered),
            reflect: followed_up.then(|| between(round.answered, answered)),
            wake: round.wake,
        },
        stamps: Stamps {
            sent: round.sent,
            received: round.received,
            answered,
            returned: round.returned,
        },
        outward: round.outward,
        back: round.back,
        sender_clock: clock,
        reflector_clock: round.reflector_clock,
        counts: round.counts,
    }
}
