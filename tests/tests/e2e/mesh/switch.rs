//! A network in which every two hosts are as far from each other as one wants.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use super::host::Net;
use super::tun::Queue;
use super::tun::device;
use crate::e2e::patience::now;

const NETWORK: [u8; 3] = [198, 51, 100];

/// One way, from host to host.
type Delays = Arc<Mutex<Vec<Vec<Duration>>>>;

/// It runs until the process ends.
pub(crate) struct Switch(Delays);

impl Switch {
    /// Joins all hosts of a net, with no delay yet.
    pub(crate) fn join(net: &Net) -> Result<Self, String> {
        let hosts = net.hosts();
        let delays = Arc::new(Mutex::new(vec![vec![Duration::ZERO; hosts]; hosts]));
        let devices: Result<Vec<_>, String> =
            (0..hosts).map(|host| device(net, host, &address(host))).collect();
        let devices = devices?;
        let queues: Arc<Vec<Queue>> = Arc::new(devices.iter().map(|_| Queue::default()).collect());
        for (host, device) in devices.into_iter().enumerate() {
            let (receiving, ways, sending) = (device.clone(), queues.clone(), queues.clone());
            std::thread::spawn(move || ways[host].deliver(&receiving));
            let delays = delays.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 2048];
                while let Ok(length) = device.recv(&mut buffer) {
                    let packet = &buffer[..length];
                    let Some(to) = destination(packet).filter(|to| *to < hosts) else {
                        continue;
                    };
                    let delay = delays.lock().unwrap()[host][to];
                    sending[to].put(now() + delay, packet);
                }
            });
        }
        Ok(Self(delays))
    }

    /// Makes two hosts so far from each other, both ways.
    pub(crate) fn set(&self, one: usize, other: usize, delay: Duration) {
        let mut delays = self.0.lock().unwrap();
        delays[one][other] = delay;
        delays[other][one] = delay;
    }
}

/// The address of a host in this network.
pub(crate) fn address(host: usize) -> String {
    let [a, b, c] = NETWORK;
    format!("{a}.{b}.{c}.{}", host + 1)
}

/// The host that an IPv4 packet is for.
fn destination(packet: &[u8]) -> Option<usize> {
    let [version, ..] = packet else { return None };
    let to = packet.get(16..20).filter(|_| version >> 4 == 4)?;
    let host = to.strip_prefix(&NETWORK)?.first()?;
    usize::from(*host).checked_sub(1)
}
