//! A guest's network device, as the host sees it.

use std::fs;
use std::net::UdpSocket;

use super::command::told;

/// Both ends of a network that nobody else has (RFC 3927 keeps such addresses to one link).
const HOST: &str = "169.254.217.1";
const GUEST: &str = "169.254.217.2";
/// QEMU's model of this card takes what comes in even while no driver listens.
pub(super) const MODEL: &str = "ne2k_pci";

/// A tap device that exists while its guest runs.
pub(super) struct Tap(String);

impl Tap {
    /// The name that a guest's description has to ask for.
    pub(super) fn unique() -> Self {
        Self(format!("wtap{}", std::process::id()))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    /// Sends so many datagrams of so many bytes to the guest.
    pub(super) fn send(&self, count: usize, bytes: usize) {
        let name = self.name();
        let address = format!("{HOST}/30");
        told("ip", &["link", "set", name, "up"]);
        told("ip", &["addr", "replace", &address, "dev", name]);
        let neighbour = ["lladdr", "52:54:00:00:00:02", "dev", name];
        told("ip", &[&["neigh", "replace", GUEST][..], &neighbour].concat());
        let socket = UdpSocket::bind((HOST, 0)).unwrap();
        for _ in 0..count {
            socket.send_to(&vec![0; bytes], (GUEST, 9)).unwrap();
        }
    }

    /// What the kernel counts as sent into the device: that is what the guest received.
    pub(super) fn received(&self) -> u64 {
        let path = format!("/sys/class/net/{}/statistics/tx_bytes", self.name());
        fs::read_to_string(path).unwrap().trim().parse().unwrap()
    }
}
