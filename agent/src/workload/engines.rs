//! Names that container engines give to cgroups.

use super::CgroupSort;
use super::Details;
use super::Kind;
use super::Label;
use super::Subject;
use super::Wants;
use super::kubernetes;
use super::place::Place;
use super::place::is_hex;
use super::place::is_number;

/// What stands before a container's id in the name of its cgroup, and whose it is. A scope is systemd's; the same
/// without the suffix is of an engine that makes its cgroups itself.
const PREFIXES: [(&str, &str); 8] = [
    ("docker-", "docker"),
    ("libpod-payload-", "podman"),
    ("libpod-", "podman"),
    ("cri-containerd-", "containerd"),
    ("crio-", "cri-o"),
    ("nerdctl-", "containerd"),
    ("buildkit-", "buildkit"),
    ("isulad-", "isulad"),
];

/// Monitors that stand beside each container.
const HELPERS: [(&str, &str, &str); 4] = [
    ("libpod-conmon-", "libpod-conmon", "podman"),
    ("crio-conmon-", "crio-conmon", "cri-o"),
    ("conmon", "libpod-conmon", "podman"),
    ("runtime", "libpod-conmon", "podman"),
];

/// Cgroups that only hold containers, and whose those with a bare id are.
const PARENTS: [(&str, &str); 7] = [
    ("docker", "docker"),
    ("ecs", "docker"),
    ("actions_job", "docker"),
    ("buildkit", "buildkit"),
    ("default", "containerd"),
    ("k8s.io", "containerd"),
    ("libpod_parent", "podman"),
];

/// The runtime of a container of which only the id is known.
const ANY: &str = "oci";

pub(super) fn recognise(place: &Place<'_>) -> Option<CgroupSort> {
    if let Some(helper) = helper(place) {
        return Some(CgroupSort::Workload(helper));
    }
    if let Some(id) = podman_pod(place) {
        return Some(CgroupSort::GroupOf(pod(place, id)));
    }
    if let Some((runtime, id)) = prefixed(place.leaf).or_else(|| bare(place)) {
        return Some(CgroupSort::Workload(container(place, runtime, id)));
    }
    let is_group = matches!(place.leaf, "docker" | "libpod_parent") && place.above.is_empty()
        || place.leaf == "buildkit" && place.parent() == "docker"
        || place.leaf == "ecs" && place.above.is_empty()
        || place.above.first() == Some(&"ecs") && place.above.len() < 3;
    is_group.then_some(CgroupSort::Group)
}

/// A container as its cgroup names it. In a pod it belongs to Kubernetes.
pub(super) fn container(place: &Place<'_>, runtime: &str, id: &str) -> Subject {
    let mut details = Details::default().with(Label::Runtime, runtime);
    if let Some(uid) = place.pod_uid {
        details.set(Label::Platform, kubernetes::PLATFORM);
        details.set(Label::PodUid, uid);
    }
    Subject {
        kind: Kind::Container,
        id: id.to_owned(),
        name: short(id).to_owned(),
        details,
        wants: Wants::Container {
            id: id.to_owned(),
            pod_uid: place.pod_uid.map(str::to_owned),
        },
    }
}

/// As engines show an id to people.
pub(super) fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// `docker-<id>.scope` and the like.
fn prefixed(leaf: &str) -> Option<(&'static str, &str)> {
    let bare = leaf.strip_suffix(".scope").unwrap_or(leaf);
    PREFIXES.iter().find_map(|(prefix, runtime)| {
        let id = bare.strip_prefix(prefix)?;
        ((12..=64).contains(&id.len()) && is_hex(id)).then_some((*runtime, id))
    })
}

/// A cgroup whose whole name is an id, wherever it stands.
fn bare<'p>(place: &Place<'p>) -> Option<(&'static str, &'p str)> {
    let of = |name: &str| PARENTS.iter().find(|(parent, _)| *parent == name);
    let known = of(place.parent()).or_else(|| of(place.above.first()?));
    let runtime = known.map(|(_, runtime)| *runtime);
    let is_id = place.leaf.len() == 64 && is_hex(place.leaf) || is_ecs(place.leaf);
    if is_id {
        return Some((runtime.unwrap_or(ANY), place.leaf));
    }
    // What a person or a build named: containerd's own client, and BuildKit.
    let named = matches!(place.parent(), "default" | "k8s.io") && place.above.len() == 1
        || place.parent() == "buildkit" && place.is_below("docker");
    runtime.filter(|_| named).map(|runtime| (runtime, place.leaf))
}

/// A task's 32 digits and a container's number.
fn is_ecs(leaf: &str) -> bool {
    leaf.split_once('-')
        .is_some_and(|(task, number)| task.len() == 32 && is_hex(task) && is_number(number))
}

fn helper(place: &Place<'_>) -> Option<Subject> {
    let (_, name, runtime) = HELPERS.iter().find(|(start, ..)| match start.strip_suffix('-') {
        Some(_) => place.leaf.starts_with(start),
        None => place.leaf == *start && place.is_below("libpod_parent"),
    })?;
    Some(Place::helpers(name, runtime))
}

/// The id in `machine-libpod_pod_<id>.slice`, or in podman's own place without systemd.
fn podman_pod<'p>(place: &Place<'p>) -> Option<&'p str> {
    let systemd = place
        .leaf
        .strip_suffix(".slice")
        .and_then(|leaf| leaf.split_once("libpod_pod_"))
        .map(|(_, id)| id);
    let own = (place.parent() == "libpod_parent").then_some(place.leaf);
    systemd.or(own).filter(|id| id.len() == 64 && is_hex(id))
}

fn pod(place: &Place<'_>, id: &str) -> Subject {
    let mut subject = place.subject(Kind::Container, "podman");
    subject.id = id.to_owned();
    subject.name = format!("pod {}", short(id));
    subject.details.set(Label::PodUid, id);
    subject
}
