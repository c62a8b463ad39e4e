//! Names that systemd gives to cgroups: systemd.unit(5), and what is left when nobody knows a name.

use wattle_hostfs::unit_name::unescape_unit;

use super::CgroupSort;
use super::Details;
use super::Kind;
use super::Label;
use super::Subject;
use super::Wants;
use super::place::Place;
use super::place::is_number;

/// systemd's unit types that hold processes of one program.
const UNITS: [&str; 5] = [".service", ".scope", ".socket", ".mount", ".swap"];

/// Services below which others' cgroups may stand, by their names up to the suffix or an instance.
const HOSTS_OF_OTHERS: [&str; 11] = [
    "containerd",
    "condor",
    "crio",
    "docker",
    "garden",
    "k3s",
    "k3s-agent",
    "kubelet",
    "nomad",
    "rke2-agent",
    "rke2-server",
];

/// Cgroups that engines without systemd make only to hold others, directly below the root.
const GROUPS: [&str; 8] = [
    "actions_job",
    "default",
    "firecracker",
    "htcondor",
    "k8s.io",
    "mesos",
    "moby",
    "nomad",
];

pub(super) fn recognise(place: &Place<'_>) -> Option<CgroupSort> {
    if let Some(uid) = user_of(place) {
        return Some(CgroupSort::GroupOf(user(place, uid)));
    }
    if place.leaf.ends_with(".slice") {
        return Some(CgroupSort::Group);
    }
    let bare = UNITS.iter().find_map(|suffix| place.leaf.strip_suffix(suffix))?;
    let mut subject = place.subject(Kind::Service, "systemd");
    subject.name = unescape_unit(place.leaf).into_owned();
    if place.parent().ends_with(".slice") {
        subject.details.set(Label::Slice, place.parent());
    }
    let is_host = place.leaf.ends_with(".service") && HOSTS_OF_OTHERS.contains(&bare);
    Some(if is_host {
        CgroupSort::GroupOf(subject)
    } else {
        CgroupSort::Workload(subject)
    })
}

/// What nobody knows is a group where it is known to be one, and else a workload by its path.
pub(super) fn otherwise(place: &Place<'_>) -> CgroupSort {
    if place.above.is_empty() && GROUPS.contains(&place.leaf) {
        return CgroupSort::Group;
    }
    CgroupSort::Workload(place.subject(Kind::Container, "cgroup"))
}

/// The number in `/user.slice/user-1000.slice`.
fn user_of<'p>(place: &Place<'p>) -> Option<&'p str> {
    let uid = place.leaf.strip_prefix("user-")?.strip_suffix(".slice")?;
    (place.above == ["user.slice"] && is_number(uid)).then_some(uid)
}

fn user(place: &Place<'_>, uid: &str) -> Subject {
    let details = [
        (Label::Runtime, "systemd"),
        (Label::User, uid),
        (Label::Slice, "user.slice"),
    ];
    Subject {
        kind: Kind::Service,
        id: place.path.to_owned(),
        name: format!("user-{uid}"),
        details: details.into_iter().collect::<Details>(),
        wants: Wants::Nothing,
    }
}
