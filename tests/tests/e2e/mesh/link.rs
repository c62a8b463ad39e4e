//! A link with a delay, losses, doubles and disorder of its own each way, between two TUN devices.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tun_rs::DeviceBuilder;
use tun_rs::Layer;
use tun_rs::SyncDevice;

use super::host::Net;
use crate::e2e::patience::now;

/// What one direction does to packets, in shares of a thousand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) delay: Duration,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Delayed by so much more, and overtaken by the next ones.
    pub(crate) held_up: (u64, Duration),
}

/// What happened to packets of the session of the first host: its requests one way, the replies the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) came: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
}

type Waiting = BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>;

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    /// From now on it does nothing but delay.
    healed: AtomicBool,
    waiting: Mutex<(Waiting, Tally)>,
    more: Condvar,
}

/// Both directions, running until the process ends.
pub(crate) struct Link([Arc<Lane>; 2]);

impl Link {
    /// Joins the two hosts of a net. `port` is that of the reflectors.
    pub(crate) fn join(net: &Net, fates: [Fate; 2], port: u16) -> Result<Self, String> {
        let names = ["wtun0", "wtun1"].map(|name| format!("{name}x{}", std::process::id() % 10_000));
        let mut devices = Vec::new();
        for (host, name) in names.iter().enumerate() {
            let device = DeviceBuilder::new()
                .name(name.clone())
                .layer(Layer::L3)
                .build_sync();
            devices.push(Arc::new(
                device.map_err(|error| format!("a TUN device: {error}"))?,
            ));
            net.adopt(host, name)?;
        }
        let lanes: [Arc<Lane>; 2] = Default::default();
        for (way, lane) in lanes.iter().enumerate() {
            let (from, to) = (devices[way].clone(), devices[1 - way].clone());
            let (taking, giving) = (lane.clone(), lane.clone());
            std::thread::spawn(move || taking.take(&from, fates[way], way, port));
            std::thread::spawn(move || giving.give(&to));
        }
        Ok(Self(lanes))
    }

    /// Loses and doubles no more.
    pub(crate) fn heal(&self) {
        self.0
            .iter()
            .for_each(|lane| lane.healed.store(true, Ordering::Relaxed));
    }

    /// What happened so far to requests of the first host, and to the replies to them.
    pub(crate) fn tallies(&self) -> [Tally; 2] {
        self.0.each_ref().map(|lane| lane.waiting.lock().unwrap().1)
    }
}

impl Lane {
    fn take(&self, from: &SyncDevice, fate: Fate, way: usize, port: u16) {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64 + way as u64;
        let mut buffer = [0; 2048];
        while let Ok(length) = from.recv(&mut buffer) {
            let packet = &buffer[..length];
            let mut draw = |share: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % 1000 < share && !self.healed.load(Ordering::Relaxed)
            };
            let [lost, doubled, held] = [fate.lost, fate.doubled, fate.held_up.0].map(&mut draw);
            let mut inner = self.waiting.lock().unwrap();
            let (waiting, tally) = &mut *inner;
            if counts(packet, way, port) {
                tally.came += 1;
                tally.lost += u64::from(lost);
                tally.doubled += u64::from(doubled && !lost);
            }
            let due = now() + fate.delay + if held { fate.held_up.1 } else { Duration::ZERO };
            let copies = if lost { 0 } else { 1 + usize::from(doubled) };
            for _ in 0..copies {
                waiting.push(Reverse((due, random, packet.to_vec())));
            }
            self.more.notify_one();
        }
    }

    fn give(&self, to: &SyncDevice) {
        let mut inner = self.waiting.lock().unwrap();
        loop {
            let wait = inner
                .0
                .peek()
                .map(|Reverse((due, ..))| due.saturating_duration_since(now()));
            inner = match wait {
                Some(Duration::ZERO) => {
                    let Some(Reverse((_, _, packet))) = inner.0.pop() else {
                        continue;
                    };
                    drop(inner);
                    // A host that has gone takes no packets.
                    let _ = to.send(&packet);
                    self.waiting.lock().unwrap()
                }
                Some(wait) => self.more.wait_timeout(inner, wait).unwrap().0,
                None => self.more.wait(inner).unwrap(),
            };
        }
    }
}

/// Whether an IPv4 packet is UDP to the reflector (on the way there) or from it (on the way back).
fn counts(packet: &[u8], way: usize, port: u16) -> bool {
    let Some(header) = packet.first().map(|first| usize::from(first & 15) * 4) else {
        return false;
    };
    let at = header + if way == 0 { 2 } else { 0 };
    packet.get(9) == Some(&17) && packet.get(at..at + 2) == Some(&port.to_be_bytes())
}
