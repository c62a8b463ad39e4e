//! How far apart packets are.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use wattle_oneway::Slot;
use wattle_oneway::stamp::Pace;

/// The gap between packets: `0.1` or `0.1e` seconds on average and exponentially distributed, `0.1f` always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) mean: Duration,
    pub(super) is_fixed: bool,
}

impl Gap {
    pub(super) const fn slot(self) -> Slot {
        let steps = fixed_point(self.mean);
        if self.is_fixed {
            Slot::Fixed(steps)
        } else {
            Slot::Exponential(steps)
        }
    }

    pub(super) const fn pace(self) -> Pace {
        if self.is_fixed {
            Pace::Fixed(self.mean)
        } else {
            Pace::Random(self.mean)
        }
    }
}

/// A length of time in steps of 2⁻³² s.
pub(super) const fn fixed_point(time: Duration) -> u64 {
    (time.as_secs() << 32) | (((time.subsec_nanos() as u64) << 32) / 1_000_000_000)
}

impl FromStr for Gap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, is_fixed) = match text.strip_suffix('f') {
            Some(number) => (number, true),
            None => (text.strip_suffix('e').unwrap_or(text), false),
        };
        let mean = seconds(number).filter(|mean| (Duration::from_micros(100)..=HOUR).contains(mean));
        let wrong = || format!("{text:?} is no gap from 0.0001 to 3600 seconds, such as 0.1 or 0.02f");
        Ok(Self {
            mean: mean.ok_or_else(wrong)?,
            is_fixed,
        })
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// Seconds with a fraction.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    let seconds: f64 = text.parse().ok().filter(|_| digits)?;
    Duration::try_from_secs_f64(seconds).ok()
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_fixed { 'f' } else { 'e' };
        write!(formatter, "{}{kind}", self.mean.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_read_as_owping_reads_them() {
        for (text, millis, is_fixed) in [
            ("0.1", 100, false),
            ("1e", 1000, false),
            ("0.02f", 20, true),
            (".5", 500, false),
        ] {
            let mean = Duration::from_millis(millis);
            assert_eq!(text.parse(), Ok(Gap { mean, is_fixed }), "{text}");
        }
        for wrong in ["", "0", "-1", "1s", "inf", "NaN", "1e3", "4000", "f"] {
            assert!(wrong.parse::<Gap>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn time_on_the_wire_is_in_steps_of_a_second_by_two_to_the_thirty_two() {
        assert_eq!(fixed_point(Duration::from_millis(1500)), 0x1_8000_0000);
        assert_eq!(fixed_point(Duration::from_millis(50)), 0x0ccc_cccc);
    }
}
