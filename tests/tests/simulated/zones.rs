//! Counters of the hardware that misbehave.

use std::time::Duration;

use super::worlds::assert_exact;
use super::worlds::small;
use super::worlds::small_client;
use crate::harness::SECOND;
use crate::harness::Scrape;
use crate::harness::Simulated;

/// No tick of these hosts uses more than this, in microjoules: two sockets of 150 W, and a little for chance.
const MOST_IN_A_TICK_UJ: i128 = 320_000_000;

/// A host whose agent has ticked for a while: the agent's figures and the true ones, from which the test goes on.
fn settled(sim: &mut Simulated) -> ([i128; 2], [i128; 2]) {
    let scrape = sim.seconds(3);
    (scrape.measured_uj(), sim.true_uj())
}

#[test]
fn a_counter_that_is_away_for_a_while_makes_the_time_good_when_it_returns() {
    for (fault, reason) in [
        ("vanish intel-rapl:0", "the zone has gone"),
        ("garbage intel-rapl:0", "energy_uj is not a number"),
        ("garbage powercap", "energy_uj is not a number"),
        ("stuck intel-rapl:0", ""),
    ] {
        let mut sim = Simulated::new(small());
        let (counted, used) = settled(&mut sim);
        sim.fault(fault);
        let away = sim.seconds(6);
        let up = reason.is_empty();
        assert_eq!(
            away.sensor("powercap/intel-rapl:0"),
            (up, reason.to_owned()),
            "{fault}"
        );
        let other_up = !fault.contains("garbage powercap");
        assert_eq!(away.sensor("powercap/intel-rapl:1").0, other_up, "{fault}");
        assert_eq!(away.sensor("cpu"), (true, String::new()), "{fault}");
        sim.fault(&fault.replace(fault.split(' ').next().unwrap(), "heal"));
        let back = sim.seconds(2);
        assert_eq!(
            back.sensor("powercap/intel-rapl:0"),
            (true, String::new()),
            "{fault}"
        );
        assert_exact([counted, back.measured_uj()], [used, sim.true_uj()]);
    }
}

#[test]
fn the_other_socket_is_measured_while_one_is_away() {
    let mut sim = Simulated::new(small());
    sim.seconds(3);
    sim.fault("vanish intel-rapl:0");
    let before = sim.after(SECOND);
    let other = |sim: &Simulated| i128::from(sim.host.truth().zones[2].energy_uj);
    let (start, after) = (other(&sim), sim.seconds(5));
    let counted = after.host_uj("cpu") - before.host_uj("cpu");
    assert!((counted - (other(&sim) - start)).abs() <= 1, "{counted}");
}

#[test]
fn a_counter_that_stays_away_is_estimated_and_nothing_counts_twice_when_it_returns() {
    for fault in [
        "vanish intel-rapl:0",
        "garbage intel-rapl:0",
        "stuck intel-rapl:0",
    ] {
        for restarts in [false, true] {
            let mut sim = Simulated::new(small());
            sim.seconds(3);
            sim.fault(fault);
            let away = sim.seconds(25);
            assert!(!away.sensor("powercap/intel-rapl:0").0, "{fault}");
            let estimating = sim.after(SECOND);
            let real = i128::from(sim.host.truth().zones[2].energy_uj);
            let next = sim.after(SECOND);
            let real = i128::from(sim.host.truth().zones[2].energy_uj) - real;
            let gained = next.host_uj("cpu") - estimating.host_uj("cpu");
            assert!(
                gained > real + 1_000_000,
                "{fault}: nothing for the silent socket: {gained}"
            );
            assert_eq!(
                (next.quality("cpu"), next.quality("dram")),
                ("estimated", "measured")
            );
            if restarts {
                sim.kill();
            }
            sim.fault(&fault.replace(fault.split(' ').next().unwrap(), "heal"));
            if restarts {
                sim.start();
            }
            let back = sim.after(SECOND);
            let gained = back.host_uj("cpu") - next.host_uj("cpu");
            assert!(
                gained < MOST_IN_A_TICK_UJ,
                "{fault}: counted twice: {gained} uJ in a second"
            );
            // After a leap too great to believe, only the second reading is.
            let believed = sim.after(SECOND);
            let (counted, used) = (believed.measured_uj(), sim.true_uj());
            let end = sim.seconds(4);
            assert_exact([counted, end.measured_uj()], [used, sim.true_uj()]);
            assert_eq!(end.quality("cpu"), "measured");
        }
    }
}

#[test]
fn a_counter_that_was_away_at_a_restart_goes_on_from_its_total_when_it_returns() {
    let mut sim = Simulated::new(small());
    let shown = |scrape: &Scrape| {
        let zone = [("zone", "package"), ("socket", "0")];
        scrape.find("wattle_zone_energy_joules_total", &zone)
    };
    let before = shown(&sim.seconds(5));
    sim.fault("vanish intel-rapl:0");
    for _ in 0..2 {
        sim.kill();
        sim.start();
        assert_eq!(shown(&sim.seconds(2)), None);
    }
    sim.fault("heal intel-rapl:0");
    let after = shown(&sim.seconds(62));
    assert!(before > Some(0) && after > before, "{before:?} {after:?}");
}

