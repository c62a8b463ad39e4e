//! TUN devices in hosts' namespaces, and packets that are under way to them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use tun_rs::DeviceBuilder;
use tun_rs::Layer;
use tun_rs::SyncDevice;

use super::host::Net;
use crate::e2e::patience::now;

/// A device of a host, with this address there. Its packets come and go here.
pub(super) fn device(net: &Net, host: usize, address: &str) -> Result<Arc<SyncDevice>, String> {
    // Names are unique while the device is not yet in the host's namespace.
    let name = format!("wtun{host}x{}", std::process::id() % 100_000);
    let device = DeviceBuilder::new()
        .name(name.clone())
        .layer(Layer::L3)
        .build_sync();
    let device = device.map_err(|error| format!("a TUN device: {error}"))?;
    net.adopt(host, &name, address)?;
    Ok(Arc::new(device))
}

/// Packets by when they are due, and in which order they came.
#[derive(Debug, Default)]
struct Waiting {
    heap: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    came: u64,
}

/// What is under way to one device.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

impl Queue {
    /// Sends a packet on its way.
    pub(super) fn put(&self, due: Instant, packet: &[u8]) {
        let mut waiting = self.waiting.lock().unwrap();
        waiting.came += 1;
        let entry = (due, waiting.came, packet.to_vec());
        waiting.heap.push(Reverse(entry));
        self.more.notify_one();
    }

    /// Delivers every packet when it is due, until the process ends.
    pub(super) fn deliver(&self, to: &SyncDevice) {
        let mut waiting = self.waiting.lock().unwrap();
        loop {
            let due = waiting.heap.peek().map(|Reverse((due, ..))| *due);
            waiting = match due.map(|due| due.saturating_duration_since(now())) {
                Some(Duration::ZERO) => {
                    let Some(Reverse((_, _, packet))) = waiting.heap.pop() else {
                        continue;
                    };
                    drop(waiting);
                    // A host that has gone takes no packets.
                    let _ = to.send(&packet);
                    self.waiting.lock().unwrap()
                }
                Some(wait) => self.more.wait_timeout(waiting, wait).unwrap().0,
                None => self.more.wait(waiting).unwrap(),
            };
        }
    }
}
