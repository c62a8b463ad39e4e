use super::line::Line;
use super::span::Span;

/// No clock that is left alone runs this fast or slow against another: 1000 ppm, in nanoseconds a second.
pub(super) const FASTEST: f64 = 1e6;

/// How many nanoseconds the other clock gains on the own one each second (parts per billion).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The estimate.
    pub gain: f64,
    /// How wrong it is at most, if both clocks kept their rates.
    pub error: f64,
    /// By how much the estimates from the two directions differ: how wrong it probably is.
    pub disagreement: f64,
}

/// A rate, and the lines under the least delays that it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub(super) rate: Rate,
    /// Where x = 0 and y = 0 are on the lines.
    origin: (u64, i64, i64),
    forward: Line,
    reverse: Line,
}

impl Fit {
    /// The rate by which all these could be: nothing if there is none, or only one moment.
    pub(super) fn new<'a>(spans: impl Iterator<Item = &'a Span> + Clone) -> Option<Self> {
        let first = spans.clone().next()?;
        let origin = (
            first.forward.at.min(first.reverse.at),
            first.forward.delay,
            first.reverse.delay,
        );
        let seconds = |at: u64| at.saturating_sub(origin.0) as f64 / 1e9;
        let forward: Vec<_> = spans
            .clone()
            .map(|span| span.forward)
            .map(|it| (seconds(it.at), (it.delay - origin.1) as f64))
            .collect();
        let reverse: Vec<_> = spans
            .map(|span| span.reverse)
            .map(|it| (seconds(it.at), (it.delay - origin.2) as f64))
            .collect();
        let round_trip = (origin.1 + origin.2) as f64;
        let (slowest, fastest) = extremes(&forward, &reverse, round_trip)?;
        let (forward, reverse) = (Line::under(&forward)?, Line::under(&reverse)?);
        let gain = between(&forward, &reverse).clamp(slowest, fastest);
        let rate = Rate {
            gain,
            error: (fastest - gain).max(gain - slowest),
            disagreement: (forward.slope + reverse.slope).abs(),
        };
        Some(Self {
            rate,
            origin,
            forward,
            reverse,
        })
    }

    /// How far a later one's least delays lie above these lines, there and back.
    pub(super) fn above(&self, span: &Span) -> (f64, f64) {
        let seconds = |at: u64| at.saturating_sub(self.origin.0) as f64 / 1e9;
        let forward = (span.forward.delay.saturating_sub(self.origin.1)) as f64
            - self.forward.at(seconds(span.forward.at));
        let reverse = (span.reverse.delay.saturating_sub(self.origin.2)) as f64
            - self.reverse.at(seconds(span.reverse.at));
        (forward, reverse)
    }

    /// How far the least delays lie above the lines usually, in the worse direction.
    pub(super) fn noise(&self) -> f64 {
        self.forward.height.max(self.reverse.height)
    }
}

/// The slowest and the fastest gain by which no delay would be negative. A delay there bounds the offset from above, one
/// back from below; the line of the offset lies between all of them.
fn extremes(forward: &[(f64, f64)], reverse: &[(f64, f64)], round_trip: f64) -> Option<(f64, f64)> {
    let (mut slowest, mut fastest) = (-FASTEST, FASTEST);
    for &(there, above) in forward {
        for &(back, below) in reverse {
            // Both are measured from the first, and so is the room between the bounds.
            let room = above + below + round_trip;
            if there > back {
                fastest = fastest.min(room / (there - back));
            } else if there < back {
                slowest = slowest.max(-room / (back - there));
            } else if room < 0.0 {
                return None;
            }
        }
    }
    (slowest <= fastest).then_some((slowest, fastest))
}

/// The gain by both lines, more by the one that its points are nearer to.
fn between(forward: &Line, reverse: &Line) -> f64 {
    let total = forward.height + reverse.height;
    let share = if total > 0.0 { reverse.height / total } else { 0.5 };
    forward.slope * share - reverse.slope * (1.0 - share)
}
