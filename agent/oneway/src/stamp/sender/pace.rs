//! When packets are due.

use core::time::Duration;

/// Shortest and longest gap of a random pace, in means. Beyond it packets would clump, or a gap would look like an outage.
const SHORTEST: f64 = 0.1;
const LONGEST: f64 = 4.0;
const LONGEST_MEAN: Duration = Duration::from_secs(1 << 32);
/// Missed packets are counted one by one up to this, and beyond it by the mean.
const COUNTED: u64 = 1000;

/// How far apart packets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Always so long.
    Fixed(Duration),
    /// So long on average, and exponentially distributed between a tenth and about four times of it, so that a sample
    /// does not keep step with anything periodic in the network (RFC 2330 section 11.1).
    Random(Duration),
}

impl Pace {
    /// The mean, at most 136 years.
    pub fn mean(self) -> Duration {
        match self {
            Self::Fixed(mean) | Self::Random(mean) => mean.min(LONGEST_MEAN),
        }
    }

    /// No gap is longer.
    pub fn longest(self) -> Duration {
        match self {
            Self::Fixed(_) => self.mean(),
            Self::Random(_) => self.mean().mul_f64(LONGEST),
        }
    }

    fn gap(self, fraction: f64) -> Duration {
        match self {
            Self::Fixed(_) => self.mean(),
            Self::Random(_) => self.mean().mul_f64(exponential(fraction)),
        }
        .max(Duration::from_nanos(1))
    }
}

/// A uniform number in 0..1 as an exponential one between the bounds, of mean 1.
fn exponential(uniform: f64) -> f64 {
    let (most, least) = ((-SHORTEST).exp(), (-LONGEST).exp());
    let drawn = -(least + uniform * (most - least)).ln();
    let span = LONGEST - SHORTEST;
    let mean = SHORTEST + 1.0 - span * (-span).exp() / (1.0 - (-span).exp());
    drawn / mean
}

/// What is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// Packets whose time has passed, and which will not be sent.
    pub(super) missed: u64,
    /// Whether a packet is to be sent now.
    pub(super) now: bool,
}

/// The instants at which packets are due. The same seed gives the same ones.
#[derive(Debug)]
pub(super) struct Timetable {
    pace: Pace,
    state: u64,
    next: Duration,
}

impl Timetable {
    /// Begins at a random instant of the first gap, so that many timetables begun at once do not coincide.
    pub(super) fn new(pace: Pace, seed: u64, now: Duration) -> Self {
        let mut table = Self {
            pace,
            state: seed,
            next: now,
        };
        let phase = table.uniform();
        table.next = now.saturating_add(pace.mean().mul_f64(phase));
        table
    }

    pub(super) const fn next(&self) -> Duration {
        self.next
    }

    /// What is due. Never two packets at once: after a stall, what should have been sent is missed.
    pub(super) fn poll(&mut self, now: Duration) -> Due {
        if now < self.next {
            return Due::default();
        }
        let punctual = now - self.next <= self.pace.mean();
        let mut missed = u64::from(!punctual);
        self.advance();
        while self.next <= now && missed < COUNTED {
            missed += 1;
            self.advance();
        }
        if self.next <= now {
            let rest = (now - self.next).as_nanos() / self.pace.mean().as_nanos().max(1) + 1;
            missed = missed.saturating_add(u64::try_from(rest).unwrap_or(u64::MAX));
            self.next = now;
            self.advance();
        }
        Due {
            missed,
            now: punctual,
        }
    }

    fn advance(&mut self) {
        let fraction = self.uniform();
        self.next = self.next.saturating_add(self.pace.gap(fraction));
    }

    /// SplitMix64: plenty for a schedule, and not for secrets.
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn random_gaps_keep_their_mean_and_their_bounds() {
        let mut table = Timetable::new(Pace::Random(SECOND), 7, Duration::ZERO);
        let begin = table.next();
        let (mut least, mut most) = (Duration::MAX, Duration::ZERO);
        for _ in 0..100_000 {
            let before = table.next();
            assert_eq!(table.poll(before), Due { missed: 0, now: true });
            let gap = table.next() - before;
            (least, most) = (least.min(gap), most.max(gap));
        }
        let mean = (table.next() - begin).as_secs_f64() / 100_000.0;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert!(
            least >= SECOND.mul_f64(0.09) && most <= SECOND * 4,
            "{least:?} {most:?}"
        );
    }

    #[test]
    fn a_stall_is_missed_packets_and_no_burst() {
        for pace in [Pace::Fixed(SECOND), Pace::Random(SECOND)] {
            let mut table = Timetable::new(pace, 1, Duration::ZERO);
            let resumed = Duration::from_secs(100);
            let due = table.poll(resumed);
            assert!(!due.now && (80..120).contains(&due.missed), "{due:?}");
            assert!(table.next() > resumed);
            assert_eq!(table.poll(resumed), Due::default());
        }
    }

    #[test]
    fn a_little_late_is_sent() {
        let mut table = Timetable::new(Pace::Fixed(SECOND), 1, Duration::ZERO);
        let late = table.next() + Duration::from_millis(900);
        assert_eq!(table.poll(late), Due { missed: 0, now: true });
    }

    #[test]
    fn a_year_asleep_is_counted_in_no_time() {
        let mut table = Timetable::new(Pace::Fixed(Duration::from_millis(1)), 1, Duration::ZERO);
        let year = Duration::from_secs(365 * 86_400);
        let missed = table.poll(year).missed;
        assert!(missed.abs_diff(365 * 86_400_000) < 5, "{missed}");
        assert!(table.next() > year);
        let mut table = Timetable::new(Pace::Fixed(Duration::ZERO), 1, Duration::ZERO);
        table.poll(Duration::MAX);
    }

    #[test]
    fn timetables_of_different_seeds_do_not_begin_together() {
        let begins = [1, 2, 3].map(|seed| Timetable::new(Pace::Fixed(SECOND), seed, SECOND).next());
        assert!(begins[0] != begins[1] && begins[1] != begins[2]);
        assert!(begins.iter().all(|begin| (SECOND..SECOND * 2).contains(begin)));
    }
}
