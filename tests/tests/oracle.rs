//! The machine that runs the tests, read by the agent and by two libraries that know nothing of it.
//!
//! Figures that move are read by the library before and after the agent reads them; what grows only must lie between.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::collections::HashMap;

use procfs::Current;
use procfs::CurrentSI;
use wattle_agent::clock::SystemClock;
use wattle_agent::collect::Collector;
use wattle_agent::sample::AccountSource;
use wattle_agent::sample::Sample;
use wattle_hostfs::Roots;

/// Descriptors that the collector may keep open here.
const FILES: usize = 400;
/// The kernel counts CPU time in hundredths of a second for readers.
const TICK_US: u64 = 10_000;

fn sample() -> Sample {
    Collector::new(&Roots::default(), FILES).collect(&SystemClock)
}

#[test]
fn memory_is_what_procfs_and_sysinfo_read() {
    let memory = sample().host.memory.unwrap();
    let procfs = procfs::Meminfo::current().unwrap();
    let mut sysinfo = sysinfo::System::new();
    sysinfo.refresh_memory();
    assert_eq!(memory.total_bytes, Some(procfs.mem_total));
    assert_eq!(memory.total_bytes, Some(sysinfo.total_memory()));
    assert_eq!(memory.swap_total_bytes, Some(procfs.swap_total));
    assert_eq!(memory.swap_total_bytes, Some(sysinfo.total_swap()));
}

#[test]
fn every_cpu_is_counted_once() {
    let cpu = sample().cpu.unwrap();
    let online: u32 = cpu.sockets.iter().map(|socket| socket.cpus).sum();
    let procfs = procfs::KernelStats::current().unwrap();
    assert_eq!(online as usize, procfs.cpu_time.len());
    let mut sysinfo = sysinfo::System::new();
    sysinfo.refresh_cpu_all();
    assert_eq!(online as usize, sysinfo.cpus().len());
}

#[test]
fn cpu_time_lies_between_two_readings_of_procfs() {
    let read = || procfs::KernelStats::current().unwrap().total;
    let (before, cpu, after) = (read(), sample().cpu.unwrap().total, read());
    for (mode, before, ours, after) in [
        ("user", before.user, cpu.user, after.user),
        ("nice", before.nice, cpu.nice, after.nice),
        ("system", before.system, cpu.system, after.system),
        ("irq", before.irq.unwrap(), cpu.irq, after.irq.unwrap()),
        (
            "softirq",
            before.softirq.unwrap(),
            cpu.softirq,
            after.softirq.unwrap(),
        ),
    ] {
        let ticks = ours / TICK_US;
        assert!(
            before <= ticks && ticks <= after,
            "{mode}: {before} {ticks} {after}"
        );
    }
}

/// CPU time of every process by number and start, in ticks.
fn processes() -> HashMap<(u32, u64), u64> {
    let all = procfs::process::all_processes().unwrap();
    let stats = all.filter_map(|process| process.ok()?.stat().ok());
    stats
        .map(|stat| {
            let pid = u32::try_from(stat.pid).unwrap();
            ((pid, stat.starttime), stat.utime + stat.stime)
        })
        .collect()
}

#[test]
fn processes_outside_of_cgroups_have_the_time_that_procfs_reads() {
    let (before, sample, after) = (processes(), sample(), processes());
    for account in sample.accounts {
        let AccountSource::Process { pid, start_ticks } = account.source else {
            continue;
        };
        let ticks = account.cpu_usec / TICK_US;
        if let (Some(&least), Some(&most)) = (before.get(&(pid, start_ticks)), after.get(&(pid, start_ticks)))
        {
            assert!(
                least <= ticks && ticks <= most,
                "process {pid}: {least} {ticks} {most}"
            );
        }
    }
}

#[test]
fn uptime_and_network_devices_are_those_of_procfs() {
    let ticks = || procfs::Uptime::current().unwrap().uptime;
    let (before, sample, after) = (ticks(), sample(), ticks());
    let ours = sample.uptime_ticks.unwrap() as f64 / 100.0;
    assert!(before <= ours && ours <= after, "{before} {ours} {after}");
    let devices = procfs::net::dev_status().unwrap();
    for device in &sample.host.network {
        let theirs = &devices[&*device.name];
        assert!(device.receive.bytes <= theirs.recv_bytes, "{}", device.name);
    }
    assert!(!sample.host.network.is_empty());
}
