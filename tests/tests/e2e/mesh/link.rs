//! A link with a delay, losses, doubles and disorder of its own each way, between two TUN devices.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tun_rs::SyncDevice;

use super::host::Net;
use super::host::address;
use super::tun::Queue;
use super::tun::device;
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
    under_way: Queue,
}

#[derive(Debug, Default)]
struct Inner {
    /// It does more than delay.
    harms: bool,
    passages: Vec<Passage>,
}

/// Both directions, running until the process ends.
pub(crate) struct Link([Arc<Lane>; 2]);

impl Link {
    /// Joins the two hosts of a net by a wire that only delays, for now. `port` is that of the reflectors.
    pub(crate) fn join(net: &Net, fates: [Fate; 2], port: u16) -> Result<Self, String> {
        let mut devices = Vec::new();
        for host in 0..2 {
            devices.push(device(net, host, &address(host))?);
        }
        let lanes: [Arc<Lane>; 2] = Default::default();
        for (way, lane) in lanes.iter().enumerate() {
            let (from, to) = (devices[way].clone(), devices[1 - way].clone());
            let (taking, giving) = (lane.clone(), lane.clone());
            std::thread::spawn(move || taking.take(&from, fates[way], way, port));
            std::thread::spawn(move || giving.under_way.deliver(&to));
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
                self.under_way.put(due, packet);
            }
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
