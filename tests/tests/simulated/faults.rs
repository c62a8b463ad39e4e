//! Files of procfs and of cgroups that misbehave, and processes that come and go at the wrong moment.

use wattle_tests::fakehost::Layout;

use super::worlds::assert_exact;
use super::worlds::by_id;
use super::worlds::cgroup_of;
use super::worlds::id_of;
use super::worlds::laid_out;
use super::worlds::small;
use crate::harness::SECOND;
use crate::harness::Scrape;
use crate::harness::Simulated;

/// The CPU time that `/proc` rounds away from each process and each CPU, for all of this host's together.
const GRAINS_US: i128 = 300_000;

/// A host with a fault that lasts for some ticks and is mended: energy is exact all along, and nobody is billed for more CPU time than
/// was used. What the scrapes showed before, with the fault, and after.
fn through(layout: Layout, fault: &str) -> [Scrape; 3] {
    let mut sim = Simulated::new(laid_out(layout, small()));
    let first = sim.tick();
    let (used, truth) = (sim.true_uj(), by_id(&sim.host.truth()));
    let before = sim.seconds(3);
    let path = fault.replace("WEB", &cgroup_of(&sim.host.truth(), "web"));
    sim.fault(&path);
    let with = sim.seconds(4);
    sim.fault(&format!("heal {}", path.split_once(' ').unwrap().1));
    let after = sim.seconds(4);
    assert_exact([first.measured_uj(), after.measured_uj()], [used, sim.true_uj()]);
    for (id, now) in by_id(&sim.host.truth()) {
        let most = now.cpu_us - truth[&id].cpu_us + GRAINS_US;
        let counted = after.workload_usec(&id) - first.workload_usec(&id);
        assert!(counted <= most, "{fault}: {id} counted {counted} us of {most} us");
    }
    [before, with, after]
}

#[test]
fn files_of_the_host_may_say_nonsense_or_be_gone() {
    for (file, sensor) in [
        ("proc/stat", "cpu"),
        ("proc/meminfo", "memory"),
        ("proc/net/dev", ""),
        ("proc/1/net/dev", ""),
        ("proc/pressure/io", ""),
        ("proc/uptime", ""),
        ("proc/cpuinfo", ""),
        ("proc/1/mountinfo", ""),
    ] {
        for (word, reason) in [("garbage", "not understood"), ("vanish", "not on this machine")] {
            let [before, with, after] = through(Layout::V2, &format!("{word} {file}"));
            if !sensor.is_empty() {
                assert_eq!(before.sensor(sensor), (true, String::new()), "{file}");
                assert_eq!(with.sensor(sensor), (false, reason.to_owned()), "{word} {file}");
                assert_eq!(after.sensor(sensor), (true, String::new()), "{file}");
            }
            assert!(
                with.sensor("powercap").0 && with.sensor("cgroup").0,
                "{word} {file}"
            );
        }
    }
}

#[test]
fn files_of_one_cgroup_may_say_nonsense() {
    for (layout, file) in [
        (Layout::V2, "sys/fs/cgroupWEB/cpu.stat"),
        (Layout::V1, "sys/fs/cgroup/cpu,cpuacctWEB/cpuacct.usage"),
        (Layout::Hybrid, "sys/fs/cgroup/cpuacctWEB/cpuacct.usage"),
    ] {
        let [before, with, after] = through(layout, &format!("garbage {file}"));
        assert_eq!(before.sensor("cgroup"), (true, String::new()), "{file}");
        let reason = "some cgroups cannot be read".to_owned();
        assert_eq!(with.sensor("cgroup"), (false, reason), "{file}");
        assert_eq!(after.sensor("cgroup"), (true, String::new()), "{file}");
        let nginx = |scrape: &Scrape| scrape.workload_usec("/system.slice/nginx.service");
        assert!(nginx(&with) > nginx(&before), "the others go on");
    }
}

