//! The agent goes and comes back.

use std::time::Duration;

use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Layout;
use wattle_tests::fakehost::Spec;

use super::worlds::assert_exact;
use super::worlds::by_id;
use super::worlds::id_of;
use super::worlds::laid_out;
use super::worlds::small;
use super::worlds::small_client;
use crate::harness::Agent;
use crate::harness::SECOND;
use crate::harness::Scrape;
use crate::harness::Simulated;

const DOWN: Duration = Duration::from_secs(5);

#[test]
fn killed_after_any_tick_it_loses_nothing_and_counts_nothing_twice() {
    for layout in [Layout::V2, Layout::V1, Layout::Hybrid] {
        for ticks in [1, 2, 3, 7, 40] {
            survives(laid_out(layout, small()), ticks, Agent::kill);
        }
    }
}

#[test]
fn stopped_and_started_it_loses_nothing_and_counts_nothing_twice() {
    survives(small(), 4, Agent::stop);
    survives(small_client(), 15, Agent::stop);
}

/// The agent leaves after some ticks, is away for a while and returns: every series goes on, and the time it was away is counted,
/// since the hardware and the kernel went on counting.
fn survives(spec: Spec, ticks: u32, leave: fn(&mut Agent)) {
    let mut sim = Simulated::new(spec);
    let first = sim.tick();
    let (uj_at_first, at_first) = (sim.true_uj(), by_id(&sim.host.truth()));
    let before = sim.seconds(ticks);
    leave(&mut sim);
    sim.pass(DOWN);
    sim.start();
    sim.tick().assert_goes_on_from(&before);
    let end = sim.seconds(3);
    end.assert_goes_on_from(&before);
    assert_exact(
        [first.measured_uj(), end.measured_uj()],
        [uj_at_first, sim.true_uj()],
    );
    for (id, now) in by_id(&sim.host.truth()) {
        // What stands outside of any cgroup is known to hundredths of a second only.
        if id.starts_with('/') && !id.contains("libvirt") {
            let used = now.cpu_us - at_first[&id].cpu_us;
            let counted = end.workload_usec(&id) - first.workload_usec(&id);
            assert_eq!(counted, used, "CPU time of {id} after {ticks} ticks");
        }
    }
}

#[test]
fn killed_again_and_again_it_still_adds_up() {
    let mut sim = Simulated::new(small());
    let first = sim.tick();
    let start = sim.true_uj();
    for number in 0..12 {
        let before = sim.seconds(1 + number % 3);
        sim.kill();
        sim.pass(SECOND * (number % 4));
        sim.start();
        sim.after(Duration::from_millis(700)).assert_goes_on_from(&before);
    }
    let end = sim.after(SECOND);
    assert_exact([first.measured_uj(), end.measured_uj()], [start, sim.true_uj()]);
}

#[test]
fn with_counters_that_turned_several_times_meanwhile_no_more_is_lost_than_the_time_away() {
    let hardware = Hardware {
        cpus_per_socket: 2,
        bits: 22,
        ..Hardware::default()
    };
    let mut sim = Simulated::new(Spec { hardware, ..small() });
    let first = sim.tick();
    let start = sim.true_uj();
    sim.seconds(10);
    sim.kill();
    let left = sim.true_uj();
    sim.pass(Duration::from_secs(30));
    let returned = sim.true_uj();
    sim.start();
    sim.tick();
    let end = sim.seconds(10);
    for component in [0, 1] {
        let used = sim.true_uj()[component] - start[component];
        let counted = end.measured_uj()[component] - first.measured_uj()[component];
        let away = returned[component] - left[component];
        assert!(
            counted <= used + 2 && used - counted <= away,
            "counted {counted} of {used}, away for {away}"
        );
    }
    assert!(end.events("wrap") > 0);
}

/// The host is started anew: another boot id, another clock, and counters of the hardware and of the kernel that begin again.
fn reboot(sim: &mut Simulated) {
    sim.clock.reboot();
    sim.fault("new-boot-id");
    for zone in ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"] {
        sim.fault(&format!("reset {zone}"));
    }
    for name in ["nginx", "web", "one-524", "c1", "loose"] {
        sim.fault(&format!("restart {name}"));
    }
}

#[test]
fn after_an_orderly_reboot_counters_go_on() {
    let mut sim = Simulated::new(small());
    let before = sim.seconds(8);
    sim.stop();
    reboot(&mut sim);
    sim.start();
    let first = sim.tick();
    let start = sim.true_uj();
    for name in [
        "wattle_host_energy_joules_total",
        "wattle_workload_cpu_seconds_total",
    ] {
        assert_eq!(first.sum(name, &[]), before.sum(name, &[]), "{name}");
    }
    let end = sim.seconds(5);
    assert_exact([first.measured_uj(), end.measured_uj()], [start, sim.true_uj()]);
    assert_eq!(aside(&sim), 0);
}

#[test]
fn after_a_crash_of_the_machine_counters_begin_at_0_and_the_old_ones_are_set_aside() {
    let mut sim = Simulated::new(small());
    sim.seconds(8);
    sim.kill();
    reboot(&mut sim);
    sim.forget();
    sim.start();
    let first = sim.tick();
    let start = sim.true_uj();
    assert_eq!((first.measured_uj(), aside(&sim)), ([0, 0], 2));
    let end = sim.seconds(5);
    assert_exact([first.measured_uj(), end.measured_uj()], [start, sim.true_uj()]);
    sim.kill();
    sim.start();
    sim.after(SECOND).assert_goes_on_from(&end);
}

/// How many state files were set aside.
fn aside(sim: &Simulated) -> usize {
    let names = std::fs::read_dir(sim.state_dir()).unwrap();
    names
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "aside")
        })
        .count()
}

#[test]
fn what_was_learnt_and_what_ended_is_known_after_a_restart() {
    let mut sim = Simulated::new(small());
    sim.seconds(60);
    let id = id_of(&sim.host.truth(), "web");
    sim.fault("end web");
    let before = sim.seconds(2);
    sim.kill();
    sim.start();
    let after = sim.after(SECOND);
    let models = |scrape: &Scrape| scrape.family("wattle_power_model_watts").count();
    assert!(models(&before) > 0);
    assert_eq!(models(&after), models(&before));
    let web = |scrape: &Scrape| scrape.workload_uj(&id, "cpu");
    assert!(web(&before) > 0);
    assert_eq!(web(&after), web(&before));
}
