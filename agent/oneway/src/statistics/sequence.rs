use core::time::Duration;

use super::Counts;
use super::LossRuns;
use super::deadlines::Deadlines;
use super::window::State;
use super::window::Window;

/// Numbers further ahead than this are not believed: a month of ten packets a second.
const FURTHEST: u64 = 1 << 25;
/// Where the first epoch's numbers begin inside, so that no number is below zero.
const BASE: u64 = 1 << 32;

/// Decides the fate of each packet of an epoch, by its number.
///
/// Inside, numbers have 64 bits: those of packets are taken to be within 2³¹ of the next one expected.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    window: Window,
    deadlines: Deadlines,
    wait: Duration,
    first: Option<u64>,
    /// The fate of all before is decided; that of this one, if it is below `next`, is not.
    settled: u64,
    /// The number after the highest that is known to have been given out.
    next: u64,
}

/// What a packet turned out to be by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    InTime(u64),
    Late,
    Duplicate,
    TooOld,
    Implausible,
}

/// What fates are added to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    pub(super) runs: LossRuns,
}

impl Sequence {
    pub(super) fn new(packets: u32, wait: Duration) -> Self {
        Self {
            window: Window::new(packets),
            deadlines: Deadlines::default(),
            wait,
            first: None,
            settled: BASE,
            next: BASE,
        }
    }

    pub(super) const fn set_wait(&mut self, wait: Duration) {
        self.wait = wait;
    }

    /// Begins again: what is outstanding is never decided.
    pub(super) fn begin(&mut self, first: Option<u32>, tally: &mut Tally) {
        tally.counts.abandoned += self.outstanding();
        tally.runs.end();
        self.deadlines.clear();
        let first = first.map(|first| BASE + u64::from(first));
        self.first = first;
        self.settled = first.unwrap_or(BASE);
        self.next = self.settled;
    }

    /// How many packets are on their way.
    pub(super) fn outstanding(&self) -> u64 {
        let undecided = self.settled..self.next;
        undecided
            .filter(|&number| self.window.get(number) == State::Outstanding)
            .count() as u64
    }

    pub(super) const fn settled(&self) -> u64 {
        self.settled
    }

    /// The epoch's first number, where it is known.
    pub(super) const fn first(&self) -> Option<u64> {
        self.first
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.deadlines.next_due(self.wait)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.window.heap_bytes() + self.deadlines.heap_bytes()
    }

    /// Gives up what is overdue.
    pub(super) fn handle_timeout(&mut self, now: Duration, tally: &mut Tally) {
        while let Some(end) = self.deadlines.pop_due(now, self.wait) {
            self.give_up_before(end, tally);
        }
        self.settle(tally);
    }

    /// This packet, and all before it, have been sent unless it was said otherwise.
    pub(super) fn handle_sent(&mut self, now: Duration, number: u32, tally: &mut Tally) {
        self.handle_timeout(now, tally);
        let number = self.unwrap(number);
        if self.is_ahead(number) {
            self.reach(number + 1, now, tally);
        }
    }

    /// The packets from `first` to `last` were not sent. Those that arrived all the same stay arrived.
    pub(super) fn handle_unsent(&mut self, now: Duration, (first, last): (u32, u32), tally: &mut Tally) {
        self.handle_timeout(now, tally);
        let first = self.unwrap(first);
        let end = first + u64::from(last.wrapping_sub(first as u32)) + 1;
        if end > self.next.saturating_add(FURTHEST) {
            return;
        }
        self.reach(first, now, tally);
        self.retract_forgotten(first, end, tally);
        for number in first.max(self.oldest())..end.min(self.next) {
            self.retract(number, tally);
        }
        self.extend(end, State::Unsent, tally);
        self.settle(tally);
    }

    /// A packet with this number is here.
    pub(super) fn handle_arrival(&mut self, now: Duration, number: u32, tally: &mut Tally) -> Fate {
        self.handle_timeout(now, tally);
        let number = self.unwrap(number);
        if number >= self.next {
            if !self.is_ahead(number) {
                tally.counts.implausible += 1;
                return Fate::Implausible;
            }
            self.reach(number, now, tally);
            self.extend(number + 1, State::Outstanding, tally);
        }
        let fate = self.judge(number, tally);
        self.settle(tally);
        fate
    }

