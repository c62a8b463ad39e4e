//! What runs inside a workload that pays for it.

use super::CgroupSort;
use super::Kind;
use super::Nesting;
use super::Subject;
use super::engines;
use super::place::Place;
use super::sort_cgroup;
use super::sort_membership;

/// The names of the workloads that stand inside `subject`, of the cgroups found below its own.
pub fn inner_names<'p>(subject: &Subject, paths: impl IntoIterator<Item = &'p str>) -> Vec<String> {
    let mut found: Vec<_> = paths
        .into_iter()
        .filter_map(|path| {
            let inner = match subject.kind {
                Kind::Service => in_a_service(path),
                _ => innermost(path),
            }?;
            let differs = inner.kind == Kind::Container && inner.id != subject.id;
            differs.then(|| inner.title())
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// podman puts a container of a service below the service itself.
fn in_a_service(path: &str) -> Option<Subject> {
    let place = Place {
        path,
        leaf: path.rsplit('/').next()?,
        above: &[],
        pod_uid: None,
    };
    match engines::recognise(&place)? {
        CgroupSort::Workload(subject) => Some(subject),
        CgroupSort::Group | CgroupSort::GroupOf(_) => None,
    }
}

/// The container that the path names last. Of a pod's own part nothing is said.
fn innermost(path: &str) -> Option<Subject> {
    match sort_cgroup(path, Nesting::Innermost) {
        CgroupSort::Group => None,
        _ => sort_membership(path, Nesting::Innermost),
    }
}
