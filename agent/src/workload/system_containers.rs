//! Names that LXC gives to cgroups, for itself, LXD, Incus and Proxmox: lxc.container.conf(5), `lxc.cgroup.dir`.

use super::CgroupSort;
use super::Kind;
use super::Label;
use super::Subject;
use super::Wants;
use super::place::Place;
use super::place::is_number;

/// Cgroups of LXC's monitors, one beside each container.
const MONITOR: &str = "lxc.monitor";
const PAYLOAD: &str = "lxc.payload";

pub(super) fn recognise(place: &Place<'_>) -> Option<CgroupSort> {
    let leaf = place.leaf;
    let is_helper = leaf == MONITOR || leaf.starts_with("lxc.monitor.") || leaf == "lxc.pivot";
    if is_helper {
        return Some(CgroupSort::Workload(Place::helpers(MONITOR, "lxc")));
    }
    if let Some(name) = leaf
        .strip_prefix("lxc.payload.")
        .or_else(|| (place.parent() == PAYLOAD).then_some(leaf))
    {
        return Some(CgroupSort::Workload(payload(place, name)));
    }
    if place.above == ["lxc"] {
        return Some(CgroupSort::Workload(older(place, leaf)));
    }
    let is_group = leaf == PAYLOAD || leaf == "lxc" && place.above.is_empty();
    is_group.then_some(CgroupSort::Group)
}

/// LXD and Incus put the project and a `_` before the name, which has none itself, where the project is not the default
/// one.
fn payload(place: &Place<'_>, name: &str) -> Subject {
    let mut subject = container(place, name);
    if let Some((project, name)) = in_project(name) {
        subject.details.set(Label::Project, project);
        name.clone_into(&mut subject.name);
    }
    subject
}

/// The project and the name in `project_name`.
pub(super) fn in_project(name: &str) -> Option<(&str, &str)> {
    name.split_once('_')
        .filter(|(project, name)| !project.is_empty() && !name.is_empty() && !name.contains('_'))
}

/// `/lxc/<name>`. Proxmox names its containers by number.
fn older(place: &Place<'_>, name: &str) -> Subject {
    let mut subject = container(place, name);
    if is_number(name) {
        subject.details.set(Label::Platform, "proxmox");
        subject.details.set(Label::VmId, name);
    }
    subject
}

fn container(place: &Place<'_>, name: &str) -> Subject {
    Subject {
        id: name.to_owned(),
        name: name.to_owned(),
        wants: Wants::SystemContainer(name.to_owned()),
        ..place.subject(Kind::Container, "lxc")
    }
}
