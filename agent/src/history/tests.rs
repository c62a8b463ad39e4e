use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::CHUNK;
use super::CHUNKS;
use super::History;
use super::Recorder;
use super::STEP;
use super::STEPS;
use super::Step;
use crate::ledger::ComponentReport;
use crate::ledger::HostReport;
use crate::ledger::WorkloadReport;
use crate::sensor::Quality;
use crate::workload::Identity;
use crate::workload::Kind;

const WATT: u64 = 1_000_000;

/// A host whose ticks are made up one after the other.
struct Ticks {
    recorder: Recorder,
    steady: Duration,
    wall: Duration,
}

impl Ticks {
    /// The first tick is at a full step of people's clock, and there is nothing to tell yet.
    fn begin() -> Self {
        let mut ticks = Self {
            recorder: Recorder::default(),
            steady: Duration::from_secs(77),
            wall: Duration::from_secs(1_790_000_000),
        };
        ticks.report(None, None);
        ticks
    }

    /// A tick after `elapsed` in which the host drew so many watts on average, or in which nobody knows.
    fn tick(&mut self, elapsed: Duration, watts: Option<u64>) {
        self.steady += elapsed;
        self.wall += elapsed;
        self.report(Some(elapsed), watts);
    }

    fn report(&mut self, elapsed: Option<Duration>, watts: Option<u64>) {
        let energy = |watts: u64| watts * WATT / 1000 * elapsed.unwrap_or_default().as_millis() as u64;
        let latest_uj = watts.map(energy);
        let component = ComponentReport {
            energy_uj: 0,
            latest_uj,
            quality: Quality::Measured,
        };
        let workload = |kind, energy_uj| WorkloadReport {
            identity: Identity::new(kind, "it", "it", Default::default()),
            energy_uj: [0; 3],
            latest_uj: [energy_uj, 0, 0],
            carbon: Default::default(),
            cpu_usec: 0,
            latest_cpu_usec: 0,
            memory: Default::default(),
            bytes: [None; 2],
            created: Duration::ZERO,
            alive: true,
        };
        let half = latest_uj.unwrap_or(0) / 2;
        let workloads = vec![
            workload(Kind::Vm, half),
            workload(Kind::Idle, latest_uj.unwrap_or(0) - half),
        ];
        self.recorder.record(&HostReport {
            at: self.steady,
            wall: self.wall,
            elapsed,
            components: [Some(component), None, None],
            workloads,
            ..HostReport::default()
        });
    }

    fn history(&self) -> Arc<History> {
        self.recorder.history()
    }

    fn cpu(&self) -> Vec<Option<f32>> {
        let known = |watts: f32| (!watts.is_nan()).then_some(watts);
        let history = self.history();
        history
            .steps(STEPS)
            .map(|step| known(step.components[0]))
            .collect()
    }
}

#[test]
fn a_step_is_the_mean_of_its_ticks() {
    let mut ticks = Ticks::begin();
    for watts in [100, 110, 120, 130, 140, 999] {
        ticks.tick(Duration::from_secs(1), Some(watts));
    }
    assert_eq!(ticks.cpu(), [Some(120.0)]);
    let history = ticks.history();
    let step = history.steps(STEPS).next().unwrap();
    assert_eq!(
        (step.kinds[Kind::Vm.index()], step.kinds[Kind::Idle.index()]),
        (60.0, 60.0)
    );
    assert_eq!(step.kinds[Kind::Container.index()], 0.0);
    assert!(step.components[1].is_nan() && !step.estimated);
    assert_eq!(history.end(), Duration::from_secs(1_790_000_005));
}

#[test]
fn a_tick_that_covers_many_steps_fills_them_all_and_one_across_an_edge_counts_on_both_sides() {
    let mut ticks = Ticks::begin();
    ticks.tick(Duration::from_secs(12), Some(50));
    ticks.tick(Duration::from_secs(3), Some(100));
    assert_eq!(ticks.cpu(), [Some(50.0), Some(50.0), Some(80.0)]);
    assert_eq!(ticks.history().ended(), 3);
}

