//! Is this cgroup a workload, or a place where workloads live?
//!
//! A path is read from the root down, and each component is judged by what those above it are. Nothing that a tenant can
//! name is believed beyond the tenant's own place: below a user's slice there are the user's containers, and no scope
//! there is a VM or another user's, whatever it is called. Its id begins with the user.

use serde::Deserialize;

use super::Kind;
use super::Subject;
use super::engines;
use super::jobs;
use super::kubernetes;
use super::machines;
use super::place::Place;
use super::system_containers;
use super::units;

/// What a cgroup turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CgroupSort {
    /// It only groups others: look inside. Processes directly in it belong to no workload.
    Group,
    /// Look inside: what is there may be workloads of their own. Whatever else is in it belongs to this one.
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

impl Nesting {
    /// Each with its name.
    pub const ALL: [(&'static str, Self); 2] =
        [("outermost", Self::Outermost), ("innermost", Self::Innermost)];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outermost => "outermost",
            Self::Innermost => "innermost",
        }
    }
}

type Recogniser = fn(&Place<'_>) -> Option<CgroupSort>;

/// What the host's own managers make, asked in this order.
const OF_THE_HOST: &[Recogniser] = &[
    kubernetes::recognise,
    engines::recognise,
    machines::recognise,
    system_containers::recognise,
    jobs::recognise,
    units::recognise,
];

/// What the host's services make for others.
const OF_A_SERVICE: &[Recogniser] = &[kubernetes::recognise, engines::recognise, jobs::recognise];

/// What a tenant may make within a place that is the tenant's own.
const OF_A_TENANT: &[Recogniser] = &[
    kubernetes::recognise,
    engines::recognise,
    system_containers::recognise,
];

/// Whose the place is that has been reached.
enum Owner {
    Host,
    /// A service that makes cgroups for others, or a pod: below it the host's managers are believed.
    Trusted(Subject),
    /// A user or a container.
    Tenant(Subject),
}

/// Sorts the cgroup at `path`, which starts with a slash and is relative to the hierarchy's root.
pub fn sort_cgroup(path: &str, nesting: Nesting) -> CgroupSort {
    let mut owner = Owner::Host;
    let mut pod_uid = None;
    let mut sorted = CgroupSort::Group;
    let mut above = Vec::new();
    let mut end = 0;
    for leaf in path.split('/').skip(1).filter(|leaf| !leaf.is_empty()) {
        end += path[end..].find(leaf).unwrap_or(0) + leaf.len();
        let place = Place {
            path: &path[..end],
            leaf,
            above: &above,
            pod_uid: pod_uid.as_deref(),
        };
        sorted = sort_within(&owner, &place);
        match &sorted {
            CgroupSort::Group => {}
            CgroupSort::GroupOf(subject) => {
                pod_uid = kubernetes::pod_uid(&place).or(pod_uid);
                owner = match owner {
                    Owner::Tenant(tenant) => Owner::Tenant(tenant),
                    _ if subject.is_user() => Owner::Tenant(subject.clone()),
                    _ => Owner::Trusted(subject.clone()),
                };
            }
            CgroupSort::Workload(subject)
                if nesting == Nesting::Innermost && subject.kind == Kind::Container =>
            {
                owner = Owner::Tenant(subject.clone());
                pod_uid = None;
                sorted = CgroupSort::GroupOf(subject.clone());
            }
            CgroupSort::Workload(_) => return sorted,
        }
        above.push(leaf);
    }
    sorted
}

fn sort_within(owner: &Owner, place: &Place<'_>) -> CgroupSort {
    let ask = |recognisers: &[Recogniser]| recognisers.iter().find_map(|recognise| recognise(place));
    match owner {
        Owner::Host => ask(OF_THE_HOST).unwrap_or_else(|| units::otherwise(place)),
        Owner::Trusted(subject) => match ask(OF_A_SERVICE) {
            None => CgroupSort::Workload(subject.clone()),
            Some(CgroupSort::Group) => CgroupSort::GroupOf(subject.clone()),
            Some(more) => more,
        },
        Owner::Tenant(subject) => match ask(OF_A_TENANT) {
            Some(CgroupSort::Workload(inner)) if inner.kind == Kind::Container => {
                CgroupSort::Workload(inner.within(subject))
            }
            Some(CgroupSort::GroupOf(inner)) if inner.kind == Kind::Container => {
                CgroupSort::GroupOf(inner.within(subject))
            }
            _ if subject.is_user() && place.leaf.ends_with(".scope") => CgroupSort::Workload(subject.clone()),
            _ => CgroupSort::GroupOf(subject.clone()),
        },
    }
}

/// Whose a process is that is in the cgroup at `path`: a workload's there or above, or that of the group around it.
///
/// On hosts with several hierarchies a process may be outside of every workload in the one that counts CPU time and
/// still be named by its path in another (libvirt without the cpuacct controller, for one).
pub fn sort_membership(path: &str, nesting: Nesting) -> Option<Subject> {
    match sort_cgroup(path, nesting) {
        CgroupSort::Group => None,
        CgroupSort::GroupOf(subject) | CgroupSort::Workload(subject) => Some(subject),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_path_is_sorted(path in "(/(docker|user.slice|user-1.slice|pod|kubepods|lxc.payload.|[a-z.-]{0,9}|\\PC{0,9})){0,6}") {
            for nesting in [Nesting::Outermost, Nesting::Innermost] {
                let _ = sort_cgroup(&path, nesting);
            }
        }

        #[test]
        fn whatever_a_user_makes_is_the_users(path in "(/(docker-[0-9a-f]{64}.scope|machine.slice|machine-qemu-1-x.scope|qemu.slice|100.scope|system.slice|a.service|lxc.payload.x|kubepods|pod[0-9a-f]{32}|firecracker)){1,5}") {
            let path = format!("/user.slice/user-1000.slice/user@1000.service{path}");
            for nesting in [Nesting::Outermost, Nesting::Innermost] {
                let subject = sort_membership(&path, nesting);
                prop_assert!(subject.is_some_and(|subject| match subject.kind {
                    Kind::Service => subject.name == "user-1000",
                    Kind::Container => subject.id.starts_with("user-1000/"),
                    _ => false,
                }), "{}", path);
            }
        }

        #[test]
        fn below_the_outermost_workload_all_is_its_own(inner in "(/[a-z0-9.]{1,9}){1,4}") {
            let outer = format!("/docker/{}", "0123456789abcdef".repeat(4));
            let one = sort_cgroup(&outer, Nesting::Outermost);
            prop_assert_eq!(sort_cgroup(&format!("{outer}{inner}"), Nesting::Outermost), one);
        }
    }
}