    fn judge(&mut self, number: u64, tally: &mut Tally) -> Fate {
        let counts = &mut tally.counts;
        if number < self.oldest() {
            counts.too_old += 1;
            return Fate::TooOld;
        }
        match self.window.get(number) {
            State::Outstanding => {
                counts.sent += 1;
                counts.received += 1;
                self.window.set(number, State::Arrived);
                Fate::InTime(number)
            }
            State::Lost => {
                counts.late += 1;
                self.window.set(number, State::Arrived);
                Fate::Late
            }
            State::Arrived => {
                counts.duplicate += 1;
                Fate::Duplicate
            }
            State::Unsent => {
                counts.implausible += 1;
                Fate::Implausible
            }
        }
    }

    /// The whole number nearest to the next one expected. The first of an epoch of unknown beginning begins it.
    fn unwrap(&mut self, number: u32) -> u64 {
        if self.first.is_none() {
            let first = BASE + u64::from(number);
            self.first = Some(first);
            (self.settled, self.next) = (first, first);
            return first;
        }
        let distance = number.wrapping_sub(self.next as u32).cast_signed();
        self.next.saturating_add_signed(i64::from(distance))
    }

    const fn is_ahead(&self, number: u64) -> bool {
        number >= self.next && number - self.next <= FURTHEST
    }

    /// The lowest number of which anything is remembered.
    fn oldest(&self) -> u64 {
        let first = self.first.unwrap_or(self.next);
        self.next.saturating_sub(self.window.len()).max(first)
    }

    /// All before `end` have been sent by now.
    fn reach(&mut self, end: u64, now: Duration, tally: &mut Tally) {
        if end > self.next {
            self.extend(end, State::Outstanding, tally);
            self.deadlines.note(end, now, self.wait);
        }
    }

    /// Moves the window on to `end`; the new numbers get this state. What falls out of it undecided is given up.
    fn extend(&mut self, end: u64, state: State, tally: &mut Tally) {
        let low = end.saturating_sub(self.window.len());
        self.give_up_before(low.min(self.next), tally);
        if self.next < low {
            let passed = low - self.next;
            match state {
                State::Unsent => tally.counts.unsent += passed,
                _ => tally.give_up(passed),
            }
            (self.settled, self.next) = (low, low);
        }
        for number in self.next..end {
            self.window.set(number, state);
            tally.counts.unsent += u64::from(state == State::Unsent);
        }
        self.next = self.next.max(end);
    }

    fn give_up_before(&mut self, end: u64, tally: &mut Tally) {
        while self.settled < end {
            match self.window.get(self.settled) {
                State::Outstanding => {
                    self.window.set(self.settled, State::Lost);
                    tally.give_up(1);
                }
                State::Arrived => tally.runs.end(),
                State::Lost | State::Unsent => {}
            }
            self.settled += 1;
        }
    }

    /// Passes over all whose fate is decided.
    fn settle(&mut self, tally: &mut Tally) {
        let undecided = |number: &u64| self.window.get(*number) == State::Outstanding;
        let end = (self.settled..self.next).find(undecided).unwrap_or(self.next);
        self.give_up_before(end, tally);
        self.deadlines.settled(self.settled);
    }

    fn retract(&mut self, number: u64, tally: &mut Tally) {
        match self.window.get(number) {
            State::Outstanding => {}
            State::Lost => tally.counts.retracted += 1,
            State::Arrived | State::Unsent => return,
        }
        tally.counts.unsent += 1;
        self.window.set(number, State::Unsent);
    }

    /// Of what the window no longer holds, whatever was not sent must have been counted as lost. No more can be
    /// retracted than was lost there, whatever the sender says.
    fn retract_forgotten(&self, first: u64, end: u64, tally: &mut Tally) {
        let epoch = self.first.unwrap_or(self.next);
        let forgotten = end.min(self.oldest()).saturating_sub(first.max(epoch));
        let remembered = (self.oldest()..self.next).filter(|&number| self.window.get(number) == State::Lost);
        let lost = tally
            .counts
            .never_arrived()
            .saturating_sub(remembered.count() as u64);
        let retracted = forgotten.min(lost);
        tally.counts.retracted += retracted;
        tally.counts.unsent += retracted;
    }
}

impl Tally {
    fn give_up(&mut self, packets: u64) {
        self.counts.sent += packets;
        self.counts.lost += packets;
        self.runs.lost(packets);
    }
}
