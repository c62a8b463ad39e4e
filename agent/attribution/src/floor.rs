//! Learning how much power is there whether anybody runs or not.

use serde::Deserialize;
use serde::Serialize;

/// Utilisation is counted in millionths.
const FULL_PPM: u32 = 1_000_000;
/// The range of utilisation is cut into so many bins, so that a host that idles all night still remembers its days.
const BINS: usize = 32;
/// A bin speaks for its range by the median of its latest observations.
const KEPT: usize = 15;
/// Fewer than this are no median.
const ENOUGH: usize = 3;
/// Nothing is claimed before so many observations.
const WARM_UP: u32 = 30;
/// Two bins closer than this say nothing about a slope.
const LEAST_RUN_PPM: u32 = 30_000;
/// A line is drawn only through bins that span at least this.
const LEAST_SPAN_PPM: u32 = 100_000;
/// A host this idle shows its floor directly.
const NEARLY_IDLE_PPM: u32 = 50_000;

/// What was learnt: power = static + (full load − static) × utilisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The power with nobody running, in microwatts.
    pub static_uw: u64,
    /// The power with every CPU busy, where the load varied enough to tell.
    pub full_load_uw: Option<u64>,
}

/// The power that was usual at one utilisation: what is kept of a learner over a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FitPoint {
    /// Busy CPU time in millionths of the available.
    pub utilisation_ppm: u32,
    /// Power in milliwatts.
    pub power_mw: u32,
}

/// Learns the static power of one socket's component from pairs of utilisation and power.
///
/// A line is fitted through the medians of the bins by the method of Theil and Sen, which a quarter of wild bins cannot
/// turn; its foot is bounded by the lowest power ever seen (itself a median of three, so that one short reading does not count).
#[derive(Clone, Debug)]
pub struct FloorLearner {
    bins: [Bin; BINS],
    lowest_mw: Option<u32>,
    latest_mw: [u32; 3],
    observations: u32,
}

#[derive(Clone, Debug, Default)]
struct Bin {
    points: [Option<FitPoint>; KEPT],
    next: usize,
}

impl Default for FloorLearner {
    fn default() -> Self {
        Self {
            bins: std::array::from_fn(|_| Bin::default()),
            lowest_mw: None,
            latest_mw: [u32::MAX; 3],
            observations: 0,
        }
    }
}

impl FloorLearner {
    /// Takes the mean power and utilisation of an ordinary interval: not one with a wrap of unknown length, a lost
    /// reading or a stuck counter in it.
    pub fn observe(&mut self, power_uw: u64, utilisation_ppm: u32) {
        let power_mw = u32::try_from(power_uw / 1000).unwrap_or(u32::MAX);
        let utilisation_ppm = utilisation_ppm.min(FULL_PPM);
        self.bins[bin_of(utilisation_ppm)].push(FitPoint {
            utilisation_ppm,
            power_mw,
        });
        self.latest_mw.rotate_left(1);
        self.latest_mw[2] = power_mw;
        self.observations = self.observations.saturating_add(1);
        if self.observations >= 3 {
            let mut three = self.latest_mw;
            three.sort_unstable();
            self.lowest_mw = Some(self.lowest_mw.map_or(three[1], |lowest| lowest.min(three[1])));
        }
    }

    /// What is known so far; nothing before the load was seen near idle or over some range.
    pub fn fit(&self) -> Option<Fit> {
        if self.observations < WARM_UP {
            return None;
        }
        let points = self.medians();
        let lowest_mw = self.lowest_mw?;
        line(&points, lowest_mw).or_else(|| nearly_idle(&points, lowest_mw))
    }

    /// The medians, from which [`FloorLearner::restore`] makes a learner that knows as much.
    pub fn medians(&self) -> Vec<FitPoint> {
        self.bins.iter().filter_map(Bin::median).collect()
    }

    /// The lowest power seen, in milliwatts.
    pub fn lowest_mw(&self) -> Option<u32> {
        self.lowest_mw
    }

    /// A learner that starts from what an earlier one knew.
    pub fn restore(points: &[FitPoint], lowest_mw: Option<u32>) -> Self {
        let mut learner = Self {
            lowest_mw,
            ..Self::default()
        };
        for point in points {
            for _ in 0..ENOUGH {
                learner.bins[bin_of(point.utilisation_ppm)].push(*point);
            }
        }
        if !points.is_empty() {
            learner.observations = WARM_UP;
        }
        learner
    }
}

impl Bin {
    fn push(&mut self, point: FitPoint) {
        self.points[self.next] = Some(point);
        self.next = (self.next + 1) % KEPT;
    }

    fn median(&self) -> Option<FitPoint> {
        let mut powers: Vec<_> = self.points.iter().flatten().map(|point| point.power_mw).collect();
        let mut loads: Vec<_> = self
            .points
            .iter()
            .flatten()
            .map(|point| point.utilisation_ppm)
            .collect();
        if powers.len() < ENOUGH {
            return None;
        }
        Some(FitPoint {
            utilisation_ppm: median(&mut loads)?,
            power_mw: median(&mut powers)?,
        })
    }
}

