//! What workloads are, and where the tools of this world put them among the cgroups.

use super::spec::Layout;

/// What a workload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A systemd service.
    Service,
    /// A container of Docker: by systemd on version 2, by cgroupfs elsewhere.
    Docker,
    /// A container of Podman.
    Podman,
    /// A container of LXC or LXD.
    Lxc,
    /// A container of a Kubernetes pod, by containerd.
    Pod,
    /// A container of systemd-nspawn.
    Nspawn,
    /// A guest of libvirt; without systemd-machined on the hybrid layout.
    Libvirt,
    /// A guest of Proxmox VE; its name is its number.
    Proxmox,
    /// A login.
    Session,
    /// User processes in the root cgroup.
    Loose,
    /// Process 1.
    Init,
    /// Kernel threads, in the root cgroup.
    KernelThreads,
    /// Interrupts: time without a process.
    Irq,
    /// Deferred interrupt work: time without a process.
    Softirq,
}

/// The controllers of the first version, and the trees that go by a name, as bits.
pub(crate) mod controller {
    pub(crate) const CPU: u8 = 1;
    pub(crate) const CPUACCT: u8 = 2;
    pub(crate) const CPUSET: u8 = 4;
    pub(crate) const MEMORY: u8 = 8;
    pub(crate) const SYSTEMD: u8 = 16;
    pub(crate) const UNIFIED: u8 = 32;
}

/// Where a workload stands among the cgroups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The cgroup that is the workload; empty for the root.
    pub(crate) cgroup: String,
    /// What follows it in the path of the cgroup that its processes are in.
    pub(crate) inner: &'static str,
    /// The trees that have none of these cgroups.
    pub(crate) absent: u8,
    /// The trees that stop at the workload's cgroup.
    pub(crate) absent_inside: u8,
}

impl Kind {
    /// What the agent should call it: `vm`, `container`, `service`, `system` or `kernel`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Docker | Self::Podman | Self::Lxc | Self::Pod | Self::Nspawn => "container",
            Self::Libvirt | Self::Proxmox => "vm",
            Self::Session | Self::Loose | Self::Init => "system",
            Self::KernelThreads | Self::Irq | Self::Softirq => "kernel",
        }
    }

    /// Whether it has a network namespace of its own. A pod's is made by its sandbox, which is not among these workloads.
    pub(crate) fn has_own_network(self) -> bool {
        matches!(self, Self::Docker | Self::Podman | Self::Lxc | Self::Nspawn)
    }

    /// Whether its time has no process to show for it.
    pub(crate) fn is_interrupt(self) -> bool {
        matches!(self, Self::Irq | Self::Softirq)
    }

    /// How many thousandths of its time pass inside the kernel.
    pub(crate) fn system_permille(self) -> u64 {
        match self {
            Self::KernelThreads => 1000,
            Self::Libvirt | Self::Proxmox => 60,
            Self::Session | Self::Loose => 300,
            _ => 180,
        }
    }

    /// How many thousandths of its user time a guest's CPUs run.
    pub(crate) fn guest_permille(self) -> u64 {
        if self.label() == "vm" { 930 } else { 0 }
    }

    /// Its cgroup; `id` is a container's id or a guest's UUID, `number` counts those of its kind.
    pub(crate) fn place(self, layout: Layout, name: &str, id: &str, number: usize) -> Place {
        let second = layout == Layout::V2;
        match self {
            Self::Service => Place::at(format!("/system.slice/{name}.service")),
            Self::Docker if second => Place::at(format!("/system.slice/docker-{id}.scope")),
            Self::Docker => Place::at(format!("/docker/{id}")),
            Self::Podman => Place {
                inner: if second { "/container" } else { "" },
                ..Place::at(format!("/machine.slice/libpod-{id}.scope"))
            },
            Self::Lxc => Place::at(format!("/lxc.payload.{name}")),
            Self::Pod => Place::at(pod(id)),
            Self::Nspawn => Place {
                inner: "/payload",
                ..Place::at(format!("/machine.slice/systemd-nspawn@{}.service", escape(name)))
            },
            Self::Libvirt => libvirt(layout, name, number),
            Self::Proxmox => Place::at(format!("/qemu.slice/{name}.scope")),
            Self::Session => Place {
                absent: controller::CPUSET,
                ..Place::at(format!("/user.slice/user-1000.slice/session-{number}.scope"))
            },
            // The hybrid host is one without systemd.
            Self::Init if layout == Layout::Hybrid => Place::default(),
            Self::Init => Place {
                absent: controller::CPUSET,
                ..Place::at("/init.scope".to_owned())
            },
            Self::Loose | Self::KernelThreads | Self::Irq | Self::Softirq => Place::default(),
        }
    }
}

