//! Virtual machines in other workloads' cgroups: processes of this machine that are called like one.

use wattle_agent::workload::Kind;

use super::reader::Reader;
use super::real_cgroup::RealCgroup;
use super::real_cgroup::SPIN;
use super::real_cgroup::first;
use super::real_cgroup::ratio;

const WORK_US: u64 = 600_000;

/// A process that calls itself QEMU and spins.
fn machine(name: &str, uuid: &str) -> String {
    format!("exec -a qemu-system-x86_64 bash -c '{SPIN}' -name guest={name},debug-threads=on -uuid {uuid}")
}

#[test]
fn a_machine_in_a_service_is_a_workload_and_the_service_pays_for_the_rest() {
    let Some(hierarchy) = first() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let Ok(mut daemon) = RealCgroup::make(&hierarchy, "daemon", ".service") else {
        skip!("needs root, or leave to make cgroups");
    };
    let uuid = format!("5f2c7a10-0000-4000-8000-{:012x}", std::process::id());
    let mut reader = Reader::start();
    daemon.run(&[], &format!("{{ {SPIN} & }} && {}", machine("one-524", &uuid)));
    daemon.wait_for_work(WORK_US / 4);
    // Two ticks after its start it is known.
    (0..2).for_each(|_| reader.tick());
    let service = daemon.name().to_owned();
    assert!(reader.named(&uuid) == 1, "the machine has not appeared");
    let before = (
        reader.cpu_usec(Kind::Vm, &uuid),
        reader.cpu_usec(Kind::Service, &service),
    );
    for _ in 0..4 {
        daemon.wait_for_work(WORK_US);
        reader.tick();
    }
    let machine = reader.cpu_usec(Kind::Vm, &uuid) - before.0;
    let rest = reader.cpu_usec(Kind::Service, &service) - before.1;
    // Both spin, one beside the other.
    let share = ratio(machine, machine + rest);
    assert!((0.4..0.6).contains(&share), "{machine} of {}", machine + rest);
    daemon.stop();
    (0..2).for_each(|_| reader.tick());
    let all = reader.cpu_usec(Kind::Vm, &uuid) + reader.cpu_usec(Kind::Service, &service);
    let used = daemon.used_us();
    assert!(all <= used && ratio(all, used) > 0.98, "{all} of {used}");
}

#[test]
fn a_machine_outside_of_any_workload_is_one() {
    let Some(hierarchy) = first() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let Ok(mut slice) = RealCgroup::make(&hierarchy, "loose", ".slice") else {
        skip!("needs root, or leave to make cgroups");
    };
    let uuid = format!("5f2c7a11-0000-4000-8000-{:012x}", std::process::id());
    let mut reader = Reader::start();
    slice.run(&[], &machine("web", &uuid));
    slice.wait_for_work(WORK_US / 4);
    (0..2).for_each(|_| reader.tick());
    let before = (reader.cpu_usec(Kind::Vm, &uuid), slice.used_us());
    slice.wait_for_work(2 * WORK_US);
    let used = slice.used_us() - before.1;
    reader.tick();
    let machine = reader.cpu_usec(Kind::Vm, &uuid) - before.0;
    assert!((0.9..1.1).contains(&ratio(machine, used)), "{machine} of {used}");
}
