//! Cgroups of this machine that come and go.

use std::fs;
use std::process::Command;

use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;
use nix::sys::time::TimeValLike;
use wattle_agent::workload::Kind;

use super::patience::now;
use super::reader::Reader;
use super::reader::descriptors;
use super::real_cgroup::RealCgroup;
use super::real_cgroup::SHORT_LIVED;
use super::real_cgroup::SPIN;
use super::real_cgroup::first;
use super::real_cgroup::ratio;
use super::real_cgroup::second;

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

/// So many ticks, half a second of work apart: twenty seconds or so.
const ROUNDS: u64 = 40;

/// How many processes and threads this machine has made since it booted.
fn forks() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let line = stat.lines().find_map(|line| line.strip_prefix("processes "));
    line.unwrap().parse().unwrap()
}

#[test]
fn for_long_and_at_hundreds_a_second_short_lived_processes_are_charged_to_their_service() {
    let Some(hierarchy) = first() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let Ok(mut many) = RealCgroup::make(&hierarchy, "many-forks", ".service") else {
        skip!("needs root, or leave to make cgroups");
    };
    let name = many.name().to_owned();
    let mut reader = Reader::start();
    let (began, forks_before) = (now(), forks());
    many.run(&[], SHORT_LIVED);
    for _ in 0..ROUNDS {
        many.wait_for_work(WORK_US / 2);
        reader.tick();
    }
    let (made, seconds) = (forks() - forks_before, began.elapsed().as_secs().max(1));
    println!("{made} processes in {seconds} s, {} a second", made / seconds);
    many.stop();
    reader.tick();
    let (charged, used) = (reader.cpu_usec(Kind::Service, &name), many.used_us());
    assert!(
        charged <= used && ratio(charged, used) >= 0.98,
        "{charged} of {used}"
    );
}

#[test]
fn short_lived_processes_outside_of_any_workload_are_the_systems_or_unattributed() {
    let Some(hierarchy) = first() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let Ok(out) = fs::OpenOptions::new()
        .write(true)
        .open(hierarchy.dir.join("cgroup.procs"))
    else {
        skip!("needs root, to leave every workload");
    };
    drop(out);
    let mut leave = format!("echo $$ > '{}/cgroup.procs' && ", hierarchy.dir.display());
    if let Some(second) = second() {
        leave.push_str(&format!("echo $$ > '{}/cgroup.procs' && ", second.dir.display()));
    }
    let work = "for k in $(seq 400); do for i in 1 2 3 4 5 6 7 8; do ( j=0; while [ $j -lt 200 ]; do j=$((j+1)); done ) & done; wait; done";
    let mut reader = Reader::start();
    let rest = |reader: &Reader| {
        let kinds = [Kind::System, Kind::Unattributed];
        kinds
            .map(|kind| reader.cpu_usec(kind, kind.as_str()))
            .iter()
            .sum::<u64>()
    };
    let (rest_before, used_before) = (rest(&reader), of_children());
    let mut bash = Command::new("bash")
        .args(["-c", &format!("{leave}{work}")])
        .spawn()
        .unwrap();
    while bash.try_wait().unwrap().is_none() {
        reader.tick();
        std::thread::yield_now();
    }
    reader.tick();
    let (charged, used) = (rest(&reader) - rest_before, of_children() - used_before);
    // What no process is left to tell of is known from the host's own account, which the kernel takes by sampling.
    assert!(ratio(charged, used) >= 0.5, "{charged} of {used}");
}

/// CPU time of this process's children that have ended, and of theirs, in microseconds.
fn of_children() -> u64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = [usage.user_time(), usage.system_time()].map(|time| time.num_microseconds());
    u64::try_from(micros.iter().sum::<i64>()).unwrap()
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
