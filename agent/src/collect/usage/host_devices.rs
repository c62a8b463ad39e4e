//! The host's network devices, and since when each is there.

use std::collections::HashMap;

use wattle_hostfs::net_dev::Device;

use super::tally::Bytes;

/// The devices by name.
#[derive(Debug, Default)]
pub(super) struct HostDevices {
    /// In the order of the last reading.
    names: Vec<Box<str>>,
    /// The place in that order, and the tick in which it was first seen.
    known: HashMap<Box<str>, (usize, u64)>,
}

impl HostDevices {
    /// Takes a reading. As long as it is the same devices, they are compared and nothing else.
    pub(super) fn observe(&mut self, devices: &[Device], tick: u64) {
        let same = self.names.len() == devices.len()
            && self
                .names
                .iter()
                .zip(devices)
                .all(|(name, device)| *name == device.name);
        if same {
            return;
        }
        let before = std::mem::take(&mut self.known);
        self.names = devices.iter().map(|device| device.name.clone()).collect();
        self.known = devices
            .iter()
            .enumerate()
            .map(|(at, device)| {
                let since = before.get(&device.name).map_or(tick, |(_, since)| *since);
                (device.name.clone(), (at, since))
            })
            .collect();
    }

    /// What a device of the last reading received and transmitted, and the tick since which it is there.
    pub(super) fn get(&self, devices: &[Device], name: &str) -> Option<(Bytes, u64)> {
        let (at, since) = self.known.get(name)?;
        let device = devices.get(*at)?;
        Some(([device.receive.bytes, device.transmit.bytes], *since))
    }
}

#[cfg(test)]
mod tests {
    use wattle_hostfs::net_dev::Traffic;

    use super::*;

    fn device(name: &str, bytes: u64) -> Device {
        let traffic = |bytes| Traffic {
            bytes,
            ..Traffic::default()
        };
        Device {
            name: name.into(),
            receive: traffic(bytes),
            transmit: traffic(bytes + 1),
        }
    }

    #[test]
    fn a_device_that_was_made_again_is_another() {
        let mut host = HostDevices::default();
        let (one, both) = ([device("lo", 1)], [device("vnet0", 5), device("lo", 2)]);
        for (tick, devices, expected) in [
            (0, &one[..], None),
            (1, &both, Some(([5, 6], 1))),
            (2, &both, Some(([5, 6], 1))),
            (3, &one, None),
            (4, &both, Some(([5, 6], 4))),
        ] {
            host.observe(devices, tick);
            assert_eq!(host.get(devices, "vnet0"), expected);
            assert_eq!(host.get(devices, "lo").unwrap().1, 0);
        }
    }
}
