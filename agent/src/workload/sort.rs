//! Is this cgroup a workload, or a place where workloads live?

use serde::Deserialize;

use super::Details;
use super::Kind;
use super::Label;
use super::Subject;
use super::Wants;

/// What a cgroup turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CgroupSort {
    /// It only groups others: look inside. Processes directly in it belong to no workload.
    Group,
    /// Look inside: what is there may be workloads of their own. Whatever else is directly in it belongs to this one.
    GroupOf(Subject),
    /// It and all below it are one workload.
    Workload(Subject),
}

/// Who pays where one workload runs inside another, as Docker in an LXC container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nesting {
    /// The outermost: it pays once for all inside.
    #[default]
    Outermost,
    /// The innermost; those around it pay for the rest.
    Innermost,
}

/// Cgroups that container runtimes without systemd create only to hold others: Docker, LXC, libvirt, and the
/// levels that Kubernetes' cgroupfs driver makes for its classes of service.
const GROUPS: [&str; 8] = [
    "docker",
    "lxc",
    "machine",
    "kubepods",
    "burstable",
    "besteffort",
    "guaranteed",
    "libpod_parent",
];

/// systemd's unit types that hold processes of one program.
const UNITS: [&str; 5] = [".service", ".scope", ".socket", ".mount", ".swap"];

/// Slices below which systemd's scopes hold machines and containers rather than login sessions or parts of the system.
const CONTAINER_SLICES: [&str; 3] = ["/machine.slice/", "/kubepods.slice/", "/docker.slice/"];

/// Sorts the cgroup at `path`, which starts with a slash and is relative to the hierarchy's root.
pub fn sort_cgroup(path: &str, _nesting: Nesting) -> CgroupSort {
    let leaf = path.rsplit('/').next().unwrap_or_default();
    if leaf.is_empty() || leaf.ends_with(".slice") || GROUPS.contains(&leaf) {
        return CgroupSort::Group;
    }
    let is_unit = UNITS.iter().any(|suffix| leaf.ends_with(suffix));
    let (kind, runtime) = if is_unit && !holds_a_container(path, leaf) {
        (Kind::Service, "systemd")
    } else {
        (Kind::Container, "cgroup")
    };
    CgroupSort::Workload(Subject {
        kind,
        id: path.to_owned(),
        name: leaf.to_owned(),
        details: Details::default().with(Label::Runtime, runtime),
        wants: Wants::Nothing,
    })
}

fn holds_a_container(path: &str, leaf: &str) -> bool {
    leaf.ends_with(".scope")
        && (CONTAINER_SLICES.iter().any(|slice| path.contains(slice))
            || ["docker-", "libpod-", "cri-containerd-", "crio-"]
                .iter()
                .any(|start| leaf.starts_with(start)))
}

/// The workload that the outermost part of `path` names which is not a mere group.
///
/// On hosts with several hierarchies a process may be outside of every workload in the one that counts CPU time and
/// still be named by its path in another (libvirt without the cpuacct controller, for one).
pub fn sort_membership(path: &str, nesting: Nesting) -> Option<Subject> {
    let ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .skip(1)
        .chain([path.len()]);
    ends.map(|end| &path[..end])
        .find_map(|prefix| match sort_cgroup(prefix, nesting) {
            CgroupSort::Workload(subject) => Some(subject),
            CgroupSort::Group | CgroupSort::GroupOf(_) => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cgroups_are_sorted_by_their_names() {
        let id = "0123456789abcdef".repeat(4);
        for (path, expected) in [
            ("/", None),
            ("/system.slice", None),
            ("/user.slice/user-1000.slice", None),
            ("/docker", None),
            ("/kubepods/burstable", None),
            ("/system.slice/ssh.service", Some((Kind::Service, "ssh.service"))),
            ("/init.scope", Some((Kind::Service, "init.scope"))),
            (
                "/user.slice/user-1000.slice/session-3.scope",
                Some((Kind::Service, "session-3.scope")),
            ),
            (
                "/user.slice/user-1000.slice/user@1000.service",
                Some((Kind::Service, "user@1000.service")),
            ),
            (
                "/machine.slice/machine-qemu\\x2d1\\x2dweb.scope",
                Some((Kind::Container, "machine-qemu\\x2d1\\x2dweb.scope")),
            ),
            ("/lxc.payload.c1", Some((Kind::Container, "lxc.payload.c1"))),
            ("/batch", Some((Kind::Container, "batch"))),
        ] {
            let found = match sort_cgroup(path, Nesting::default()) {
                CgroupSort::Group | CgroupSort::GroupOf(_) => None,
                CgroupSort::Workload(identity) => Some((identity.kind, identity.name.clone())),
            };
            assert_eq!(
                found,
                expected.map(|(kind, name)| (kind, name.to_owned())),
                "{path}"
            );
        }
        let docker = format!("/system.slice/docker-{id}.scope");
        assert!(
            matches!(sort_cgroup(&docker, Nesting::default()), CgroupSort::Workload(found) if found.kind == Kind::Container)
        );
    }

    #[test]
    fn a_membership_names_the_outermost_workload() {
        for (path, expected) in [
            ("/", None),
            ("/system.slice", None),
            (
                "/machine/qemu-2-one-524.libvirt-qemu/emulator",
                Some("/machine/qemu-2-one-524.libvirt-qemu"),
            ),
            (
                "/lxc.payload.c1/system.slice/ssh.service",
                Some("/lxc.payload.c1"),
            ),
        ] {
            assert_eq!(
                sort_membership(path, Nesting::default())
                    .map(|identity| identity.id.clone())
                    .as_deref(),
                expected,
                "{path}"
            );
        }
    }
}
