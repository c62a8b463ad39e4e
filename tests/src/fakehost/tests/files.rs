//! What is written, and that it agrees with itself.

use super::*;

#[test]
fn cgroups_say_to_the_microsecond_what_their_workloads_ran() {
    for (layout, path, key, per_us) in [
        (Layout::V2, "sys/fs/cgroup{}/cpu.stat", "usage_usec ", 1),
        (Layout::V1, "sys/fs/cgroup/cpuacct{}/cpuacct.usage", "", 1000),
        (
            Layout::Hybrid,
            "sys/fs/cgroup/unified{}/cpu.stat",
            "usage_usec ",
            1,
        ),
    ] {
        let (dir, mut host) = host(small(layout));
        (0..25).for_each(|_| host.step(STEP).unwrap());
        let truth = host.truth();
        for name in ["nginx", "web", "one-524", "c1"] {
            let workload = cgroup_of(&truth, name);
            let shown = keyed(dir.path(), &path.replace("{}", &workload.cgroup), key);
            assert_eq!(shown, workload.cpu_us * per_us, "{name} on {layout:?}");
            assert!(workload.cpu_us > 0);
        }
    }
}

/// The times of `/proc/stat`'s first line: user, nice, system, idle, iowait, irq, softirq, …
fn host_ticks(dir: &Path) -> Vec<u64> {
    let text = read(dir, "proc/stat");
    text.lines()
        .next()
        .unwrap()
        .split_ascii_whitespace()
        .skip(1)
        .map(|word| word.parse().unwrap())
        .collect()
}

fn process_ticks(dir: &Path) -> (u64, u64) {
    let (mut sum, mut count) = (0, 0);
    for entry in fs::read_dir(dir.join("proc")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.parse::<u32>().is_ok() {
            let stat = read(dir, &format!("proc/{name}/stat"));
            let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
            sum += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
            count += 1;
        }
    }
    (sum, count)
}

#[test]
fn ticks_of_the_host_are_those_of_its_processes_however_long_it_runs() {
    let (dir, mut host) = host(small(Layout::V2));
    for _ in 0..400 {
        host.step(Duration::from_micros(33_333)).unwrap();
    }
    let shown = host_ticks(dir.path());
    let (sum, count) = process_ticks(dir.path());
    // Each process hides less than a tick of user and one of system time, and so does the host.
    assert!(
        (shown[0] + shown[2]).abs_diff(sum) <= 2 * count + 2,
        "{shown:?} {sum}"
    );
    let elapsed = 400 * 33_333 * 4 + 4 * 3_600_000_000_u64;
    assert!(shown[..7].iter().sum::<u64>().abs_diff(elapsed / 10_000) <= 7);
    assert!(
        shown[8] > 0 && shown[8] < shown[0],
        "guest time is a part of user time"
    );
}

#[test]
fn every_layout_has_the_files_that_it_promises() {
    const ANYWHERE: &[&str] = &[
        "proc/stat",
        "proc/meminfo",
        "proc/cpuinfo",
        "proc/uptime",
        "proc/net/dev",
        "proc/1/net/dev",
        "proc/1/mountinfo",
        "proc/1/cgroup",
        "proc/2/stat",
        "proc/pressure/cpu",
        "proc/pressure/io",
        "proc/pressure/memory",
        "proc/sys/kernel/random/boot_id",
        "sys/devices/system/cpu/cpu3/topology/physical_package_id",
        "sys/devices/system/cpu/cpu3/topology/core_id",
        "sys/class/powercap/intel-rapl:1:0/max_energy_range_uj",
        "sys/class/powercap/intel-rapl/enabled",
        "sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw",
        "sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/intel-rapl:0:0/name",
    ];
    for (layout, files) in [
        (
            Layout::V2,
            &[
                "cgroup.controllers",
                "cgroup.subtree_control",
                "cpu.stat",
                "cgroup.procs",
                "system.slice/nginx.service/cpu.max",
                "system.slice/nginx.service/memory.current",
                "system.slice/nginx.service/cpuset.cpus.effective",
            ][..],
        ),
        (
            Layout::V1,
            &[
                "cpu,cpuacct/system.slice/nginx.service/cpuacct.usage",
                "cpuacct/system.slice/nginx.service/cgroup.procs",
                "cpu/system.slice/nginx.service/cpu.cfs_quota_us",
                "memory/lxc.payload.c1/memory.usage_in_bytes",
                "systemd/lxc.payload.c1/cgroup.procs",
            ],
        ),
        (
            Layout::Hybrid,
            &[
                "cpuacct/lxc.payload.c1/cpuacct.usage",
                "cpu/machine/qemu-1-one-524.libvirt-qemu/emulator/cgroup.procs",
                "memory/machine/qemu-1-one-524.libvirt-qemu/memory.usage_in_bytes",
                "unified/machine/qemu-1-one-524.libvirt-qemu/emulator/cpu.stat",
            ],
        ),
    ] {
        let (dir, _host) = host(small(layout));
        let below = files.iter().map(|file| format!("sys/fs/cgroup/{file}"));
        for file in ANYWHERE.iter().map(|file| (*file).to_owned()).chain(below) {
            assert!(
                dir.path().join(&file).is_file(),
                "{file} is missing on {layout:?}"
            );
        }
    }
}

