//! An energy counter as the hardware keeps it.
//!
//! The kernel reads so many raw units and shows `raw × unit / 1000` in `energy_uj`, rounded down
//! (<https://docs.kernel.org/power/powercap/powercap.html>; `rapl_unit_xlate` in intel_rapl_common.c).

use super::share::narrow;

/// A counter of `bits` bits in units of `unit_nj` nanojoules, and what it has truly counted.
#[derive(Clone, Debug)]
pub struct Counter {
    bits: u32,
    unit_nj: u64,
    /// Energy since the start, with what does not fill a unit yet.
    energy_nj: u128,
    /// What the register held at the start.
    start: u64,
    /// Added to what the register shows: the traces of resets and jumps.
    shift: u64,
}

impl Counter {
    /// A counter of 1 to 32 bits whose register starts at `start` units.
    pub fn new(bits: u32, unit_nj: u64, start: u64) -> Self {
        let bits = bits.clamp(1, 32);
        let unit_nj = unit_nj.max(1);
        Self {
            bits,
            unit_nj,
            energy_nj: 0,
            start: start & mask(bits),
            shift: 0,
        }
    }

    /// The energy since the start is now `energy_nj`. It never falls.
    pub fn advance_to(&mut self, energy_nj: u128) {
        self.energy_nj = self.energy_nj.max(energy_nj);
    }

    /// What `energy_uj` shows.
    pub fn shown_uj(&self) -> u64 {
        self.in_uj(self.register() & mask(self.bits))
    }

    /// What `max_energy_range_uj` shows.
    pub fn range_uj(&self) -> u64 {
        self.in_uj(mask(self.bits))
    }

    /// What the register has counted since the start, without wraps, resets and jumps.
    pub fn counted_uj(&self) -> u64 {
        self.in_uj(self.unwrapped()) - self.in_uj(self.start)
    }

    /// How often the register has passed its end since the start.
    pub fn wraps(&self) -> u64 {
        self.unwrapped() >> self.bits
    }

    /// The register starts again from nothing, as after a suspend.
    pub fn reset(&mut self) {
        let modulus = mask(self.bits) + 1;
        self.shift = modulus - (self.unwrapped() & mask(self.bits));
    }

    /// The register leaps ahead by `by_uj`, though no such energy was used.
    pub fn jump(&mut self, by_uj: u64) {
        let units = u128::from(by_uj) * 1000 / u128::from(self.unit_nj);
        self.shift = narrow((u128::from(self.shift) + units) & u128::from(mask(self.bits)));
    }

    fn register(&self) -> u64 {
        self.unwrapped() + self.shift
    }

    fn unwrapped(&self) -> u64 {
        self.start + narrow(self.energy_nj / u128::from(self.unit_nj))
    }

    fn in_uj(&self, units: u64) -> u64 {
        narrow(u128::from(units) * u128::from(self.unit_nj) / 1000)
    }
}

fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_range_is_what_real_machines_show() {
        assert_eq!(Counter::new(32, 61_035, 0).range_uj(), 262_143_328_850);
        assert_eq!(Counter::new(32, 15_300, 0).range_uj(), 65_712_999_613);
    }

    #[test]
    fn a_reset_starts_from_nothing_and_a_jump_leaps_and_neither_changes_what_was_counted() {
        let mut counter = Counter::new(32, 61_035, 12_345_678);
        counter.advance_to(5_000_000_000);
        let (shown, counted) = (counter.shown_uj(), counter.counted_uj());
        counter.jump(1 << 31);
        assert!((counter.shown_uj() - shown).abs_diff(1 << 31) <= 62);
        counter.reset();
        assert_eq!(counter.shown_uj(), 0);
        assert_eq!(counter.counted_uj(), counted);
    }

    proptest! {
        #[test]
        fn a_reader_that_knows_the_range_loses_less_than_a_unit_per_wrap(
            bits in 8_u32..24, start: u64, steps in prop::collection::vec(0_u64..200_000_000, 1..60),
        ) {
            let mut counter = Counter::new(bits, 61_035, start);
            let (mut energy, mut last, mut read, mut wraps) = (0_u128, counter.shown_uj(), 0_u64, 0_u64);
            for step in steps {
                // A reader must come by at least once per round of the register.
                energy += u128::from(step % (counter.range_uj() * 900));
                counter.advance_to(energy);
                let now = counter.shown_uj();
                wraps += u64::from(now < last);
                read += if now < last { counter.range_uj() - last + now } else { now - last };
                last = now;
            }
            prop_assert_eq!(wraps, counter.wraps());
            let missed = counter.counted_uj() - read;
            prop_assert!(missed <= wraps * 62 + 1, "{missed} uJ missed in {wraps} wraps");
        }
    }
}
