//! The UDP socket of one test session.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;

use wattle_oneway::owamp;
use wattle_oneway::stamp;
use wattle_oneway::stamp::TrafficClass;

use super::Clocks;
use crate::latency::socket::Envelope;
use crate::latency::socket::StampedSocket;
use crate::latency::socket::WallShift;

/// Longer packets are passed over.
const LONGEST: usize = 16 << 10;

/// A socket whose packets have the kernel's timestamps and leave with the full TTL.
#[derive(Debug)]
pub struct TestSocket {
    socket: StampedSocket<u32>,
    class: TrafficClass,
    buffer: Box<[u8]>,
}

/// A packet that came.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'b> {
    /// Its octets.
    pub octets: &'b [u8],
    /// From whom.
    pub from: SocketAddr,
    /// When and how.
    pub arrival: stamp::Arrival,
}

impl Incoming<'_> {
    /// The same as OWAMP and TWAMP want it.
    pub fn arrival(&self, clocks: &Clocks) -> owamp::Arrival {
        owamp::Arrival {
            received: self.arrival.stamp.at,
            error: clocks.error(),
            ttl: self.arrival.seen.ttl.unwrap_or(255),
        }
    }
}

impl TestSocket {
    /// Binds to this address; its packets have this DSCP.
    pub fn bind(address: SocketAddr, dscp: u8) -> io::Result<Self> {
        Ok(Self {
            socket: StampedSocket::bind(address, WallShift::default())?,
            class: TrafficClass::new(dscp, 0),
            buffer: vec![0; LONGEST].into(),
        })
    }

    /// Where it is bound.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends the packet of this number; whether the kernel took it.
    pub fn send(&mut self, octets: &[u8], to: SocketAddr, number: u32, clocks: &Clocks) -> bool {
        let envelope = Envelope {
            to,
            from: None,
            class: self.class,
        };
        self.socket.send(octets, &envelope, number, clocks.wall()).is_ok()
    }

    /// The next packet that has come.
    pub fn receive(&mut self, clocks: &Clocks) -> Option<Incoming<'_>> {
        // An error belongs to a packet, not to the socket: the next may be fine.
        let received = self.socket.receive(clocks.clock(), &mut self.buffer).ok()??;
        Some(Incoming {
            octets: self.buffer.get(..received.length)?,
            from: received.from,
            arrival: received.arrival,
        })
    }

    /// When an earlier packet really left. All of these must be taken, or the socket never rests.
    pub fn poll_sent(&mut self) -> Option<(u32, stamp::Stamp)> {
        self.socket.poll_sent().map(|(number, stamp, _)| (number, stamp))
    }

    /// Whether it will be told when packets leave.
    pub fn has_transmit_stamps(&self) -> bool {
        self.socket.asks_for_transmit_stamps()
    }

    /// Forgets when packets left, for protocols that have no use for it.
    pub fn pass_over_sent(&mut self) {
        while self.poll_sent().is_some() {}
    }
}

impl AsFd for TestSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
