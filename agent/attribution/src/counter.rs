//! Did the counter move on, wrap, restart or jump?

use std::time::Duration;

use crate::Modulus;

/// What a new reading of a counter means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There was no earlier reading: nothing can be said about energy.
    First,
    /// The counter moved on by so many microjoules.
    Advance(u64),
    /// It passed its end once and moved on by so many microjoules in all.
    Wrap(u64),
    /// It started again (suspend, driver reload, CPU hot-plug): what was used around that is unknown.
    Reset,
    /// It moved by more than the hardware could have used. The reading is set aside: the next one shows
    /// whether it was a slip or a new start.
    Implausible,
}

impl Step {
    /// The energy that may be counted, in microjoules.
    pub fn energy_uj(self) -> u64 {
        match self {
            Self::Advance(energy) | Self::Wrap(energy) => energy,
            Self::First | Self::Reset | Self::Implausible => 0,
        }
    }
}

/// One hardware energy counter.
///
/// Of all energies that a reading could stand for, the smallest is taken: after a long gap with several turns the
/// result is too low, never too high, so nothing is ever counted twice.
#[derive(Clone, Debug)]
pub struct Counter {
    modulus: Modulus,
    last: Option<Reading>,
    suspect: Option<Reading>,
    odd_nj: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    value_uj: u64,
    at: Duration,
}

/// Counters are refreshed about every millisecond, and not at the instant they are read.
const READ_JITTER: Duration = Duration::from_millis(10);

impl Counter {
    /// A counter that was never read. `range_uj` is its `max_energy_range_uj`.
    pub fn new(range_uj: u64) -> Self {
        Self {
            modulus: Modulus::of_range(range_uj),
            last: None,
            suspect: None,
            odd_nj: 0,
        }
    }

    /// A counter whose last reading is known from an earlier run of the agent in the same boot.
    pub fn resume(range_uj: u64, value_uj: u64, at: Duration) -> Self {
        Self {
            last: Some(Reading { value_uj, at }),
            ..Self::new(range_uj)
        }
    }

    /// The last reading that was believed, for the state file.
    pub fn last(&self) -> Option<(u64, Duration)> {
        self.last.map(|reading| (reading.value_uj, reading.at))
    }

    /// Takes a reading made at the instant `now`, on a clock that stands still while the machine sleeps. `most_uw` is
    /// more power than this hardware can draw.
    pub fn observe(&mut self, value_uj: u64, now: Duration, most_uw: u64) -> Step {
        let reading = Reading { value_uj, at: now };
        let Some(last) = self.last else {
            self.last = Some(reading);
            return Step::First;
        };
        // Two readings that agree outweigh one before them, however plausible the leap looks by now that more time has passed.
        if let Some(step) = self.confirm(reading, most_uw) {
            return step;
        }
        let step = self.judge(last, reading, most_uw);
        match step {
            Step::Implausible => {
                self.suspect = Some(reading);
                return step;
            }
            Step::Wrap(_) => self.odd_nj += self.modulus.odd_nanojoules(),
            _ => {}
        }
        self.last = Some(reading);
        self.suspect = None;
        self.with_odd_nanojoules(step)
    }

    fn judge(&self, last: Reading, new: Reading, most_uw: u64) -> Step {
        let limit_uj = most_in(new.at.saturating_sub(last.at), most_uw);
        let wraps = new.value_uj < last.value_uj;
        let energy = if wraps {
            (self.modulus.microjoules().saturating_sub(last.value_uj)).saturating_add(new.value_uj)
        } else {
            new.value_uj - last.value_uj
        };
        match (wraps, energy <= limit_uj) {
            (false, true) => Step::Advance(energy),
            (true, true) => Step::Wrap(energy),
            (true, false) => Step::Reset,
            (false, false) => Step::Implausible,
        }
    }

    /// A second reading that continues an implausible one makes that the new base; the energy in between stays unknown.
    fn confirm(&mut self, reading: Reading, most_uw: u64) -> Option<Step> {
        let continued = self.judge(self.suspect?, reading, most_uw);
        let (Step::Advance(energy) | Step::Wrap(energy)) = continued else {
            return None;
        };
        self.last = Some(reading);
        self.suspect = None;
        Some(Step::Advance(energy))
    }

    fn with_odd_nanojoules(&mut self, step: Step) -> Step {
        let Step::Wrap(energy) = step else { return step };
        let whole = self.odd_nj / 1000;
        self.odd_nj %= 1000;
        Step::Wrap(energy + whole)
    }
}

