//! Which platform manages a VM, by what it calls it or writes into its firmware tables.

use super::Details;
use super::Label;
use super::place::is_hex;
use super::place::is_number;

pub(super) const KUBEVIRT: &str = "kubevirt";

/// What a platform writes as manufacturer or product of a machine (SMBIOS type 1 and 2).
const FIRMWARE: [(&str, &str); 8] = [
    ("KubeVirt", KUBEVIRT),
    ("OpenStack", "openstack"),
    ("oVirt", "ovirt"),
    ("RHEV", "ovirt"),
    ("CloudStack", "cloudstack"),
    ("LXD", "lxd"),
    ("Incus", "incus"),
    ("OpenNebula", "opennebula"),
];

/// The platform by the machine's firmware tables.
pub(super) fn of_firmware(word: &str) -> Option<&'static str> {
    FIRMWARE
        .iter()
        .find(|(start, _)| word.starts_with(start))
        .map(|(_, platform)| *platform)
}

/// What a domain's name says: `one-524` is OpenNebula's VM 524, `instance-0000002a` OpenStack's, `i-2-34-VM` CloudStack's.
pub(super) fn of_name(name: &str) -> Details {
    let (platform, vm_id) = if let Some(number) = name.strip_prefix("one-").filter(|id| is_number(id)) {
        ("opennebula", number)
    } else if name
        .strip_prefix("instance-")
        .is_some_and(|id| id.len() == 8 && is_hex(id))
    {
        ("openstack", "")
    } else if let Some(number) = of_cloudstack(name) {
        ("cloudstack", number)
    } else {
        ("", "")
    };
    Details::default()
        .with(Label::Platform, platform)
        .with(Label::VmId, vm_id)
}

/// `i-<account>-<number>-VM` and `r-<number>-VM`, likewise for the other kinds of system VMs.
fn of_cloudstack(name: &str) -> Option<&str> {
    let parts: Vec<_> = name.split('-').collect();
    match parts.as_slice() {
        ["i", account, number, "VM"] if is_number(account) && is_number(number) => Some(number),
        ["r" | "s" | "v", number, "VM"] if is_number(number) => Some(number),
        _ => None,
    }
}
