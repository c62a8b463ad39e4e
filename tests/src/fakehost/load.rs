//! How much CPU a workload wants, over time.

use std::f64::consts::TAU;
use std::time::Duration;

use super::random::Random;

/// A load curve. All figures are thousandths of a CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// Always the same.
    Constant(u32),
    /// A smooth wave from `low` to `high` and back in one `period`.
    Sine {
        /// The least.
        low: u32,
        /// The most.
        high: u32,
        /// The time of one wave.
        period: Duration,
    },
    /// `high` for the time `on`, then `low` for the time `off`.
    Square {
        /// Between the bursts.
        low: u32,
        /// In a burst.
        high: u32,
        /// The length of a burst.
        on: Duration,
        /// The time between two bursts.
        off: Duration,
    },
    /// Each step a little more or less than in the last, by chance.
    Walk {
        /// The least.
        low: u32,
        /// The most.
        high: u32,
    },
}

impl Load {
    /// What is wanted around the time `at_us`; `last` is what was wanted before.
    pub(crate) fn wanted(&self, at_us: u64, last: u32, random: &mut Random) -> u32 {
        match *self {
            Self::Constant(level) => level,
            Self::Sine { low, high, period } => sine(low, high, phase(at_us, period)),
            Self::Square { low, high, on, off } => {
                let at = Duration::from_secs_f64(phase(at_us, on + off) * (on + off).as_secs_f64());
                if at < on { high } else { low }
            }
            Self::Walk { low, high } => walk(low, high, last, random),
        }
    }
}

/// How much of the period has passed, from 0 up to 1.
fn phase(at_us: u64, period: Duration) -> f64 {
    let period_us = u64::try_from(period.as_micros()).unwrap_or(u64::MAX).max(1);
    (at_us % period_us) as f64 / period_us as f64
}

fn sine(low: u32, high: u32, phase: f64) -> u32 {
    let part = (1.0 - (TAU * phase).cos()) / 2.0;
    let above = (f64::from(high.saturating_sub(low)) * part).round() as i64;
    low + u32::try_from(above).unwrap_or(0)
}

fn walk(low: u32, high: u32, last: u32, random: &mut Random) -> u32 {
    let high = high.max(low);
    let stride = u64::from((high - low) / 8 + 1);
    let moved = u64::from(last.clamp(low, high)) + random.below(2 * stride + 1);
    u32::try_from(moved.saturating_sub(stride))
        .unwrap_or(high)
        .clamp(low, high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn curves_have_their_levels_where_they_promise() {
        let mut random = Random::new(1);
        let sine = Load::Sine {
            low: 100,
            high: 300,
            period: 4 * SECOND,
        };
        let square = Load::Square {
            low: 5,
            high: 900,
            on: SECOND,
            off: 2 * SECOND,
        };
        for (load, at_us, wanted) in [
            (&sine, 0, 100),
            (&sine, 1_000_000, 200),
            (&sine, 2_000_000, 300),
            (&square, 999_999, 900),
            (&square, 1_000_001, 5),
            (&square, 3_000_000, 900),
            (&Load::Constant(7), 42, 7),
        ] {
            assert_eq!(load.wanted(at_us, 0, &mut random), wanted, "{load:?} at {at_us}");
        }
    }

    proptest! {
        #[test]
        fn a_walk_stays_in_its_bounds(seed: u64, low in 0_u32..5000, width in 0_u32..5000, last: u32) {
            let mut random = Random::new(seed);
            let walk = Load::Walk { low, high: low + width };
            let level = walk.wanted(0, last, &mut random);
            prop_assert!((low..=low + width).contains(&level));
        }
    }
}
