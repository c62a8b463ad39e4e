//! Which devices of a container lead to the world outside of it.
//!
//! Where containers run within a container, their bytes pass several of its devices: the pair of the inner container, a bridge, and
//! the way out. They count once, on the way out.

use wattle_hostfs::net_dev::Device;

/// What the names of devices begin with that lead further in, or carry what another device carries too.
const INWARD: [&str; 27] = [
    "br-", "bridge", "cali", "cilium_", "cni", "docker", "dummy", "erspan", "flannel", "gre", "ifb",
    "incusbr", "ip6tnl", "ip_vti", "kube-", "lxcbr", "lxdbr", "nerdctl", "podman", "sit", "tunl", "veth",
    "virbr", "vnet", "vxlan", "weave", "wg",
];

/// The devices to be counted: those that lead outward by their names, or, where no name tells, all but the loopback device.
pub(super) fn outward(devices: &[Device]) -> impl Iterator<Item = &Device> {
    let named = devices.iter().any(leads_outward);
    devices.iter().filter(move |device| {
        if named {
            leads_outward(device)
        } else {
            !is_loopback(device)
        }
    })
}

fn is_loopback(device: &Device) -> bool {
    &*device.name == "lo"
}

fn leads_outward(device: &Device) -> bool {
    !is_loopback(device) && !INWARD.iter().any(|start| device.name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use wattle_hostfs::net_dev::Traffic;

    use super::*;

    #[test]
    fn bytes_of_inner_containers_count_on_the_way_out_only() {
        for (names, expected) in [
            (&["lo", "eth0"][..], &["eth0"][..]),
            (&["lo", "docker0", "veth12ab", "eth0", "br-77"], &["eth0"]),
            (&["lo", "tap0"], &["tap0"]),
            (&["host0", "lo", "sit0"], &["host0"]),
            (&["lo", "veth1"], &["veth1"]),
            (&["lo"], &[]),
        ] {
            let devices: Vec<_> = names
                .iter()
                .map(|name| Device {
                    name: (*name).into(),
                    receive: Traffic::default(),
                    transmit: Traffic::default(),
                })
                .collect();
            let found: Vec<_> = outward(&devices).map(|device| &*device.name).collect();
            assert_eq!(found, expected);
        }
    }
}
