//! Cgroups of this machine that come and go.

use std::fs;
use std::process::Command;

use wattle_agent::workload::Kind;

use super::reader::Reader;
use super::reader::descriptors;
use super::real_cgroup::RealCgroup;
use super::real_cgroup::SHORT_LIVED;
use super::real_cgroup::SPIN;
use super::real_cgroup::first;
use super::real_cgroup::ratio;

const WORK_US: u64 = 1_000_000;

#[test]
fn short_lived_processes_are_charged_to_their_cgroup() {
    let Some(hierarchy) = first() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let Ok(mut forks) = RealCgroup::make(&hierarchy, "forks", "") else {
        skip!("needs root, or leave to make cgroups");
    };
    let name = forks.name().to_owned();
    let mut reader = Reader::start();
    forks.run(&[], SHORT_LIVED);
    for _ in 0..4 {
        forks.wait_for_work(WORK_US / 2);
        reader.tick();
    }
    forks.stop();
    reader.tick();
    let (charged, used) = (reader.cpu_usec(Kind::Container, &name), forks.used_us());
    assert!(
        charged <= used && ratio(charged, used) >= 0.98,
        "{charged} of {used}"
    );
}

#[test]
fn a_thousand_cgroups_that_come_and_go_leave_nothing_behind() {
    let Some(hierarchy) = first() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let Ok(slice) = RealCgroup::make(&hierarchy, "churn", ".slice") else {
        skip!("needs root, or leave to make cgroups");
    };
    let mut reader = Reader::start();
    for round in 0..10 {
        let made: Vec<_> = (0..100)
            .map(|number| slice.dir.join(format!("c{round}-{number}")))
            .collect();
        made.iter().for_each(|dir| fs::create_dir(dir).unwrap());
        let work = Command::new("sh")
            .args([
                "-c",
                "echo $$ > \"$0/cgroup.procs\"; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done",
            ])
            .arg(&made[0])
            .status();
        assert!(work.unwrap().success());
        reader.tick();
        assert_eq!(reader.named(&format!("c{round}-")), 100);
        assert!(reader.cpu_usec(Kind::Container, &format!("/c{round}-0")) > 0);
        assert_eq!(reader.cpu_usec(Kind::Container, &format!("/c{round}-1")), 0);
        assert!(descriptors(slice.name()) >= 100);
        made.iter().for_each(|dir| fs::remove_dir(dir).unwrap());
        reader.tick();
    }
    assert_eq!(descriptors(slice.name()), 0);
}

#[test]
fn a_cgroup_that_is_renamed_is_another_workload_that_pays_from_then_on() {
    let Some(hierarchy) = first() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let Ok(mut cgroup) = RealCgroup::make(&hierarchy, "renamed", "") else {
        skip!("needs root, or leave to make cgroups");
    };
    let old = cgroup.name().to_owned();
    let new = cgroup.dir.with_file_name(format!("{old}-new"));
    let mut reader = Reader::start();
    cgroup.run(&[], SPIN);
    cgroup.wait_for_work(WORK_US);
    reader.tick();
    if fs::rename(&cgroup.dir, &new).is_err() {
        skip!("cgroups of version 2 cannot be renamed");
    }
    cgroup.dir = new;
    let at_renaming = cgroup.used_us();
    cgroup.wait_for_work(WORK_US / 4);
    reader.tick();
    let name = cgroup.name().to_owned();
    let (before, after) = (
        reader.cpu_usec(Kind::Container, &old),
        reader.cpu_usec(Kind::Container, &name),
    );
    assert!(before >= WORK_US, "{before}");
    assert!(
        after > 0 && after <= cgroup.used_us() - before,
        "{before}, {at_renaming}, {after}"
    );
}
