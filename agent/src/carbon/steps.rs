//! An intensity that changes from moment to moment.

use std::sync::Arc;
use std::time::Duration;

use super::Intensity;

/// From a moment on, since 1970, it is this, until the next step; nothing where it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The moment.
    pub from: Duration,
    /// The intensity.
    pub intensity: Option<Intensity>,
}

/// Steps in the order of time. Before the first nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps(Arc<[Step]>);

/// What is known of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The mean over the whole interval, with nothing counted for the time in which it is unknown, in micrograms per kilowatt-hour.
    pub micrograms: u64,
    /// How much of the interval is unknown, in nanoseconds.
    pub unknown_ns: u128,
    /// The interval, in nanoseconds.
    pub whole_ns: u128,
}

impl Steps {
    /// Steps in whatever order; of several at one moment the last counts.
    pub fn new(mut steps: Vec<Step>) -> Self {
        steps.sort_by_key(|step| step.from);
        steps.dedup_by(|later, earlier| {
            let same = later.from == earlier.from;
            if same {
                earlier.intensity = later.intensity;
            }
            same
        });
        Self(steps.into())
    }

    /// The same at all times.
    pub fn always(intensity: Intensity) -> Self {
        Self::new(vec![Step {
            from: Duration::ZERO,
            intensity: Some(intensity),
        }])
    }

    /// All of them.
    pub fn list(&self) -> &[Step] {
        &self.0
    }

    /// The intensity at a moment.
    pub fn at(&self, wall: Duration) -> Option<Intensity> {
        let after = self.0.partition_point(|step| step.from <= wall);
        self.0.get(after.checked_sub(1)?)?.intensity
    }

    /// What is known of the time from one moment to another.
    pub fn over(&self, from: Duration, to: Duration) -> Share {
        let whole_ns = to.saturating_sub(from).as_nanos();
        let first = self.0.partition_point(|step| step.from <= from).saturating_sub(1);
        let (mut weighted, mut known_ns) = (0, 0);
        for (index, step) in self.0.iter().enumerate().skip(first) {
            if step.from >= to {
                break;
            }
            let end = self.0.get(index + 1).map_or(to, |next| next.from.min(to));
            let Some(intensity) = step.intensity else { continue };
            let time = end.saturating_sub(step.from.max(from)).as_nanos();
            weighted += time * u128::from(intensity.micrograms());
            known_ns += time;
        }
        let mean = (weighted + whole_ns / 2).checked_div(whole_ns).unwrap_or(0);
        Share {
            micrograms: u64::try_from(mean).unwrap_or(u64::MAX),
            unknown_ns: whole_ns - known_ns,
            whole_ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(seconds: u64, grams: Option<f64>) -> Step {
        Step {
            from: Duration::from_secs(seconds),
            intensity: grams.and_then(Intensity::from_grams),
        }
    }

    fn over(steps: &Steps, from: u64, to: u64) -> (u64, u128) {
        let share = steps.over(Duration::from_secs(from), Duration::from_secs(to));
        (share.micrograms, share.unknown_ns / 1_000_000_000)
    }

    #[test]
    fn an_interval_has_the_mean_of_what_is_known_in_it() {
        let steps = Steps::new(vec![
            step(30, None),
            step(10, Some(100.0)),
            step(20, Some(300.0)),
            step(40, Some(50.0)),
        ]);
        for (from, to, grams, unknown) in [
            (12, 18, 100.0, 0),
            (15, 25, 200.0, 0),
            (10, 20, 100.0, 0),
            (0, 10, 0.0, 10),
            (0, 20, 50.0, 10),
            (25, 35, 150.0, 5),
            (30, 40, 0.0, 10),
            (45, 65, 50.0, 0),
            (0, 50, 90.0, 20),
        ] {
            let wanted = Intensity::from_grams(grams).unwrap().micrograms();
            assert_eq!(over(&steps, from, to), (wanted, unknown), "{from} {to}");
        }
        assert_eq!(over(&steps, 15, 15), (0, 0));
        assert_eq!(over(&Steps::default(), 0, 5), (0, 5));
        assert_eq!(steps.at(Duration::from_secs(9)), None);
        assert_eq!(
            steps.at(Duration::from_secs(20)).map(Intensity::grams),
            Some(300.0)
        );
    }

    #[test]
    fn of_two_steps_at_one_moment_the_last_counts() {
        let steps = Steps::new(vec![step(1, Some(1.0)), step(1, Some(2.0))]);
        assert_eq!(steps.list(), [step(1, Some(2.0))]);
    }

    proptest! {
        #[test]
        fn an_interval_is_the_sum_of_its_parts(
            list in proptest::collection::vec((0_u64..100, proptest::option::of(0_u32..1000)), 0..20),
            mut cuts in proptest::array::uniform3(0_u64..120),
        ) {
            cuts.sort_unstable();
            let steps = Steps::new(list.iter().map(|(at, grams)| step(*at, grams.map(f64::from))).collect());
            let [from, middle, to] = cuts;
            let weight = |from: u64, to: u64| {
                let (mean, unknown) = over(&steps, from, to);
                (u128::from(mean) * u128::from(to - from), unknown)
            };
            let (whole, one, two) = (weight(from, to), weight(from, middle), weight(middle, to));
            prop_assert_eq!(whole.1, one.1 + two.1);
            prop_assert!(whole.0.abs_diff(one.0 + two.0) <= 240);
        }
    }
}
