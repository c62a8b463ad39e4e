//! Points of the host at large.

use wattle_hostfs::net_dev::Device;
use wattle_hostfs::stat::CpuTimes;

use super::point::Points;
use super::power::joules;
use crate::snapshot::Snapshot;

/// A mode of the CPUs and where its time stands.
type Mode = (&'static str, fn(&CpuTimes) -> u64);

const MODES: [Mode; 10] = [
    ("user", |times| times.user),
    ("nice", |times| times.nice),
    ("system", |times| times.system),
    ("idle", |times| times.idle),
    ("iowait", |times| times.iowait),
    ("irq", |times| times.irq),
    ("softirq", |times| times.softirq),
    ("steal", |times| times.steal),
    ("guest", |times| times.guest),
    ("guest_nice", |times| times.guest_nice),
];

/// Microseconds as seconds, exact like energy.
fn seconds(microseconds: u64) -> f64 {
    joules(microseconds)
}

pub(super) fn cpu_seconds<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(cpu) = &snapshot.host.cpu {
        for (mode, time) in MODES {
            points.number([mode.into()], seconds(time(&cpu.times)));
        }
    }
}

pub(super) fn cpus<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(cpu) = &snapshot.host.cpu {
        points.whole([], u64::from(cpu.online));
    }
}

pub(super) fn memory<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(memory) = &snapshot.host.host.memory else {
        return;
    };
    let states = [
        ("total", memory.total_bytes),
        ("available", memory.available_bytes),
        ("free", memory.free_bytes),
        ("swap_total", memory.swap_total_bytes),
        ("swap_free", memory.swap_free_bytes),
    ];
    for (state, bytes) in states {
        if let Some(bytes) = bytes {
            points.whole([state.into()], bytes);
        }
    }
}

macro_rules! traffic {
    ($($name:ident $direction:ident $field:ident;)+) => {$(
        pub(super) fn $name<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
            devices(snapshot, points, |device| device.$direction.$field);
        }
    )+};
}

traffic! {
    receive_bytes receive bytes;
    receive_packets receive packets;
    receive_errors receive errors;
    receive_dropped receive dropped;
    transmit_bytes transmit bytes;
    transmit_packets transmit packets;
    transmit_errors transmit errors;
    transmit_dropped transmit dropped;
}

fn devices<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>, figure: fn(&Device) -> u64) {
    for device in &snapshot.host.host.network {
        points.whole([(&*device.name).into()], figure(device));
    }
}

pub(super) fn pressure<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (resource, pressure) in &snapshot.host.host.pressure {
        for (stall, time) in [("some", pressure.some_usec), ("full", pressure.full_usec)] {
            if let Some(time) = time {
                points.number([resource.as_str().into(), stall.into()], seconds(time));
            }
        }
    }
}

pub(super) fn info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(machine) = &snapshot.host.host.machine {
        points.info([
            (&*machine.arch).into(),
            (&*machine.model).into(),
            (&*machine.kernel).into(),
            machine.virtualization.into(),
            machine.guest.into(),
        ]);
    }
}

pub(super) fn filesystem_size<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for fs in snapshot.host.host.filesystems.iter() {
        points.whole(
            [
                (&*fs.mountpoint).into(),
                (&*fs.device).into(),
                (&*fs.fstype).into(),
            ],
            fs.size_bytes,
        );
    }
}

pub(super) fn filesystem_available<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for fs in snapshot.host.host.filesystems.iter() {
        let labels = [
            (&*fs.mountpoint).into(),
            (&*fs.device).into(),
            (&*fs.fstype).into(),
        ];
        points.whole(labels, fs.available_bytes);
    }
}
