use core::time::Duration;
use std::collections::VecDeque;

use super::Exchange;
use super::Offset;
use super::Rate;
use super::rate::FASTEST;
use super::rate::Fit;
use super::span::Bounds;
use super::span::Span;

/// How many spans are remembered.
const SPANS: usize = 32;
/// So many exchanges in a row that cannot be explained mean that a clock was set; fewer may be garbage.
const WITNESSES: usize = 3;
/// How much faster than known a clock may become from one exchange to the next: 100 ppm, in nanoseconds a second.
const WANDER: f64 = 1e5;
/// What drops by less than this per time may be a clock that changes its rate: 20 ppm, in nanoseconds a second.
const BEND: f64 = 2e4;

/// One of the two clocks was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// By how much further the other clock is now ahead.
    pub moved: Offset,
}

/// How far two clocks are apart and how fast that changes, from nothing but packets between them.
///
/// Of each span of time the fastest packets there and back are kept, 32 spans in all, in at most 2 KiB. The offset is bounded
/// by what cannot be otherwise, since no true delay is negative: it is right whatever the queues did, within the
/// error stated, which is half of the least round trip plus what the rate's error adds. How the constant part of the round
/// trip is divided between there and back, no packet can tell.
///
/// A clock that was set shows in three exchanges if the step is longer than the round trip, else when two spans have passed with
/// both directions shifted by the same amount in opposite senses. Then all before the step is forgotten.
#[derive(Clone, Debug)]
pub struct ClockTrack {
    span: u64,
    spans: VecDeque<Span>,
    fit: Option<Fit>,
    unexplained: Vec<Span>,
    dropped: bool,
    steps: u64,
}

impl ClockTrack {
    /// Remembers 32 spans of this length: 10 s suits an exchange every second, and sees five minutes.
    pub fn new(span: Duration) -> Self {
        Self {
            span: nanos(span).max(1),
            spans: VecDeque::new(),
            fit: None,
            unexplained: Vec::new(),
            dropped: false,
            steps: 0,
        }
    }

    /// Takes in an exchange; its answer came at this moment, and moments do not go back. Says when a clock was set.
    pub fn observe(&mut self, now: Duration, exchange: &Exchange) -> Option<Step> {
        exchange.offset()?;
        let now = nanos(now);
        let seen = Span::of(now / self.span, now, exchange.forward(), exchange.reverse());
        if self.explains(&seen) {
            self.unexplained.clear();
            return self.add(seen);
        }
        self.witness(seen)
    }

    /// How far the other clock is ahead at this moment.
    pub fn offset(&self, now: Duration) -> Option<Offset> {
        self.bounds(nanos(now))?.offset()
    }

    /// How fast it gains; known when exchanges of two spans are.
    pub fn rate(&self) -> Option<Rate> {
        self.fit.as_ref().map(|fit| fit.rate)
    }

    /// How often a clock was set, as far as could be seen.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Forgets all: the other side is another.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.unexplained.clear();
        (self.fit, self.dropped) = (None, false);
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + (self.spans.capacity() + self.unexplained.capacity()) * size_of::<Span>()
    }

    /// What all spans allow, the latest first; if older ones contradict, the clocks did not keep their rates, and the
    /// latest are right.
    fn bounds(&self, at: u64) -> Option<Bounds> {
        let (slowest, fastest) = self.rate().map_or((-FASTEST, FASTEST), |rate| {
            (rate.gain - rate.error, rate.gain + rate.error)
        });
        let mut each = self
            .spans
            .iter()
            .rev()
            .map(|span| span.bounds(at, slowest, fastest));
        let latest = each.next()?;
        let agreed = each.try_fold(latest, |bounds, span| match bounds.and(span) {
            Some(both) => Ok(both),
            None => Err(bounds),
        });
        Some(agreed.unwrap_or_else(|bounds| bounds))
    }

    /// Whether clocks that were not set can show this.
    fn explains(&self, seen: &Span) -> bool {
        let at = seen.end();
        let (Some(known), Some(latest)) = (self.bounds(at), self.spans.back()) else {
            return true;
        };
        let wander = at.saturating_sub(latest.end()) as f64 / 1e9 * WANDER;
        let possible = known.widened(wander as i64);
        possible.and(seen.bounds(at, 0.0, 0.0)).is_some()
    }

    fn witness(&mut self, seen: Span) -> Option<Step> {
        let at = seen.end();
        let agrees = |other: &Span| {
            other
                .bounds(at, -FASTEST, FASTEST)
                .and(seen.bounds(at, 0.0, 0.0))
                .is_some()
        };
        if !self.unexplained.iter().all(agrees) {
            self.unexplained.clear();
        }
        self.unexplained.push(seen);
        if self.unexplained.len() < WITNESSES {
            return None;
        }
        let before = self.bounds(at)?.offset()?;
        let witnesses = core::mem::take(&mut self.unexplained);
        self.clear();
        for witness in witnesses {
            self.add(witness);
        }
        let after = self.bounds(at)?.offset()?;
        Some(self.stepped(before, after))
    }

    fn stepped(&mut self, before: Offset, after: Offset) -> Step {
        self.steps += 1;
        let nanos = after.nanos.saturating_sub(before.nanos);
        let error = after.error.saturating_add(before.error);
        Step {
            moved: Offset { nanos, error },
        }
    }

    fn add(&mut self, seen: Span) -> Option<Step> {
        if let Some(last) = self.spans.back_mut().filter(|last| last.number >= seen.number) {
            last.add(&seen);
            return None;
        }
        let step = self.close();
        if self.spans.len() >= SPANS {
            self.spans.pop_front();
        }
        self.spans.push_back(seen);
        step
    }

    /// The latest span is complete. It becomes part of the lines, unless it lies far below one of them, as queues cannot
    /// make it: then the next one tells why. This one may be half before and half after what happened.
    fn close(&mut self) -> Option<Step> {
        let (Some(fit), Some(latest)) = (self.fit.as_ref(), self.spans.back()) else {
            self.refit();
            return None;
        };
        let (forward, reverse) = fit.above(latest);
        let tolerance = (4.0 * fit.noise()).max(self.span as f64 / 1e9 * BEND);
        let dropped = forward.min(reverse) < -tolerance;
        let again = core::mem::replace(&mut self.dropped, dropped);
        if !dropped {
            self.refit();
        } else if again {
            self.dropped = false;
            return self.explain(forward, reverse, tolerance);
        }
        None
    }

    /// Both directions moved alike in opposite senses: a clock was set, and only the latest span is after it. Else a path has
    /// become shorter.
    fn explain(&mut self, forward: f64, reverse: f64, tolerance: f64) -> Option<Step> {
        let moved = (forward - reverse) / 2.0;
        let step = (forward + reverse).abs() < moved.abs() / 2.0;
        if step {
            self.spans.drain(..self.spans.len().saturating_sub(1));
            self.steps += 1;
        }
        self.refit();
        let moved = Offset {
            nanos: moved as i64,
            error: (tolerance.max((forward + reverse).abs()) as i64).unsigned_abs(),
        };
        step.then_some(Step { moved })
    }

    /// The line through as many of the latest spans as one line can explain.
    fn refit(&mut self) {
        self.fit = Fit::new(self.spans.iter());
        while self.fit.is_none() && self.spans.len() > 2 {
            self.spans.pop_front();
            self.fit = Fit::new(self.spans.iter());
        }
    }
}

fn nanos(moment: Duration) -> u64 {
    u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX)
}
