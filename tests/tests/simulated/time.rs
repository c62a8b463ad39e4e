//! Clocks that are set, ticks that are late, machines that sleep.

use std::time::Duration;

use wattle_tests::fakehost::Spec;

use super::worlds::assert_exact;
use super::worlds::small;
use crate::harness::SECOND;
use crate::harness::Simulated;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_late_tick_loses_nothing() {
    let mut sim = Simulated::new(small());
    let before = sim.seconds(3);
    let used = sim.true_uj();
    let late = sim.after(Duration::from_secs(7));
    assert_exact([before.measured_uj(), late.measured_uj()], [used, sim.true_uj()]);
    let mean = late.family("wattle_host_power_watts").next().unwrap();
    let watts: f64 = mean.value.parse().unwrap();
    assert!((80.0..300.0).contains(&watts), "{watts} W over seven seconds");
}

#[test]
fn the_time_of_day_may_be_set_at_will() {
    let mut sim = Simulated::new(small());
    let before = sim.seconds(3);
    let used = sim.true_uj();
    sim.clock.set_wall(|wall| wall - HOUR);
    sim.after(SECOND);
    sim.fault("start late-comer");
    sim.after(SECOND);
    sim.clock.set_wall(|wall| wall + HOUR * 2);
    sim.after(SECOND);
    sim.clock.set_wall(|_| Duration::ZERO);
    let end = sim.after(SECOND);
    assert_exact([before.measured_uj(), end.measured_uj()], [used, sim.true_uj()]);
    let shown = |sim: &mut Simulated| sim.after(SECOND).family("wattle_workload_info").count();
    let all = shown(&mut sim);
    sim.kill();
    sim.clock.set_wall(|_| HOUR);
    sim.start();
    assert_eq!(shown(&mut sim), all);
}

#[test]
fn a_machine_that_sleeps_and_wakes_with_new_counters_goes_on() {
    // With this seed no counter stands so near its end that a new start looks like a turn.
    let mut sim = Simulated::new(Spec { seed: 2, ..small() });
    sim.seconds(3);
    for _ in 0..2 {
        sim.clock.sleep(HOUR);
        for zone in ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"] {
            sim.fault(&format!("reset {zone}"));
        }
        let woken = sim.after(SECOND);
        let used = sim.true_uj();
        let end = sim.seconds(3);
        assert_exact([woken.measured_uj(), end.measured_uj()], [used, sim.true_uj()]);
    }
    assert_eq!(sim.after(SECOND).events("reset"), 8);
}

#[test]
fn a_tick_in_the_same_instant_changes_no_counter_of_energy() {
    let mut sim = Simulated::new(small());
    let before = sim.seconds(2);
    let again = sim.tick();
    assert_eq!(again.measured_uj(), before.measured_uj());
    let used = sim.true_uj();
    assert_exact(
        [again.measured_uj(), sim.seconds(2).measured_uj()],
        [used, sim.true_uj()],
    );
}