#[test]
fn a_stuck_counter_is_found_out_after_ten_seconds() {
    let mut sim = Simulated::new(small());
    sim.seconds(3);
    sim.fault("stuck intel-rapl:0");
    assert!(sim.seconds(8).sensor("powercap/intel-rapl:0").0);
    let stuck = (false, "stuck: the counter does not move".to_owned());
    assert_eq!(sim.seconds(4).sensor("powercap/intel-rapl:0"), stuck);
}

#[test]
fn the_memory_mapped_twin_steps_in_and_counts_once() {
    for (fault, spare) in [
        ("vanish intel-rapl:0", "the zone has gone"),
        ("garbage intel-rapl:0", "energy_uj is not a number"),
    ] {
        let mut sim = Simulated::new(small_client());
        let before = sim.seconds(3);
        let used = sim.true_uj();
        let twin = "powercap/intel-rapl-mmio:0";
        assert_eq!(before.sensor(twin), (true, "spare: its twin counts".to_owned()));
        sim.fault(fault);
        let alone = sim.seconds(30);
        assert_eq!(alone.sensor(twin), (true, String::new()));
        assert_eq!(alone.sensor("powercap/intel-rapl:0"), (false, spare.to_owned()));
        sim.fault("heal intel-rapl:0");
        let end = sim.seconds(5);
        let counted = end.host_uj("cpu") - before.host_uj("cpu");
        let used = sim.true_uj()[0] - used[0];
        // The twin shows what the register showed up to a moment ago.
        assert!(
            (counted - used).abs() <= 400,
            "{fault}: counted {counted} uJ of {used} uJ"
        );
        assert!(end.host_uj("other") > before.host_uj("other"));
    }
}

#[test]
fn a_reset_and_a_jump_are_told_apart_and_cost_one_interval() {
    for (fault, event, other) in [
        ("reset intel-rapl:0", "reset", "implausible"),
        ("jump intel-rapl:0", "implausible", "reset"),
    ] {
        let mut sim = Simulated::new(small());
        let before = sim.seconds(3);
        let used = sim.true_uj();
        sim.fault(fault);
        let after = sim.seconds(2);
        assert_eq!((after.events(event), after.events(other)), (1, 0), "{fault}");
        let lost = (sim.true_uj()[0] - used[0]) - (after.host_uj("cpu") - before.host_uj("cpu"));
        assert!(
            (0..MOST_IN_A_TICK_UJ / 2).contains(&lost),
            "{fault}: {lost} uJ lost"
        );
        let (counted, used) = (after.measured_uj(), sim.true_uj());
        let end = sim.seconds(3);
        assert_exact([counted, end.measured_uj()], [used, sim.true_uj()]);
        assert_eq!(end.events(event), 1, "{fault}");
    }
}

#[test]
fn wraps_are_counted_as_often_as_they_happen() {
    let mut spec = small();
    spec.hardware.bits = 22;
    let mut sim = Simulated::new(spec);
    let first = sim.tick();
    let wraps = |sim: &Simulated| -> i128 {
        sim.host
            .truth()
            .zones
            .iter()
            .map(|zone| i128::from(zone.wraps))
            .sum()
    };
    let (start, used) = (wraps(&sim), sim.true_uj());
    let end = sim.seconds(40);
    assert!(end.events("wrap") > 20);
    assert_eq!(end.events("wrap"), wraps(&sim) - start);
    assert_exact([first.measured_uj(), end.measured_uj()], [used, sim.true_uj()]);
}

#[test]
fn without_any_counter_the_processors_are_estimated_and_say_so() {
    let mut sim = Simulated::new(small());
    sim.fault("vanish powercap");
    sim.kill();
    sim.start();
    let first = sim.tick();
    let (up, reason) = first.sensor("powercap");
    assert!(!up && reason.starts_with("no powercap zone"), "{reason}");
    let end = sim.seconds(5);
    assert!(end.host_uj("cpu") > 0 && end.host_uj("dram") == 0);
    assert_eq!(end.quality("cpu"), "estimated");
    assert!(end.sensor("cpu").0);
    let static_watts = |scrape: &Scrape| scrape.sum("wattle_power_model_watts", &[("term", "static")]);
    assert!(static_watts(&end) > 0);
}

#[test]
fn counters_that_appear_while_the_agent_runs_are_found_within_a_minute() {
    let mut sim = Simulated::new(small());
    sim.kill();
    sim.fault("vanish powercap");
    sim.start();
    sim.seconds(3);
    sim.fault("heal powercap");
    let found = sim.seconds(65);
    assert!(found.sensor("powercap/intel-rapl:1").0);
    let used = sim.true_uj();
    let end = sim.after(Duration::from_secs(2));
    assert_exact([found.measured_uj(), end.measured_uj()], [used, sim.true_uj()]);
}
