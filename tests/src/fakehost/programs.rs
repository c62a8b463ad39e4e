//! What the processes of a workload are called.

use super::kind::Kind;
use super::random::Random;
use super::spec::WorkloadSpec;

/// The face of a process.
pub(crate) struct Program {
    pub(crate) comm: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) uid: u32,
    pub(crate) threads: u32,
}

const KERNEL_THREADS: [&str; 12] = [
    "kthreadd",
    "rcu_preempt",
    "migration/0",
    "ksoftirqd/0",
    "kworker/0:1-events",
    "kworker/u16:2-flush-254:0",
    "kswapd0",
    "kcompactd0",
    "jbd2/sda2-8",
    "irq/126-nvme0q1",
    "kworker/1:0H-kblockd",
    "watchdogd",
];

/// The process numbered `number` of a workload.
pub(crate) fn program(spec: &WorkloadSpec, id: &str, number: usize, random: &mut Random) -> Program {
    let name = spec.name.as_str();
    let (comm, line, uid) = match spec.kind {
        Kind::KernelThreads => (KERNEL_THREADS[number % KERNEL_THREADS.len()], String::new(), 0),
        Kind::Init => ("systemd", "/sbin/init".to_owned(), 0),
        Kind::Libvirt => ("qemu-system-x86", libvirt(name, id), 64055),
        Kind::Proxmox => ("kvm", proxmox(name, id), 0),
        Kind::Session if number == 1 => ("(sd-pam)", "(sd-pam)".to_owned(), 1000),
        Kind::Session => ("sshd", "sshd: admin@pts/0".to_owned(), 1000),
        Kind::Loose => ("tmux: server", "tmux new-session -d".to_owned(), 1000),
        Kind::Service => (name, format!("/usr/sbin/{name} --foreground"), 0),
        _ if number == 0 => ("tini", format!("/sbin/tini -- {name}"), 0),
        _ => (name, format!("{name} --worker"), 101),
    };
    let threads = 1 + u32::try_from(random.below(8)).unwrap_or(0);
    // The kernel keeps 15 bytes (TASK_COMM_LEN less the final zero).
    let comm = comm.chars().take(15).collect();
    Program {
        comm,
        arguments: line
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
        uid,
        threads,
    }
}

fn libvirt(name: &str, uuid: &str) -> String {
    format!(
        "/usr/bin/qemu-system-x86_64 -name guest={name},debug-threads=on -S -machine pc-q35-7.2,usb=off -accel kvm \
         -cpu host -m 2048 -smp 2,sockets=2,cores=1,threads=1 -uuid {uuid} -no-user-config -nodefaults -msg timestamp=on"
    )
}

fn proxmox(number: &str, uuid: &str) -> String {
    format!(
        "/usr/bin/kvm -id {number} -name guest-{number},debug-threads=on -no-shutdown -daemonize \
         -smbios type=1,uuid={uuid} -smp 2,sockets=1,cores=2,maxcpus=2 -nodefaults -m 2048"
    )
}
