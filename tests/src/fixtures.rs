//! The hosts in `tests/fixtures/hosts`: made up after the formats of real ones, small enough to read.
//!
//! Each has two frames: `NAME.host`, and `NAME.later`, which is to be laid over it and holds what differs one second later.
//! `hostarchive fixtures tests/fixtures/hosts` makes them anew.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;

use crate::archive::overlay;
use crate::archive::pack;
use crate::fakehost::Fault;
use crate::fakehost::Hardware;
use crate::fakehost::Host;
use crate::fakehost::Kind;
use crate::fakehost::Layout;
use crate::fakehost::Load;
use crate::fakehost::Spec;
use crate::fakehost::WorkloadSpec;

/// One made-up host.
pub struct Fixture {
    /// Its files' name.
    pub name: &'static str,
    hardware: fn() -> Hardware,
    layout: Layout,
    /// Kind, name, thousandths of a CPU, processes, MiB.
    workloads: &'static [(Kind, &'static str, u32, u32, u64)],
    /// What happens between the frames.
    between: &'static [&'static str],
}

/// All of them.
pub const FIXTURES: &[Fixture] = &[
    Fixture {
        name: "intel-two-sockets-dram",
        hardware: || Hardware {
            cpus_per_socket: 4,
            ..Hardware::default()
        },
        layout: Layout::V2,
        workloads: &[
            (Kind::Service, "ssh", 2, 1, 9),
            (Kind::Service, "docker", 18, 1, 96),
            (Kind::Service, "containerd", 9, 1, 48),
            (Kind::Service, "node_exporter", 4, 1, 22),
            (Kind::Docker, "postgres", 640, 4, 1800),
            (Kind::Docker, "redis", 45, 2, 210),
            (Kind::Docker, "cron-job", 30, 1, 12),
            (Kind::Session, "admin", 3, 3, 14),
        ],
        between: &["end cron-job"],
    },
    Fixture {
        name: "intel-client-psys",
        hardware: Hardware::client,
        layout: Layout::V2,
        workloads: &[
            (Kind::Service, "NetworkManager", 3, 1, 18),
            (Kind::Service, "cups", 0, 1, 8),
            (Kind::Service, "thermald", 2, 1, 12),
            (Kind::Podman, "toolbox", 130, 3, 600),
            (Kind::Session, "user", 420, 4, 900),
            (Kind::Loose, "loose", 12, 1, 6),
        ],
        between: &[],
    },
    Fixture {
        name: "amd-epyc",
        hardware: Hardware::epyc,
        layout: Layout::V2,
        workloads: &[
            (Kind::Service, "libvirtd", 6, 1, 60),
            (Kind::Service, "chrony", 1, 1, 4),
            (Kind::Libvirt, "one-524", 1700, 1, 2048),
            (Kind::Libvirt, "one-525", 220, 1, 4096),
            (Kind::Proxmox, "101", 310, 1, 1024),
            (Kind::Nspawn, "build", 90, 2, 256),
        ],
        between: &[],
    },
    Fixture {
        name: "no-rapl-guest",
        hardware: || Hardware {
            cpus_per_socket: 4,
            ..Hardware::guest()
        },
        layout: Layout::V2,
        workloads: &[
            (Kind::Service, "qemu-guest-agent", 1, 1, 6),
            (Kind::Service, "kubelet", 60, 1, 110),
            (Kind::Pod, "coredns", 12, 1, 40),
            (Kind::Pod, "nginx", 240, 3, 120),
        ],
        between: &[],
    },
    Fixture {
        name: "cgroup-v1",
        hardware: one_socket,
        layout: Layout::V1,
        workloads: &[
            (Kind::Service, "sshd", 1, 1, 9),
            (Kind::Service, "docker", 14, 1, 90),
            (Kind::Docker, "web", 350, 3, 140),
            (Kind::Docker, "cache", 25, 1, 64),
            (Kind::Lxc, "c1", 70, 2, 80),
            (Kind::Libvirt, "one-530", 510, 1, 1024),
        ],
        between: &["restart web"],
    },
    Fixture {
        name: "cgroup-v2",
        hardware: one_socket,
        layout: Layout::V2,
        workloads: &[
            (Kind::Service, "systemd-journald", 5, 1, 24),
            (Kind::Service, "nginx", 85, 3, 40),
            (Kind::Docker, "web", 350, 2, 140),
            (Kind::Podman, "mail", 40, 2, 90),
            (Kind::Lxc, "c1", 70, 2, 80),
            (Kind::Nspawn, "legacy", 15, 1, 50),
            (Kind::Loose, "loose", 20, 2, 12),
        ],
        between: &["start batch", "reuse-pid nginx"],
    },
    Fixture {
        name: "hybrid",
        hardware: one_socket,
        layout: Layout::Hybrid,
        workloads: &[
            (Kind::Loose, "loose", 35, 3, 60),
            (Kind::Libvirt, "one-523", 110, 1, 512),
            (Kind::Libvirt, "one-524", 960, 1, 1024),
            (Kind::Lxc, "c1", 70, 2, 80),
            (Kind::Docker, "web", 200, 2, 140),
        ],
        between: &[],
    },
];