fn most_in(elapsed: Duration, most_uw: u64) -> u64 {
    let nanoseconds = (elapsed + READ_JITTER).as_nanos();
    let energy = nanoseconds.saturating_mul(u128::from(most_uw)) / 1_000_000_000;
    u64::try_from(energy).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RANGE_UJ: u64 = 262_143_328_850;
    const KILOWATT: u64 = 1_000_000_000;

    fn second(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn readings_are_told_apart() {
        for (name, before, after, expected) in [
            ("it stands still", 5, 5, Step::Advance(0)),
            ("it moves on", 1_000_000, 61_000_000, Step::Advance(60_000_000)),
            ("it wraps", RANGE_UJ - 1_000_000, 2_000_000, Step::Wrap(3_000_061)),
            ("it restarts", RANGE_UJ / 2, 7, Step::Reset),
            ("it jumps", 0, RANGE_UJ / 2, Step::Implausible),
        ] {
            let mut counter = Counter::new(RANGE_UJ);
            assert_eq!(counter.observe(before, second(0), KILOWATT), Step::First);
            assert_eq!(counter.observe(after, second(1), KILOWATT), expected, "{name}");
        }
    }

    #[test]
    fn a_slip_of_one_reading_loses_nothing() {
        let mut counter = Counter::new(RANGE_UJ);
        counter.observe(1_000_000, second(0), KILOWATT);
        assert_eq!(counter.observe(1 << 37, second(1), KILOWATT), Step::Implausible);
        assert_eq!(
            counter.observe(3_000_000, second(2), KILOWATT),
            Step::Advance(2_000_000)
        );
    }

    #[test]
    fn a_jump_that_stays_becomes_the_new_base() {
        let mut counter = Counter::new(RANGE_UJ);
        counter.observe(1_000_000, second(0), KILOWATT);
        assert_eq!(counter.observe(1 << 37, second(1), KILOWATT), Step::Implausible);
        assert_eq!(
            counter.observe((1 << 37) + 5, second(2), KILOWATT),
            Step::Advance(5)
        );
        assert_eq!(
            counter.observe((1 << 37) + 9, second(3), KILOWATT),
            Step::Advance(4)
        );
    }

    #[test]
    fn a_jump_just_above_the_plausible_does_not_become_plausible_with_time() {
        let mut counter = Counter::new(RANGE_UJ);
        counter.observe(0, second(0), KILOWATT);
        assert_eq!(
            counter.observe(1_100_000_000, second(1), KILOWATT),
            Step::Implausible
        );
        assert_eq!(
            counter.observe(1_160_000_000, second(2), KILOWATT),
            Step::Advance(60_000_000)
        );
    }

    #[test]
    fn after_a_reset_counting_goes_on_from_the_new_reading() {
        let mut counter = Counter::new(RANGE_UJ);
        counter.observe(RANGE_UJ / 2, second(0), KILOWATT);
        assert_eq!(counter.observe(10, second(1), KILOWATT), Step::Reset);
        assert_eq!(counter.observe(25, second(2), KILOWATT), Step::Advance(15));
    }

    #[test]
    fn a_resumed_counter_counts_the_time_between_the_runs() {
        let mut counter = Counter::resume(RANGE_UJ, 1_000, second(5));
        assert_eq!(counter.observe(4_000, second(9), KILOWATT), Step::Advance(3_000));
    }

    proptest! {
        /// The kernel prints whole microjoules of a register that counts odd nanojoules; over any number of turns
        /// the sum must still be that of the register.
        #[test]
        fn many_turns_add_up_to_the_register(
            start in 0_u64..1 << 23,
            steps in prop::collection::vec(1_u64..1 << 22, 1..200),
        ) {
            let (step_nj, width) = (61_035, 23);
            let printed = |raw: u64| (raw % (1 << width)) * step_nj / 1000;
            let mut counter = Counter::new(((1 << width) - 1) * step_nj / 1000);
            let (mut raw, mut total) = (start, 0);
            counter.observe(printed(raw), second(0), KILOWATT);
            for (tick, step) in steps.iter().enumerate() {
                raw += step;
                total += counter.observe(printed(raw), second(tick as u64 + 1), KILOWATT).energy_uj();
            }
            let truth = (raw - start) * step_nj / 1000;
            prop_assert!(total.abs_diff(truth) <= 1, "counted {total}, used {truth}");
        }

        #[test]
        fn no_sequence_of_readings_counts_more_than_the_hardware_could_use(
            readings in prop::collection::vec(any::<u64>(), 1..50),
            range in any::<u64>(),
        ) {
            let mut counter = Counter::new(range);
            let mut total = 0_u64;
            for (tick, reading) in readings.iter().enumerate() {
                total += counter.observe(*reading, second(tick as u64), 1_000_000).energy_uj();
            }
            prop_assert!(total <= most_in(second(readings.len() as u64 * 2), 1_000_000));
        }
    }
}
