use super::Offset;

/// The part of a clock pair's history that one exchange or several of the same while stand for: the fastest way there and the
/// fastest way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Which while.
    pub(super) number: u64,
    pub(super) forward: Fastest,
    pub(super) reverse: Fastest,
}

/// The least delay as measured, and when that was, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fastest {
    pub(super) at: u64,
    pub(super) delay: i64,
}

/// The least and the greatest offset that can be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least: i64,
    pub(super) greatest: i64,
}

impl Span {
    pub(super) const fn of(number: u64, at: u64, forward: i64, reverse: i64) -> Self {
        Self {
            number,
            forward: Fastest { at, delay: forward },
            reverse: Fastest { at, delay: reverse },
        }
    }

    /// Takes in what another one of the same while knows.
    pub(super) const fn add(&mut self, other: &Self) {
        if other.forward.delay < self.forward.delay {
            self.forward = other.forward;
        }
        if other.reverse.delay < self.reverse.delay {
            self.reverse = other.reverse;
        }
    }

    /// When its later observation was.
    pub(super) fn end(&self) -> u64 {
        self.forward.at.max(self.reverse.at)
    }

    /// The offset at this moment, if the other clock gains between `slowest` and `fastest` nanoseconds a second: the true
    /// delays are not negative.
    pub(super) fn bounds(&self, at: u64, slowest: f64, fastest: f64) -> Bounds {
        Bounds {
            least: (-self.reverse.delay).saturating_add(gain(self.reverse.at, at, slowest, fastest).0),
            greatest: self
                .forward
                .delay
                .saturating_add(gain(self.forward.at, at, slowest, fastest).1),
        }
    }
}

impl Bounds {
    /// What both allow, if there is anything.
    pub(super) fn and(self, other: Self) -> Option<Self> {
        let least = self.least.max(other.least);
        let greatest = self.greatest.min(other.greatest);
        (least <= greatest).then_some(Self { least, greatest })
    }

    /// More on both sides.
    pub(super) const fn widened(self, by: i64) -> Self {
        Self {
            least: self.least.saturating_sub(by),
            greatest: self.greatest.saturating_add(by),
        }
    }

    pub(super) const fn offset(self) -> Option<Offset> {
        Offset::between(self.least, self.greatest)
    }
}

/// The least and the most gained from one moment to another, which may be before it.
fn gain(from: u64, to: u64, slowest: f64, fastest: f64) -> (i64, i64) {
    let seconds = to.abs_diff(from) as f64 / 1e9;
    if to >= from {
        (
            (slowest * seconds).floor() as i64,
            (fastest * seconds).ceil() as i64,
        )
    } else {
        (
            (-fastest * seconds).floor() as i64,
            (-slowest * seconds).ceil() as i64,
        )
    }
}