fn one_socket() -> Hardware {
    Hardware {
        sockets: 1,
        cpus_per_socket: 4,
        memory_bytes: 32 << 30,
        ..Hardware::default()
    }
}

impl Fixture {
    fn spec(&self) -> Spec {
        let workload = |&(kind, name, load, processes, megabytes): &(Kind, &str, u32, u32, u64)| {
            WorkloadSpec::new(kind, name, Load::Constant(load))
                .processes(processes)
                .memory(megabytes << 20)
        };
        Spec {
            layout: self.layout,
            hardware: (self.hardware)(),
            workloads: self.workloads.iter().map(workload).collect(),
            kernel_threads: 5,
            seed: 20,
            uptime: Duration::from_secs(420),
            ..Spec::default()
        }
    }

    /// Its two frames as text, made with `scratch` as the place to write them out.
    pub fn frames(&self, scratch: &Path) -> Result<[String; 2]> {
        let [first, second] = ["first", "second"].map(|frame| scratch.join(self.name).join(frame));
        self.at_work(&first)?;
        let mut later = self.at_work(&second)?;
        for fault in self.between {
            later.apply(&fault.parse::<Fault>()?)?;
        }
        later.step(Duration::from_secs(1))?;
        Ok([pack(&first)?, overlay(&first, &second)?])
    }

    /// The host after an hour's work.
    fn at_work(&self, directory: &Path) -> Result<Host> {
        let mut host = Host::create(directory, self.spec())?;
        for _ in 0..360 {
            host.world.step(Duration::from_secs(10));
        }
        host.flush()?;
        Ok(host)
    }
}

/// Writes all of them into `directory`.
pub fn write_all(directory: &Path, scratch: &Path) -> Result<()> {
    for fixture in FIXTURES {
        for (suffix, text) in ["host", "later"].iter().zip(fixture.frames(scratch)?) {
            let path = directory.join(format!("{}.{suffix}", fixture.name));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_hosts_are_those_described_here() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hosts");
        for fixture in FIXTURES {
            let scratch = tempfile::tempdir().unwrap();
            for (suffix, text) in ["host", "later"]
                .iter()
                .zip(fixture.frames(scratch.path()).unwrap())
            {
                let name = format!("{}.{suffix}", fixture.name);
                let there = fs::read_to_string(committed.join(&name)).unwrap();
                let line = text
                    .lines()
                    .zip(there.lines())
                    .position(|(made, there)| made != there);
                assert!(
                    text == there,
                    "{name} differs at line {line:?}; make it anew with hostarchive fixtures"
                );
            }
        }
    }
}
