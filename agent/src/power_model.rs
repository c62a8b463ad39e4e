//! The power of a processor that does not count its energy.

use std::time::Duration;

/// Watts of one physical core with its share of the package, idle and busy.
///
/// The figures are for the package as RAPL would count it, spread over its cores: idle from published measurements of the family,
/// full load from the rated power. They are a guess with an error of some ten percent for the family and more for a
/// single machine, which is why everything computed from them is marked `estimated`. Figures of your own go into the configuration as
/// `power.estimate.idle-watts-per-core` and `power.estimate.full-load-watts-per-core`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerModel {
    /// Microwatts per core with nobody running.
    pub idle_uw_per_core: u64,
    /// Microwatts per core with every thread busy.
    pub full_load_uw_per_core: u64,
}

/// A row of the table: part of the model name, then idle and full-load milliwatts per core.
type Family = (&'static str, u64, u64);

/// The first row whose text is part of the model name counts.
const FAMILIES: [Family; 16] = [
    ("EPYC 9", 800, 3800),
    ("EPYC 7", 1000, 3700),
    ("EPYC", 1000, 3700),
    ("Ryzen Threadripper", 1200, 6500),
    ("Ryzen", 1500, 10_000),
    ("Xeon(R) Platinum 84", 1500, 6300),
    ("Xeon(R) Platinum", 1300, 6500),
    ("Xeon(R) Gold", 1300, 7000),
    ("Xeon(R) Silver", 1500, 6500),
    ("Xeon(R) CPU E5", 1700, 8000),
    ("Xeon(R) CPU E3", 1500, 17_000),
    ("Xeon", 1500, 7000),
    ("Core(TM)", 1000, 14_000),
    ("Atom", 300, 2500),
    ("Neoverse", 500, 2200),
    ("Ampere", 500, 2200),
];

/// A processor that no row names: the middle of the field.
const UNKNOWN: (u64, u64) = (1200, 6000);

impl PowerModel {
    /// The model for a processor, by the name that `/proc/cpuinfo` gives it.
    pub fn for_processor(model_name: &str) -> Self {
        let (idle, full) = FAMILIES
            .iter()
            .find(|(part, _, _)| model_name.contains(part))
            .map_or(UNKNOWN, |&(_, idle, full)| (idle, full));
        Self {
            idle_uw_per_core: idle * 1000,
            full_load_uw_per_core: full * 1000,
        }
    }

    /// The power of `cores` with nobody running, in microwatts.
    pub fn static_uw(&self, cores: u32) -> u64 {
        self.idle_uw_per_core.saturating_mul(u64::from(cores))
    }

    /// The power of `cores` with every thread busy, in microwatts.
    pub fn full_load_uw(&self, cores: u32) -> u64 {
        self.full_load_uw_per_core
            .saturating_mul(u64::from(cores))
            .max(self.static_uw(cores))
    }

    /// The energy of `cores` in an interval; of an idle one where the utilisation is unknown.
    pub fn energy_uj(&self, utilisation_ppm: Option<u32>, cores: u32, elapsed: Duration) -> u64 {
        let (floor, full) = (self.static_uw(cores), self.full_load_uw(cores));
        let load = u128::from(utilisation_ppm.unwrap_or(0));
        let power_uw = u128::from(floor) + u128::from(full - floor) * load / 1_000_000;
        u64::try_from(power_uw * elapsed.as_nanos() / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_found_by_a_part_of_their_name() {
        for (name, idle, full) in [
            ("AMD EPYC 7763 64-Core Processor", 1000, 3700),
            ("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 1300, 7000),
            ("Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", 1000, 14_000),
            ("Some Future Part", 1200, 6000),
        ] {
            let expected = PowerModel {
                idle_uw_per_core: idle * 1000,
                full_load_uw_per_core: full * 1000,
            };
            assert_eq!(PowerModel::for_processor(name), expected, "{name}");
        }
    }

    #[test]
    fn energy_grows_with_load_from_idle_to_full() {
        let model = PowerModel {
            idle_uw_per_core: 1_000_000,
            full_load_uw_per_core: 5_000_000,
        };
        for (load, joules) in [
            (None, 8),
            (Some(0), 8),
            (Some(500_000), 24),
            (Some(1_000_000), 40),
        ] {
            assert_eq!(
                model.energy_uj(load, 4, Duration::from_secs(2)),
                joules * 1_000_000
            );
        }
    }
}