#[test]
fn memory_that_cannot_be_read_is_unknown_and_the_rest_goes_on() {
    for word in ["garbage", "vanish"] {
        let mut sim = Simulated::new(small());
        let web = id_of(&sim.host.truth(), "web");
        let cgroup = cgroup_of(&sim.host.truth(), "web");
        let memory = |scrape: &Scrape| {
            let own = [("id", web.as_str()), ("state", "working_set")];
            scrape.matching("wattle_workload_memory_bytes", &own).count()
        };
        let before = sim.seconds(2);
        assert!(memory(&before) > 0);
        let started = by_id(&sim.host.truth())[&web].cpu_us;
        sim.fault(&format!("{word} sys/fs/cgroup{cgroup}/memory.current"));
        // It is read in every eighth tick.
        let with = sim.seconds(9);
        assert!(memory(&with) < memory(&before), "{word}");
        assert!(with.sensor("cgroup").0, "{word}");
        let used = by_id(&sim.host.truth())[&web].cpu_us - started;
        assert_eq!(with.workload_usec(&web) - before.workload_usec(&web), used);
    }
}

#[test]
fn a_listed_process_may_have_no_stat_or_a_broken_one() {
    for fault in ["ghost", "garbage"] {
        let mut sim = Simulated::new(small());
        let first = sim.tick();
        let used = sim.true_uj();
        let pid = loose_pid(&sim);
        if fault == "ghost" {
            sim.fault("ghost loose");
        } else {
            sim.fault(&format!("garbage proc/{pid}/stat"));
        }
        let with = sim.seconds(5);
        assert!(with.sensor("cgroup").0 && with.sensor("cpu").0, "{fault}");
        sim.fault(&format!("heal proc/{pid}/stat"));
        let after = sim.seconds(3);
        assert!(after.sensor("process").0, "{fault}");
        assert_exact([first.measured_uj(), after.measured_uj()], [used, sim.true_uj()]);
        assert_cpu_time_adds_up(&sim, &after);
    }
}

/// The first of the processes outside of any cgroup.
fn loose_pid(sim: &Simulated) -> u32 {
    sim.host.truth().named("loose").next().unwrap().pids[0]
}

/// All workloads together were billed for the CPU time that the host used since its start, which is when the agent began, but for
/// what processes outside of cgroups used before they were first seen.
fn assert_cpu_time_adds_up(sim: &Simulated, scrape: &Scrape) {
    let used: i128 = by_id(&sim.host.truth()).values().map(|used| used.cpu_us).sum();
    let counted = scrape.sum("wattle_workload_cpu_seconds_total", &[]);
    assert!(
        (counted - used).abs() <= GRAINS_US,
        "counted {counted} us of {used} us"
    );
}

#[test]
fn a_number_that_another_process_got_is_another_process() {
    let mut sim = Simulated::new(small());
    let first = sim.tick();
    let used = sim.true_uj();
    for _ in 0..5 {
        sim.fault("reuse-pid loose");
        sim.seconds(2);
    }
    let end = sim.after(SECOND);
    assert_exact([first.measured_uj(), end.measured_uj()], [used, sim.true_uj()]);
    assert_cpu_time_adds_up(&sim, &end);
}

#[test]
fn a_service_that_restarts_under_its_name_goes_on_counting() {
    for layout in [Layout::V2, Layout::V1] {
        let mut sim = Simulated::new(laid_out(layout, small()));
        sim.tick();
        let id = id_of(&sim.host.truth(), "nginx");
        let before = sim.seconds(3);
        for _ in 0..3 {
            sim.fault("restart nginx");
            sim.seconds(2);
        }
        let end = sim.after(SECOND);
        let true_us = by_id(&sim.host.truth())[&id].cpu_us;
        assert_eq!(end.workload_usec(&id), true_us, "{layout:?}");
        assert!(end.workload_uj(&id, "cpu") > before.workload_uj(&id, "cpu"));
        assert_cpu_time_adds_up(&sim, &end);
    }
}

#[test]
fn what_starts_between_two_ticks_is_counted_from_its_start() {
    let mut sim = Simulated::new(small());
    sim.seconds(2);
    sim.fault("start newcomer");
    let end = sim.after(SECOND);
    let id = id_of(&sim.host.truth(), "newcomer");
    assert_eq!(end.workload_usec(&id), by_id(&sim.host.truth())[&id].cpu_us);
    assert!(end.workload_uj(&id, "cpu") > 0);
}

#[test]
fn the_boot_id_may_change_under_a_running_agent() {
    let mut sim = Simulated::new(small());
    let first = sim.tick();
    let used = sim.true_uj();
    sim.fault("new-boot-id");
    let end = sim.seconds(3);
    assert_exact([first.measured_uj(), end.measured_uj()], [used, sim.true_uj()]);
}