#[test]
fn what_nobody_knows_is_a_gap_and_part_of_a_step_is_its_mean() {
    let mut ticks = Ticks::begin();
    ticks.tick(STEP, Some(40));
    ticks.tick(STEP * 2, None);
    ticks.tick(STEP / 5, None);
    ticks.tick(STEP * 4 / 5, Some(60));
    assert_eq!(ticks.cpu(), [Some(40.0), None, None, Some(60.0)]);
}

#[test]
fn time_that_passed_while_the_machine_slept_is_a_gap() {
    let mut ticks = Ticks::begin();
    ticks.tick(STEP, Some(40));
    ticks.wall += STEP * 3;
    ticks.tick(STEP, Some(60));
    assert_eq!(ticks.cpu(), [Some(40.0), None, None, None, Some(60.0)]);
    ticks.wall += Duration::from_secs(86_400 * 365);
    ticks.tick(STEP, Some(70));
    assert_eq!(
        (ticks.cpu().len(), ticks.cpu().iter().flatten().count()),
        (STEPS, 1)
    );
    // People's clock is set back: the steps go on, and are dated anew.
    ticks.wall -= Duration::from_secs(3600);
    ticks.tick(STEP, Some(80));
    assert_eq!(ticks.cpu()[STEPS - 2..], [Some(70.0), Some(80.0)]);
    assert_eq!(ticks.history().end(), ticks.wall);
}

#[test]
fn an_hour_is_kept_and_its_memory_is_bounded() {
    let mut ticks = Ticks::begin();
    for number in 0..2 * STEPS as u64 + 7 {
        ticks.tick(STEP, Some(number));
    }
    let shown = ticks.cpu();
    assert_eq!(shown.len(), STEPS);
    assert_eq!((shown[0], shown[STEPS - 1]), (Some(727.0), Some(1446.0)));
    let history = ticks.history();
    assert_eq!(history.steps(12).count(), 12);
    assert!(CHUNKS * CHUNK * size_of::<Step>() + size_of::<History>() < 38_000);
}

#[test]
fn what_somebody_looks_at_does_not_change() {
    let mut ticks = Ticks::begin();
    ticks.tick(STEP, Some(40));
    let seen = ticks.history();
    ticks.tick(STEP * 100, Some(60));
    assert_eq!(seen.steps(STEPS).count(), 1);
    // Between two ends of a step all look at the same value.
    let (one, two) = (ticks.history(), ticks.history());
    assert!(Arc::ptr_eq(&one, &two));
}

proptest! {
    #[test]
    fn energy_is_kept_whatever_the_ticks(ticks in proptest::collection::vec((1_u64..20_000, 0_u64..5_000), 1..60)) {
        let mut world = Ticks::begin();
        let mut joules = 0.0;
        let mut time = Duration::ZERO;
        for (millis, watts) in ticks {
            let elapsed = Duration::from_millis(millis);
            world.tick(elapsed, Some(watts));
            joules += watts as f64 * elapsed.as_secs_f64();
            time += elapsed;
        }
        // The rest of the last step, with nothing in it.
        let rest = STEP - Duration::from_millis(u64::try_from(time.as_millis()).unwrap() % 5000);
        world.tick(rest, Some(0));
        let history = world.history();
        for sum in [
            history.steps(STEPS).map(|step| f64::from(step.components[0])).sum::<f64>(),
            history.steps(STEPS).flat_map(|step| step.kinds).map(f64::from).sum(),
        ] {
            let kept = sum * STEP.as_secs_f64();
            prop_assert!((kept - joules).abs() <= joules * 1e-5 + 0.1, "{} of {}", kept, joules);
        }
        prop_assert_eq!(history.end(), world.wall);
    }
}