#[test]
fn a_guest_of_libvirt_on_the_hybrid_layout_is_not_in_cpuacct() {
    let (dir, host) = host(small(Layout::Hybrid));
    let truth = host.truth();
    let pid = cgroup_of(&truth, "one-524").pids[0];
    assert_eq!(
        read(dir.path(), &format!("proc/{pid}/cgroup")),
        "8:blkio:/machine/qemu-1-one-524.libvirt-qemu\n\
         7:memory:/machine/qemu-1-one-524.libvirt-qemu\n\
         5:cpuset:/machine/qemu-1-one-524.libvirt-qemu/emulator\n\
         4:cpuacct:/\n\
         3:cpu:/machine/qemu-1-one-524.libvirt-qemu/emulator\n\
         1:name=systemd:/\n\
         0::/machine/qemu-1-one-524.libvirt-qemu/emulator\n"
    );
    assert!(!dir.path().join("sys/fs/cgroup/cpuacct/machine").exists());
    assert_eq!(read(dir.path(), &format!("proc/{pid}/comm")), "qemu-system-x86\n");
}

#[test]
fn a_guest_has_no_counters_and_a_hypervisor_flag() {
    let (dir, _host) = host(Spec {
        hardware: Hardware::guest(),
        ..small(Layout::V2)
    });
    assert!(!dir.path().join("sys/class/powercap").exists());
    assert!(read(dir.path(), "proc/cpuinfo").contains(" hypervisor "));
}

#[test]
fn most_of_a_guest_s_time_is_not_in_the_cgroup_that_its_process_names() {
    let (dir, mut host) = host(small(Layout::V2));
    host.step(Duration::from_secs(2)).unwrap();
    let truth = host.truth();
    let guest = cgroup_of(&truth, "one-524");
    let usage = |inner: &str| {
        keyed(
            dir.path(),
            &format!("sys/fs/cgroup{}{inner}/cpu.stat", guest.cgroup),
            "usage_usec ",
        )
    };
    let named = read(dir.path(), &format!("proc/{}/cgroup", guest.pids[0]));
    assert_eq!(named, format!("0::{}/libvirt/emulator\n", guest.cgroup));
    assert_eq!(usage(""), guest.cpu_us);
    assert!(usage("/libvirt/emulator") < guest.cpu_us / 4);
    assert_eq!(
        usage("/libvirt/vcpu0") + usage("/libvirt/vcpu1") + usage("/libvirt/emulator"),
        guest.cpu_us
    );
    let listed = read(
        dir.path(),
        &format!("sys/fs/cgroup{}/libvirt/cgroup.procs", guest.cgroup),
    );
    assert_eq!(listed, format!("{}\n", guest.pids[0]));
    assert!(
        !dir.path()
            .join(format!(
                "sys/fs/cgroup{}/libvirt/emulator/cgroup.procs",
                guest.cgroup
            ))
            .exists()
    );
}
