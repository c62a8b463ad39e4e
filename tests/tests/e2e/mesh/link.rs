//! A link with a delay, losses, doubles and disorder of its own each way, between two TUN devices.

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

/// What one direction does to packets, in shares of a thousand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) delay: Duration,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Delayed by so much more, and overtaken by the next ones.
    pub(crate) held_up: (u64, Duration),
}

/// What happened to a packet of the session of the first host: to a request one way, to a reply the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    /// The number of the request, in a reply that of the request that it answers.
    pub(crate) sequence: u32,
    /// So many went on.
    pub(crate) copies: u64,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    inner: Mutex<Inner>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// It does more than delay.
    harms: bool,
    waiting: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    passages: Vec<Passage>,
}

/// Both directions, running until the process ends.
pub(crate) struct Link([Arc<Lane>; 2]);

impl Link {
    /// Joins the two hosts of a net by a wire that only delays, for now. `port` is that of the reflectors.
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

    /// Loses, doubles and disorders from now on, or no more.
    pub(crate) fn harm(&self, harms: bool) {
        self.0
            .iter()
            .for_each(|lane| lane.inner.lock().unwrap().harms = harms);
    }

    /// What happened so far to requests of the first host, and to the replies to them.
    pub(crate) fn passages(&self) -> [Vec<Passage>; 2] {
        self.0
            .each_ref()
            .map(|lane| lane.inner.lock().unwrap().passages.clone())
    }
}

impl Lane {
    fn take(&self, from: &SyncDevice, fate: Fate, way: usize, port: u16) {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64 + way as u64;
        let mut buffer = [0; 2048];
        while let Ok(length) = from.recv(&mut buffer) {
            let packet = &buffer[..length];
            let mut inner = self.inner.lock().unwrap();
            let harms = inner.harms;
            let mut draw = |share: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % 1000 < share && harms
            };
            let [lost, doubled, held] = [fate.lost, fate.doubled, fate.held_up.0].map(&mut draw);
            let due = now() + fate.delay + if held { fate.held_up.1 } else { Duration::ZERO };
            let copies = if lost { 0 } else { 1 + u64::from(doubled) };
            let sequence = sequence(packet, way, port);
            inner
                .passages
                .extend(sequence.map(|sequence| Passage { sequence, copies }));
            for _ in 0..copies {
                inner.waiting.push(Reverse((due, random, packet.to_vec())));
            }
            self.more.notify_one();
        }
    }

    fn give(&self, to: &SyncDevice) {
        let mut inner = self.inner.lock().unwrap();
        loop {
            let wait = inner
                .waiting
                .peek()
                .map(|Reverse((due, ..))| due.saturating_duration_since(now()));
            inner = match wait {
                Some(Duration::ZERO) => {
                    let Some(Reverse((_, _, packet))) = inner.waiting.pop() else {
                        continue;
                    };
                    drop(inner);
                    // A host that has gone takes no packets.
                    let _ = to.send(&packet);
                    self.inner.lock().unwrap()
                }
                Some(wait) => self.more.wait_timeout(inner, wait).unwrap().0,
                None => self.more.wait(inner).unwrap(),
            };
        }
    }
}

/// The number of the request, if an IPv4 packet is UDP to the reflector (on the way there) or from it (on the way back).
fn sequence(packet: &[u8], way: usize, port: u16) -> Option<u32> {
    const UDP: u8 = 17;
    let header = usize::from(packet.first()? & 15) * 4;
    let reflectors = header + if way == 0 { 2 } else { 0 };
    let is_of_the_session =
        *packet.get(9)? == UDP && *packet.get(reflectors..reflectors + 2)? == port.to_be_bytes();
    // RFC 8762 sections 4.2.1 and 4.3.1: a reply has its own number first, and that of the request at 24.
    let at = header + 8 + if way == 0 { 0 } else { 24 };
    let octets = packet.get(at..at + 4)?.try_into().ok()?;
    is_of_the_session.then_some(u32::from_be_bytes(octets))
}