impl Place {
    fn at(cgroup: String) -> Self {
        Self {
            cgroup,
            ..Self::default()
        }
    }

    /// The path of the cgroup that holds the processes.
    pub(crate) fn leaf(&self) -> String {
        format!("{}{}", self.cgroup, self.inner)
    }
}

fn pod(id: &str) -> String {
    let (uid, rest) = id.split_at(id.len().min(8));
    let uid = format!("{uid}_8c1f_4d0e_9a57_0242ac120002");
    let slice = "/kubepods.slice/kubepods-burstable.slice";
    format!("{slice}/kubepods-burstable-pod{uid}.slice/cri-containerd-{uid:.8}{rest}.scope")
}

fn libvirt(layout: Layout, name: &str, number: usize) -> Place {
    let scope = format!(
        "/machine.slice/machine-qemu\\x2d{number}\\x2d{}.scope",
        escape(name)
    );
    match layout {
        Layout::V2 => Place {
            inner: "/libvirt/emulator",
            ..Place::at(scope)
        },
        Layout::V1 => Place {
            inner: "/emulator",
            absent_inside: controller::MEMORY,
            ..Place::at(scope)
        },
        // Without systemd-machined libvirt makes its own cgroups, and none for cpuacct where that is mounted by itself.
        Layout::Hybrid => Place {
            inner: "/emulator",
            absent: controller::CPUACCT | controller::SYSTEMD,
            absent_inside: controller::MEMORY,
            ..Place::at(format!("/machine/qemu-{number}-{name}.libvirt-qemu"))
        },
    }
}

/// A name inside a systemd unit's name (systemd.unit(5), "string escaping for inclusion in unit names").
pub(crate) fn escape(name: &str) -> String {
    name.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'/' => escaped.push('-'),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b':' | b'_' | b'.' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("\\x{byte:02x}")),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_stand_where_their_tools_put_them() {
        let id = "0123456789abcdef";
        for (kind, layout, leaf) in [
            (Kind::Service, Layout::V2, "/system.slice/one-524.service"),
            (
                Kind::Docker,
                Layout::V2,
                "/system.slice/docker-0123456789abcdef.scope",
            ),
            (Kind::Docker, Layout::V1, "/docker/0123456789abcdef"),
            (
                Kind::Podman,
                Layout::V2,
                "/machine.slice/libpod-0123456789abcdef.scope/container",
            ),
            (Kind::Lxc, Layout::Hybrid, "/lxc.payload.one-524"),
            (
                Kind::Nspawn,
                Layout::V2,
                "/machine.slice/systemd-nspawn@one\\x2d524.service/payload",
            ),
            (
                Kind::Libvirt,
                Layout::V2,
                "/machine.slice/machine-qemu\\x2d2\\x2done\\x2d524.scope/libvirt/emulator",
            ),
            (
                Kind::Libvirt,
                Layout::Hybrid,
                "/machine/qemu-2-one-524.libvirt-qemu/emulator",
            ),
            (
                Kind::Session,
                Layout::V2,
                "/user.slice/user-1000.slice/session-2.scope",
            ),
            (Kind::Loose, Layout::V2, ""),
        ] {
            assert_eq!(kind.place(layout, "one-524", id, 2).leaf(), leaf);
        }
    }
}
