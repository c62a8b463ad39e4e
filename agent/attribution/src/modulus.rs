//! How much energy a hardware counter holds before it starts again.

/// The energy that one turn of a counter is worth, exact to the nanojoule.
///
/// `max_energy_range_uj` is the counter's largest value, so a turn is worth one counter step more than that. The step
/// is not published, but it can be told: RAPL counts in units of 1/2^n joule (or 2^n µJ on Atom, or the fixed 15.3 µJ of server
/// DRAM), the kernel rounds the unit to whole nanojoules, and the register has a power of two of them. Of 262143328850
/// µJ only 2^32 − 1 steps of 61035 nJ can be the source. Where no such pair fits, the step is taken as 1 µJ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulus {
    nanojoules: u64,
}

/// The unit of the DRAM counters of most Xeon generations since Haswell (Intel SDM volume 3, RAPL domains).
const SERVER_DRAM_STEP_NJ: u64 = 15_300;
/// Register widths that a turn is tried with; hardware has 32, made-up hosts wrap sooner.
const WIDTHS: std::ops::RangeInclusive<u32> = 12..=40;

impl Modulus {
    /// The turn of a counter whose `max_energy_range_uj` is `range_uj`.
    pub fn of_range(range_uj: u64) -> Self {
        let nanojoules = steps()
            .find_map(|step_nj| turn(range_uj, step_nj))
            .unwrap_or_else(|| range_uj.saturating_add(1).saturating_mul(1000));
        Self { nanojoules }
    }

    /// Whole microjoules of a turn.
    pub fn microjoules(self) -> u64 {
        self.nanojoules / 1000
    }

    /// What a turn is worth beyond the whole microjoules.
    pub fn odd_nanojoules(self) -> u64 {
        self.nanojoules % 1000
    }
}

/// The counter steps that the kernel computes (`rapl_compute_time_window` and friends in intel_rapl_common.c), the
/// usual one first.
fn steps() -> impl Iterator<Item = u64> {
    let fractions = (0..=18).rev().map(|exponent| 1_000_000_000_u64 >> exponent);
    let atom = (0..=10).map(|exponent| 1000_u64 << exponent);
    std::iter::once(61_035)
        .chain([SERVER_DRAM_STEP_NJ])
        .chain(fractions)
        .chain(atom)
}

fn turn(range_uj: u64, step_nj: u64) -> Option<u64> {
    WIDTHS.into_iter().find_map(|width| {
        let turn_nj = step_nj.checked_mul(1 << width)?;
        ((turn_nj - step_nj) / 1000 == range_uj).then_some(turn_nj)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_seen_on_hardware_give_the_exact_turn_of_a_32_bit_register() {
        for (range_uj, step_nj) in [
            (262_143_328_850, 61_035),
            (65_532_610_987, 15_258),
            (65_712_999_613, SERVER_DRAM_STEP_NJ),
        ] {
            let turn_nj = step_nj << 32;
            assert_eq!(
                Modulus::of_range(range_uj),
                Modulus { nanojoules: turn_nj },
                "{range_uj}"
            );
        }
    }

    #[test]
    fn a_range_that_no_register_explains_turns_one_microjoule_above_it() {
        for range_uj in [1_000_000, 999_999_999, 123_456_789_012] {
            let modulus = Modulus::of_range(range_uj);
            assert_eq!(modulus.microjoules(), range_uj + 1);
            assert_eq!(modulus.odd_nanojoules(), 0);
        }
        Modulus::of_range(0);
        Modulus::of_range(u64::MAX);
    }

    #[test]
    fn narrow_registers_of_made_up_hosts_are_recognised() {
        let step_nj = 61_035;
        let range_uj = ((1_u64 << 23) - 1) * step_nj / 1000;
        assert_eq!(
            Modulus::of_range(range_uj),
            Modulus {
                nanojoules: step_nj << 23
            }
        );
    }
}
