//! A host with both versions of cgroups, if this is one.

use std::fs;

use wattle_agent::workload::Kind;

use super::reader::Reader;
use super::real_cgroup::RealCgroup;
use super::real_cgroup::SHORT_LIVED;
use super::real_cgroup::SPIN;
use super::real_cgroup::first;
use super::real_cgroup::ratio;
use super::real_cgroup::second;

const WORK_US: u64 = 1_500_000;

#[test]
fn short_lived_processes_are_charged_to_the_cgroup_that_only_version_2_knows() {
    let Some(second) = second() else {
        skip!("this host does not have both versions of cgroups");
    };
    let Ok(mut service) = RealCgroup::make(&second, "forks", ".service") else {
        skip!("needs root, or leave to make cgroups");
    };
    let name = service.name().to_owned();
    let mut reader = Reader::start();
    service.run(&[], SHORT_LIVED);
    for _ in 0..4 {
        service.wait_for_work(WORK_US / 4);
        reader.tick();
    }
    service.stop();
    reader.tick();
    let (charged, used) = (reader.cpu_usec(Kind::Service, &name), service.used_us());
    assert!(
        charged <= used && ratio(charged, used) >= 0.98,
        "{charged} of {used}"
    );
}

/// As Docker with cgroupfs: its own cgroup in version 1, that of the daemon in version 2.
#[test]
fn what_both_versions_count_is_charged_once() {
    let (Some(first), Some(second)) = (first(), second()) else {
        skip!("this host does not have both versions of cgroups");
    };
    let container = RealCgroup::make(&first, "inner", "");
    let daemon = RealCgroup::make(&second, "outer", ".service");
    let (Ok(mut container), Ok(mut daemon)) = (container, daemon) else {
        skip!("needs root, or leave to make cgroups");
    };
    let (inner, outer) = (container.name().to_owned(), daemon.name().to_owned());
    let mut reader = Reader::start();
    container.run(&[&daemon.dir], SPIN);
    daemon.run(&[], SPIN);
    for _ in 0..5 {
        daemon.wait_for_work(WORK_US / 3);
        reader.tick();
    }
    let (inner, outer) = (
        reader.cpu_usec(Kind::Container, &inner),
        reader.cpu_usec(Kind::Service, &outer),
    );
    assert!(
        ratio(inner, container.used_us()) > 0.8,
        "{inner} of {}",
        container.used_us()
    );
    assert!(outer > WORK_US / 10, "nothing is left for the daemon");
    assert!(
        inner + outer <= daemon.used_us(),
        "{inner} and {outer} of {}",
        daemon.used_us()
    );
    container.stop();
    daemon.stop();
}

#[test]
fn a_twin_in_both_versions_is_one_workload_that_pays_once() {
    let (Some(first), Some(second)) = (first(), second()) else {
        skip!("this host does not have both versions of cgroups");
    };
    let one = RealCgroup::make(&first, "twin", ".service");
    let two = RealCgroup::make(&second, "twin", ".service");
    let (Ok(mut one), Ok(two)) = (one, two) else {
        skip!("needs root, or leave to make cgroups");
    };
    let name = one.name().to_owned();
    let mut reader = Reader::start();
    one.run(&[&two.dir], SHORT_LIVED);
    for _ in 0..5 {
        two.wait_for_work(WORK_US / 3);
        reader.tick();
    }
    one.stop();
    reader.tick();
    let (charged, used) = (reader.cpu_usec(Kind::Service, &name), two.used_us());
    assert!(
        charged <= used && ratio(charged, used) >= 0.95,
        "{charged} of {used}"
    );
    assert_eq!(reader.named(&name), 1);
    assert!(fs::read_to_string(two.dir.join("cgroup.procs")).is_ok());
}
