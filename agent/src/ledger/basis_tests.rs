//! Which counter speaks, and when a model does.

use std::sync::Arc;
use std::time::Duration;

use wattle_hostfs::powercap::Zone;
use wattle_hostfs::powercap::ZoneKind;

use super::basis::Basis;
use super::basis::Due;
use super::basis::SocketInterval;
use super::stand_in::Span;
use super::zones::Zones;
use crate::component::Component;
use crate::power_model::PowerModel;
use crate::sample::SocketTimes;
use crate::sample::ZoneSample;
use crate::sensor::Quality;

const WATT: u64 = 1_000_000;
const MODEL: PowerModel = PowerModel {
    idle_uw_per_core: WATT,
    full_load_uw_per_core: 11 * WATT,
};

/// A host with one socket of four half-busy cores, ticking once a second.
struct Bench {
    zones: Vec<Arc<Zone>>,
    seen: Zones,
    basis: Basis,
    second: u64,
}

impl Bench {
    fn new(zones: &[(&str, ZoneKind)]) -> Self {
        let zones = zones.iter().map(|(id, kind)| Arc::new(zone(id, *kind))).collect();
        Self {
            zones,
            seen: Zones::default(),
            basis: Basis::default(),
            second: 0,
        }
    }

    /// One tick with these readings; returns what is due.
    fn tick(&mut self, readings: &[Option<u64>]) -> Vec<(Component, u64, Quality)> {
        let at = Duration::from_secs(self.second);
        self.second += 1;
        let samples: Vec<_> = std::iter::zip(&self.zones, readings)
            .map(|(zone, &energy_uj)| ZoneSample {
                zone: zone.clone(),
                energy_uj,
            })
            .collect();
        if self.seen.observe(&samples, at) {
            self.basis.regroup(&self.seen);
        }
        let now = SocketTimes {
            socket: 0,
            cpus: 4,
            cores: 4,
            ..SocketTimes::default()
        };
        let socket = SocketInterval {
            now,
            busy_usec: 0,
            utilisation_ppm: Some(500_000),
        };
        let mut dues: Vec<Due> = Vec::new();
        self.basis.settle(
            &self.seen,
            &[socket],
            &MODEL,
            Span {
                at,
                elapsed: Duration::from_secs(1),
            },
            &mut dues,
        );
        dues.iter()
            .map(|due| (due.component, due.energy_uj, due.quality))
            .collect()
    }
}

fn zone(id: &str, kind: ZoneKind) -> Zone {
    Zone {
        id: id.into(),
        control: id.split(':').next().unwrap_or_default().into(),
        kind,
        name: "zone".into(),
        socket: Some(0),
        die: None,
        max_energy_range_uj: 262_143_328_850,
        max_power_uw: None,
        enabled: None,
    }
}

const ESTIMATE: (Component, u64, Quality) = (Component::Cpu, 24 * WATT, Quality::Estimated);

fn measured(energy_uj: u64) -> (Component, u64, Quality) {
    (Component::Cpu, energy_uj, Quality::Measured)
}

#[test]
fn twins_count_once_and_the_register_speaks() {
    let mut bench = Bench::new(&[
        ("intel-rapl-mmio:0", ZoneKind::Package),
        ("intel-rapl:0", ZoneKind::Package),
    ]);
    bench.tick(&[Some(0), Some(0)]);
    assert_eq!(bench.tick(&[Some(7), Some(5)]), [measured(5)]);
}

#[test]
fn a_twin_takes_over_at_once_and_nothing_is_counted_twice_when_the_first_returns() {
    let mut bench = Bench::new(&[
        ("intel-rapl:0", ZoneKind::Package),
        ("intel-rapl-mmio:0", ZoneKind::Package),
    ]);
    bench.tick(&[Some(0), Some(0)]);
    let ticks = [
        [Some(10), Some(10)],
        [None, Some(20)],
        [None, Some(30)],
        [Some(40), Some(40)],
    ];
    let total: u64 = ticks
        .iter()
        .flat_map(|readings| bench.tick(readings))
        .map(|(_, energy, _)| energy)
        .sum();
    assert_eq!(total, 40);
}

#[test]
fn a_short_silence_is_made_good_by_the_counter() {
    let mut bench = Bench::new(&[("intel-rapl:0", ZoneKind::Package)]);
    bench.tick(&[Some(0)]);
    for _ in 0..5 {
        assert_eq!(bench.tick(&[None]), []);
    }
    assert_eq!(bench.tick(&[Some(60 * WATT)]), [measured(60 * WATT)]);
}

#[test]
fn after_a_long_silence_the_model_speaks_until_the_counter_has_a_new_base() {
    let mut bench = Bench::new(&[("intel-rapl:0", ZoneKind::Package)]);
    bench.tick(&[Some(0)]);
    let silent: Vec<_> = (0..14).map(|_| bench.tick(&[None])).collect();
    assert_eq!(silent.iter().filter(|dues| dues.is_empty()).count(), 10);
    assert_eq!(silent[13], [ESTIMATE]);
    assert_eq!(bench.tick(&[Some(900 * WATT)]), [ESTIMATE]);
    assert_eq!(bench.tick(&[Some(930 * WATT)]), [measured(30 * WATT)]);
}

#[test]
fn without_any_counter_the_model_speaks_from_the_start() {
    let mut bench = Bench::new(&[]);
    assert_eq!(bench.tick(&[]), [ESTIMATE]);
}

#[test]
fn a_counter_that_was_never_read_is_not_waited_for() {
    let mut bench = Bench::new(&[("intel-rapl:0", ZoneKind::Package)]);
    assert_eq!(bench.tick(&[None]), [ESTIMATE]);
    bench.tick(&[Some(900 * WATT)]);
    bench.tick(&[Some(920 * WATT)]);
    assert_eq!(bench.tick(&[Some(950 * WATT)]), [measured(30 * WATT)]);
}

#[test]
fn cores_graphics_and_platform_are_not_added_to_the_package() {
    let mut bench = Bench::new(&[
        ("intel-rapl:0", ZoneKind::Package),
        ("intel-rapl:0:0", ZoneKind::Core),
        ("intel-rapl:0:1", ZoneKind::Uncore),
        ("intel-rapl:0:2", ZoneKind::Dram),
        ("intel-rapl:1", ZoneKind::Psys),
    ]);
    bench.tick(&[Some(0); 5]);
    let dues = bench.tick(&[Some(50), Some(30), Some(5), Some(9), Some(80)]);
    assert_eq!(dues, [measured(50), (Component::Dram, 9, Quality::Measured)]);
}
