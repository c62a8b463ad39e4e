//! The files of procfs and sysfs that speak of the whole host (proc(5)).

use std::fmt::Write;

use super::cpuinfo;
use super::cpus::Cpus;
use super::cpus::Modes;
use super::mounts;
use super::process::TICK_US;
use super::spec::Spec;
use super::surroundings::Device;
use super::surroundings::Surroundings;
use super::tree::Tree;

/// How much of the time without work counts as waiting for a disk.
const IOWAIT_PERMILLE: u64 = 10;
/// A page of a device's counters: packets of this size.
const PACKET: u64 = 900;

/// What the host's files are made from.
pub(super) struct View<'w> {
    pub(super) spec: &'w Spec,
    pub(super) cpus: &'w Cpus,
    pub(super) surroundings: &'w Surroundings,
    pub(super) boot_id: &'w str,
    /// Time since the boot.
    pub(super) uptime_us: u64,
    /// The guests' devices.
    pub(super) taps: &'w [Device],
    /// Memory that workloads hold.
    pub(super) used_bytes: u64,
}

impl View<'_> {
    /// Writes what never changes.
    pub(super) fn render_once(&self, tree: &mut Tree) -> anyhow::Result<()> {
        tree.put(
            "proc/cpuinfo",
            cpuinfo::text(&self.spec.hardware, self.cpus).as_bytes(),
        )?;
        tree.put("proc/1/mountinfo", mounts::text(self.spec.layout).as_bytes())?;
        tree.put("proc/sys/kernel/hostname", b"fakehost\n")?;
        for directory in mounts::DIRECTORIES {
            tree.directory(directory)?;
        }
        self.topology(tree)
    }

    /// Writes what changes with every step.
    pub(super) fn render(&self, tree: &mut Tree) -> anyhow::Result<()> {
        tree.put("proc/stat", self.stat().as_bytes())?;
        tree.put("proc/meminfo", self.meminfo().as_bytes())?;
        let uptime = format!(
            "{}.{:02} {}.00\n",
            self.uptime_us / 1_000_000,
            self.uptime_us / 10_000 % 100,
            self.idle()
        );
        tree.put("proc/uptime", uptime.as_bytes())?;
        tree.put("proc/loadavg", b"0.75 0.50 0.25 2/321 4321\n")?;
        let network = net_dev(self.surroundings.devices.iter().chain(self.taps));
        tree.put("proc/net/dev", network.as_bytes())?;
        tree.put("proc/1/net/dev", network.as_bytes())?;
        let now = self.surroundings;
        for (resource, some, full) in [
            ("cpu", now.cpu_some_us, 0),
            ("io", now.io_some_us, now.io_full_us),
            ("memory", 0, 0),
        ] {
            tree.put(
                &format!("proc/pressure/{resource}"),
                pressure(some, full).as_bytes(),
            )?;
        }
        tree.put(
            "proc/sys/kernel/random/boot_id",
            format!("{}\n", self.boot_id).as_bytes(),
        )
    }

    fn idle(&self) -> u64 {
        self.cpus.total().idle / 1_000_000
    }

    fn stat(&self) -> String {
        let mut text = format!("cpu  {}\n", ticks(self.cpus.total()));
        for (number, cpu) in self.cpus.all.iter().enumerate() {
            let _ = writeln!(text, "cpu{number} {}", ticks(cpu.modes));
        }
        let now = self.surroundings;
        let _ = writeln!(text, "intr {} 0 9 0 0 0 0 0 0 0", now.interrupts);
        let _ = writeln!(text, "ctxt {}\nbtime {}", now.switches, self.spec.boot_time);
        let _ = writeln!(text, "processes {}\nprocs_running 2\nprocs_blocked 0", now.forks);
        let half = now.interrupts / 2;
        let _ = writeln!(
            text,
            "softirq {} 0 {} 0 {} 0 0 0 {} 0 {}",
            half,
            half / 4,
            half / 4,
            half / 4,
            half / 4
        );
        text
    }

    fn meminfo(&self) -> String {
        let total = self.spec.hardware.memory_bytes / 1024;
        let used = (self.used_bytes / 1024 + 900_000).min(total / 10 * 9);
        let (cached, buffers, slab) = (total / 8, total / 200, total / 100);
        let free = total.saturating_sub(used + cached + buffers + slab);
        let mut text = String::new();
        for (name, kilobytes) in [
            ("MemTotal", total),
            ("MemFree", free),
            ("MemAvailable", (free + cached).min(total)),
            ("Buffers", buffers),
            ("Cached", cached),
            ("SwapCached", 0),
            ("Active", used / 2 + cached / 3),
            ("Inactive", used / 4 + cached / 2),
            ("SwapTotal", 2_097_148),
            ("SwapFree", 2_097_148),
            ("Dirty", 412),
            ("AnonPages", used),
            ("Mapped", used / 6),
            ("Shmem", used / 50),
            ("Slab", slab),
            ("SReclaimable", slab / 2),
        ] {
            let _ = writeln!(text, "{:<15} {kilobytes:>8} kB", format!("{name}:"));
        }
        text.push_str("HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n");
        text
    }

    fn topology(&self, tree: &mut Tree) -> anyhow::Result<()> {
        let base = "sys/devices/system/cpu";
        let list = format!("{}\n", Cpus::list(self.cpus.allowed(None)));
        for name in ["online", "possible", "present"] {
            tree.put(&format!("{base}/{name}"), list.as_bytes())?;
        }
        for (number, cpu) in self.cpus.all.iter().enumerate() {
            let own = &self.cpus.of_socket[cpu.socket];
            let same_core = |other: &usize| self.cpus.all[*other].core == cpu.core;
            let siblings: Vec<usize> = own.iter().copied().filter(same_core).collect();
            for (name, value) in [
                ("physical_package_id", cpu.socket.to_string()),
                ("core_id", cpu.core.to_string()),
                ("die_id", "0".to_owned()),
                ("thread_siblings_list", Cpus::list(&siblings)),
                ("package_cpus_list", Cpus::list(own)),
            ] {
                tree.put(
                    &format!("{base}/cpu{number}/topology/{name}"),
                    format!("{value}\n").as_bytes(),
                )?;
            }
        }
        Ok(())
    }
}

/// user nice system idle iowait irq softirq steal guest guest_nice
fn ticks(modes: Modes) -> String {
    let waiting = modes.idle * IOWAIT_PERMILLE / 1000;
    let shown = [
        modes.user,
        0,
        modes.system,
        modes.idle - waiting,
        waiting,
        modes.irq,
        modes.softirq,
        0,
        modes.guest,
        0,
    ];
    shown.map(|us| (us / TICK_US).to_string()).join(" ")
}

pub(super) fn net_dev<'d>(devices: impl IntoIterator<Item = &'d Device>) -> String {
    let mut text =
        String::from("Inter-|   Receive                                                |  Transmit\n");
    text.push_str(" face |bytes    packets errs drop fifo frame compressed multicast");
    text.push_str("|bytes    packets errs drop fifo colls carrier compressed\n");
    for device in devices {
        let (name, received, sent) = (&device.name, device.received, device.sent);
        let _ = write!(
            text,
            "{name:>6}: {received:>7} {:>7}    0    0    0     0          0         0 ",
            received / PACKET
        );
        let _ = writeln!(
            text,
            "{sent:>8} {:>7}    0    0    0     0       0          0",
            sent / PACKET
        );
    }
    text
}

fn pressure(some: u64, full: u64) -> String {
    format!(
        "some avg10=0.00 avg60=0.00 avg300=0.00 total={some}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total={full}\n"
    )
}