fn bin_of(utilisation_ppm: u32) -> usize {
    let bin = u64::from(utilisation_ppm) * BINS as u64 / u64::from(FULL_PPM);
    usize::try_from(bin).unwrap_or(BINS).min(BINS - 1)
}

/// Theil–Sen: the median of all pairs' slopes, then the median of the feet.
fn line(points: &[FitPoint], lowest_mw: u32) -> Option<Fit> {
    let (first, last) = (points.first()?, points.last()?);
    if last.utilisation_ppm.saturating_sub(first.utilisation_ppm) < LEAST_SPAN_PPM {
        return None;
    }
    let slope = median(&mut slopes(points))?.max(0);
    let mut feet: Vec<i64> = points.iter().map(|point| foot(*point, slope)).collect();
    let static_mw = median(&mut feet)?.clamp(0, i64::from(lowest_mw));
    Some(Fit {
        static_uw: static_mw.unsigned_abs() * 1000,
        full_load_uw: Some((static_mw + slope).unsigned_abs() * 1000),
    })
}

/// Milliwatts from idle to full load.
fn slopes(points: &[FitPoint]) -> Vec<i64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, low) in points.iter().enumerate() {
        for high in &points[index + 1..] {
            let run = high.utilisation_ppm.saturating_sub(low.utilisation_ppm);
            if run >= LEAST_RUN_PPM {
                let rise = i64::from(high.power_mw) - i64::from(low.power_mw);
                slopes.push(rise * i64::from(FULL_PPM) / i64::from(run));
            }
        }
    }
    slopes
}

fn foot(point: FitPoint, slope: i64) -> i64 {
    i64::from(point.power_mw) - slope * i64::from(point.utilisation_ppm) / i64::from(FULL_PPM)
}

fn nearly_idle(points: &[FitPoint], lowest_mw: u32) -> Option<Fit> {
    let quiet = points
        .first()
        .filter(|point| point.utilisation_ppm <= NEARLY_IDLE_PPM)?;
    let static_mw = quiet.power_mw.min(lowest_mw);
    Some(Fit {
        static_uw: u64::from(static_mw) * 1000,
        full_load_uw: None,
    })
}

fn median<T: Copy + Ord>(values: &mut [T]) -> Option<T> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WATT: u64 = 1_000_000;

    fn socket(load_ppm: u32) -> u64 {
        60 * WATT + 140 * u64::from(load_ppm)
    }

    fn taught(loads: impl IntoIterator<Item = u32>) -> FloorLearner {
        let mut learner = FloorLearner::default();
        for load in loads {
            learner.observe(socket(load), load);
        }
        learner
    }

    #[test]
    fn a_varied_load_teaches_both_ends() {
        let fit = taught((0..60).map(|tick| 200_000 + (tick * 7919) % 500_000))
            .fit()
            .unwrap();
        assert!(fit.static_uw.abs_diff(60 * WATT) < WATT / 10, "{fit:?}");
        assert!(
            fit.full_load_uw.unwrap().abs_diff(200 * WATT) < WATT / 10,
            "{fit:?}"
        );
    }

    #[test]
    fn an_idle_host_teaches_its_floor_only() {
        let fit = taught((0..60).map(|tick| tick * 100)).fit().unwrap();
        assert!(fit.static_uw.abs_diff(60 * WATT) < WATT, "{fit:?}");
        assert_eq!(fit.full_load_uw, None);
    }

    #[test]
    fn a_steady_load_teaches_nothing() {
        assert_eq!(taught([500_000; 100]).fit(), None);
    }

    #[test]
    fn a_few_observations_teach_nothing() {
        assert_eq!(taught((0..29).map(|tick| tick * 30_000)).fit(), None);
    }

    #[test]
    fn a_fifth_of_wild_readings_changes_little() {
        let mut learner = FloorLearner::default();
        for tick in 0..300_u32 {
            let load = (tick * 7919) % 900_000;
            let wild = if tick % 5 == 0 { 90 * WATT } else { 0 };
            learner.observe(socket(load) + wild, load);
        }
        let fit = learner.fit().unwrap();
        assert!(fit.static_uw.abs_diff(60 * WATT) < 2 * WATT, "{fit:?}");
    }

    #[test]
    fn a_restored_learner_knows_what_the_first_one_knew() {
        let learner = taught((0..200).map(|tick| (tick * 7919) % 900_000));
        let restored = FloorLearner::restore(&learner.medians(), learner.lowest_mw());
        assert_eq!(restored.fit(), learner.fit());
    }

    proptest! {
        #[test]
        fn the_floor_is_never_above_the_lowest_power_seen(
            observations in prop::collection::vec((0_u64..2_000 * WATT, any::<u32>()), 0..200),
        ) {
            let mut learner = FloorLearner::default();
            for (power, load) in &observations {
                learner.observe(*power, *load);
            }
            if let Some(fit) = learner.fit() {
                let lowest = u64::from(learner.lowest_mw().unwrap()) * 1000;
                prop_assert!(fit.static_uw <= lowest);
                prop_assert!(fit.full_load_uw.is_none_or(|full| full >= fit.static_uw));
            }
        }
    }
}
