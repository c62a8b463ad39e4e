//! What engines left on the disk about one container, and what their monitors say.

use wattle_hostfs::KeptFile;
use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::process::Cmdline;
use wattle_hostfs::process::ProcStat;

use super::files::Files;
use crate::workload::ContainerFacts;
use crate::workload::Label;
use crate::workload::Subject;
use crate::workload::engine_files;

/// A bundle's or a container's configuration has some 20 kB, of which most are mounts.
const LONGEST_CONFIG: u64 = 2 << 20;
/// The list of all containers has some 500 bytes for each.
const LONGEST_LIST: u64 = 8 << 20;
/// How many processes' parents are looked at for a monitor; the first process of a container is its child.
const PARENTS: usize = 4;

/// Whose files a container's facts are in.
enum Source {
    /// Docker's own: a directory for each container.
    Docker(&'static str),
    /// OCI bundles, with what is between the id and the file.
    Bundle(&'static str, &'static [&'static str]),
    /// The list of containers/storage.
    Storage(&'static str),
}

/// By runtime, in the order in which they are asked. A container of an unknown runtime is looked for everywhere.
const SOURCES: [(&str, Source); 14] = [
    ("docker", Source::Docker("var/lib/docker/containers")),
    (
        "docker",
        Source::Docker("var/snap/docker/common/var-lib-docker/containers"),
    ),
    (
        "containerd",
        Source::Bundle("run/containerd/io.containerd.runtime.v2.task/k8s.io", &[]),
    ),
    (
        "containerd",
        Source::Bundle("run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io", &[]),
    ),
    (
        "containerd",
        Source::Bundle(
            "var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io",
            &[],
        ),
    ),
    (
        "containerd",
        Source::Bundle("run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io", &[]),
    ),
    (
        "containerd",
        Source::Bundle("run/containerd/io.containerd.runtime.v2.task/default", &[]),
    ),
    (
        "containerd",
        Source::Bundle("run/containerd/io.containerd.runtime.v1.linux/k8s.io", &[]),
    ),
    (
        "cri-o",
        Source::Bundle("run/containers/storage/overlay-containers", &["userdata"]),
    ),
    (
        "cri-o",
        Source::Bundle("var/lib/containers/storage/overlay-containers", &["userdata"]),
    ),
    (
        "podman",
        Source::Storage("var/lib/containers/storage/overlay-containers"),
    ),
    (
        "podman",
        Source::Storage("var/lib/containers/storage/vfs-containers"),
    ),
    (
        "podman",
        Source::Storage("var/lib/containers/storage/btrfs-containers"),
    ),
    (
        "cri-o",
        Source::Storage("var/lib/containers/storage/overlay-containers"),
    ),
];

/// What the container's engine wrote, or else its monitor says.
pub(super) fn of_engine(
    files: &Files<'_>,
    roots: &Roots,
    scratch: &mut Scratch,
    subject: &Subject,
    id: &str,
    pids: &[u32],
) -> Option<ContainerFacts> {
    let runtime = subject.runtime();
    let known = SOURCES.iter().any(|(name, _)| *name == runtime);
    SOURCES
        .iter()
        .filter(|(name, _)| !known || *name == runtime)
        .find_map(|(name, source)| {
            let mut facts = source.read(files, id)?;
            facts.details.set(Label::Runtime, name);
            Some(facts)
        })
        .or_else(|| {
            parent(roots, scratch, pids, |cmdline| {
                engine_files::conmon_name(cmdline, id)
            })
        })
}

impl Source {
    fn read(&self, files: &Files<'_>, id: &str) -> Option<ContainerFacts> {
        match self {
            Self::Docker(dir) => {
                let text = files.bytes(&[dir, id, "config.v2.json"], LONGEST_CONFIG)?;
                engine_files::docker_config(&text)
            }
            Self::Bundle(dir, between) => {
                let parts = [&[*dir, id], *between, &["config.json"]].concat();
                engine_files::bundle_config(&files.bytes(&parts, LONGEST_CONFIG)?)
            }
            Self::Storage(dir) => {
                let text = files.bytes(&[dir, "containers.json"], LONGEST_LIST)?;
                engine_files::storage_list(&text, id)
            }
        }
    }
}

/// What the kubelet's directories of logs are called.
pub(super) fn of_logs(files: &Files<'_>, uid: &str, id: &str) -> Option<ContainerFacts> {
    files
        .find("var/log/containers", |name| {
            engine_files::container_log_link(name, id)
        })
        .or_else(|| {
            // The pod is known, the container is not: it keeps the name that its id gives it.
            let pod = of_pod(files, uid)?;
            Some(ContainerFacts {
                name: format!("{}/{}", pod.name, id.get(..12).unwrap_or(id)),
                ..pod
            })
        })
}

/// The pod's own directory of logs.
pub(super) fn of_pod(files: &Files<'_>, uid: &str) -> Option<ContainerFacts> {
    files.find("var/log/pods", |name| engine_files::pod_log_dir(name, uid))
}

/// What LXC's monitor says; of Proxmox's containers, which have numbers, also the host name.
pub(super) fn of_lxc(
    files: &Files<'_>,
    roots: &Roots,
    scratch: &mut Scratch,
    name: &str,
    pids: &[u32],
) -> Option<ContainerFacts> {
    let monitor = parent(roots, scratch, pids, engine_files::lxc_monitor);
    if !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return monitor;
    }
    let text = files.text(&["var/lib/lxc", name, "config"], LONGEST_CONFIG);
    let config = text.and_then(|text| engine_files::lxc_config(&text));
    match (config, monitor) {
        (Some(config), Some(monitor)) => Some(ContainerFacts {
            name: config.name,
            ..monitor
        }),
        (config, monitor) => config.or(monitor),
    }
}

/// What the parent of one of the first processes makes known.
fn parent(
    roots: &Roots,
    scratch: &mut Scratch,
    pids: &[u32],
    read: impl Fn(&Cmdline) -> Option<ContainerFacts>,
) -> Option<ContainerFacts> {
    pids.iter().take(PARENTS).find_map(|pid| {
        let path = roots.proc.join(pid.to_string()).join("stat");
        let file = KeptFile::open(&path).ok()?;
        let text = file.read_all(scratch).ok()?;
        let parent = ProcStat::parse(text).ok()?.parent;
        read(&Cmdline::read(roots, parent).ok()?)
    })
}
