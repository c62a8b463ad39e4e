//! Names that libvirt, machined, Proxmox and Firecracker's jailer give to the cgroups of machines.
//!
//! machined's scopes are believed only where the system's own manager makes them: in `machine.slice`.

use std::borrow::Cow;

use wattle_hostfs::unit_name::unescape_unit;

use super::CgroupSort;
use super::Kind;
use super::Label;
use super::Subject;
use super::Wants;
use super::place::Place;
use super::place::is_number;

pub(super) fn recognise(place: &Place<'_>) -> Option<CgroupSort> {
    let machine = if place.above.first() == Some(&"machine.slice") {
        of_machined(place)
    } else if place.above == ["qemu.slice"] {
        of_proxmox(place)
    } else if place.above == ["firecracker"] {
        Some(of_the_jailer(place))
    } else {
        of_libvirt(place)
    };
    if let Some(machine) = machine {
        return Some(CgroupSort::Workload(machine));
    }
    let is_group = matches!(place.leaf, "machine" | "libvirt") && place.above.is_empty()
        || matches!(place.leaf, "qemu" | "lxc") && place.above == ["libvirt"]
        || place.leaf.ends_with(".partition");
    is_group.then_some(CgroupSort::Group)
}

fn of_machined(place: &Place<'_>) -> Option<Subject> {
    let leaf = unescape_unit(place.leaf);
    if let Some(name) = leaf
        .strip_prefix("machine-")
        .and_then(|leaf| leaf.strip_suffix(".scope"))
    {
        return Some(registered(place, name));
    }
    let (template, name) = leaf.strip_suffix(".service")?.split_once('@')?;
    let (kind, runtime) = match template {
        "systemd-nspawn" => (Kind::Container, "systemd-nspawn"),
        "systemd-vmspawn" => (Kind::Vm, "systemd-vmspawn"),
        _ => return None,
    };
    Some(machine(place, kind, runtime, name, name))
}

/// A machine by the name under which it is registered: libvirt puts its driver and a running number before its own.
fn registered(place: &Place<'_>, name: &str) -> Subject {
    for (driver, kind, runtime) in DRIVERS {
        let of_driver = name.strip_prefix(driver).and_then(|rest| rest.strip_prefix('-'));
        if let Some(domain) = of_driver {
            return libvirt(place, kind, runtime, domain, name);
        }
    }
    machine(place, Kind::Container, "machined", name, name)
}

/// libvirt's drivers that make cgroups.
const DRIVERS: [(&str, Kind, &str); 3] = [
    ("qemu", Kind::Vm, "qemu"),
    ("lxc", Kind::Container, "libvirt-lxc"),
    ("ch", Kind::Vm, "cloud-hypervisor"),
];

/// `qemu-2-one-524.libvirt-qemu`, and what older versions made: `one-524.libvirt-qemu`, `/libvirt/qemu/one-524`.
fn of_libvirt(place: &Place<'_>) -> Option<Subject> {
    for (driver, kind, runtime) in DRIVERS {
        if place.above == ["libvirt", driver] {
            return Some(libvirt(place, kind, runtime, place.leaf, place.leaf));
        }
        let suffix = format!(".libvirt-{driver}");
        let Some(name) = place.leaf.strip_suffix(&suffix) else {
            continue;
        };
        let domain = name.strip_prefix(driver).and_then(|rest| rest.strip_prefix('-'));
        return Some(libvirt(place, kind, runtime, domain.unwrap_or(name), name));
    }
    None
}

fn libvirt(place: &Place<'_>, kind: Kind, runtime: &str, domain: &str, registered: &str) -> Subject {
    let domain = match domain.split_once('-') {
        Some((number, domain)) if is_number(number) && !domain.is_empty() => domain,
        _ => domain,
    };
    let mut subject = machine(place, kind, runtime, domain, registered);
    subject.details.set(Label::Platform, "libvirt");
    subject
}

fn machine(place: &Place<'_>, kind: Kind, runtime: &str, name: &str, registered: &str) -> Subject {
    Subject {
        id: registered.to_owned(),
        name: name.to_owned(),
        wants: Wants::Machine(registered.to_owned()),
        ..place.subject(kind, runtime)
    }
}

fn of_proxmox(place: &Place<'_>) -> Option<Subject> {
    let number = place.leaf.strip_suffix(".scope").filter(|text| is_number(text))?;
    let mut subject = place.subject(Kind::Vm, "qemu");
    subject.details.set(Label::Platform, "proxmox");
    subject.details.set(Label::VmId, number);
    Some(Subject {
        id: number.to_owned(),
        name: number.to_owned(),
        wants: Wants::Hypervisor,
        ..subject
    })
}

fn of_the_jailer(place: &Place<'_>) -> Subject {
    let name: Cow<'_, str> = place.leaf.into();
    Subject {
        id: name.clone().into_owned(),
        name: name.into_owned(),
        wants: Wants::Hypervisor,
        ..place.subject(Kind::Vm, "firecracker")
    }
}
