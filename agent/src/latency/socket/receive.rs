//! Receiving, with all that the kernel says about a packet.

use std::io;
use std::io::IoSliceMut;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::net::SocketAddrV4;
use std::net::SocketAddrV6;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::ControlMessageOwned;
use nix::sys::socket::MsgFlags;
use nix::sys::socket::SockaddrStorage;
use nix::sys::socket::recvmsg;
use wattle_oneway::stamp::Arrival;
use wattle_oneway::stamp::Stamp;
use wattle_oneway::stamp::TrafficClass;

use super::StampedSocket;
use super::WallShift;
use super::stamps;
use crate::clock::Clock;

/// One of this host's addresses, as the kernel names it with a packet.
#[derive(Clone, Copy, Debug)]
pub enum Local {
    /// IPv4.
    V4(libc::in_pktinfo),
    /// IPv6.
    V6(libc::in6_pktinfo),
}

impl Local {
    /// The address.
    pub fn ip(&self) -> IpAddr {
        match self {
            Self::V4(info) => Ipv4Addr::from_bits(u32::from_be(info.ipi_spec_dst.s_addr)).into(),
            Self::V6(info) => Ipv6Addr::from(info.ipi6_addr.s6_addr).into(),
        }
    }

    /// To answer from it, whichever way the route goes. Only a link-local address needs its link.
    fn to_answer_from(mut self) -> Self {
        let link_local = matches!(self.ip(), IpAddr::V6(ip) if ip.is_unicast_link_local());
        match &mut self {
            Self::V4(info) => info.ipi_ifindex = 0,
            Self::V6(info) if !link_local => info.ipi6_ifindex = 0,
            Self::V6(_) => {}
        }
        self
    }
}

/// A packet that came.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// From whom.
    pub from: SocketAddr,
    /// How many octets of the buffer it has.
    pub length: usize,
    /// When and how.
    pub arrival: Arrival,
    /// To which address, to answer from there.
    pub local: Option<Local>,
}

/// Room for everything that can come with one packet or one entry of the error queue.
pub(super) fn control_buffer() -> Vec<u8> {
    nix::cmsg_space!(
        nix::sys::socket::Timestamps,
        libc::in6_pktinfo,
        [libc::c_int; 4],
        libc::sock_extended_err,
        libc::sockaddr_in6,
        [libc::c_int; 4]
    )
}

impl<T> StampedSocket<T> {
    /// The next packet, if there is one. A packet that is longer than the buffer is passed over.
    pub fn receive(&mut self, clock: &dyn Clock, buffer: &mut [u8]) -> io::Result<Option<Received>> {
        loop {
            match self.receive_one(clock, buffer) {
                Ok(Some(received)) => return Ok(Some(received)),
                Ok(None) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn receive_one(&mut self, clock: &dyn Clock, buffer: &mut [u8]) -> nix::Result<Option<Received>> {
        let raw = self.raw();
        let mut slices = [IoSliceMut::new(buffer)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message = recvmsg::<SockaddrStorage>(raw, &mut slices, Some(&mut self.control), flags)?;
        let from = message.address.as_ref().and_then(standard);
        let Some(from) = from.filter(|_| !message.flags.contains(MsgFlags::MSG_TRUNC)) else {
            return Ok(None);
        };
        let wall = wattle_oneway::Timestamp::from_unix(clock.wall());
        let mut received = Received {
            from,
            length: message.bytes,
            arrival: Arrival {
                stamp: Stamp::user(wall),
                wall,
                ..Arrival::default()
            },
            local: None,
        };
        for control in message.cmsgs()? {
            note(&mut received, &control, self.shift);
        }
        Ok(Some(received))
    }
}

fn note(received: &mut Received, control: &ControlMessageOwned, shift: WallShift) {
    let (arrival, seen) = (&mut received.arrival, |value: i32| u8::try_from(value).ok());
    match control {
        ControlMessageOwned::ScmTimestampsns(times) => {
            arrival.stamp = stamps::of_arrival(times, shift).unwrap_or(arrival.stamp);
        }
        ControlMessageOwned::Ipv4Ttl(ttl) | ControlMessageOwned::Ipv6HopLimit(ttl) => {
            arrival.seen.ttl = seen(*ttl);
        }
        ControlMessageOwned::Ipv4Tos(octet) => arrival.seen.class = Some(TrafficClass::from_octet(*octet)),
        ControlMessageOwned::Ipv6TClass(octet) => {
            arrival.seen.class = seen(*octet).map(TrafficClass::from_octet);
        }
        ControlMessageOwned::Ipv4PacketInfo(info) => received.local = Some(Local::V4(*info)),
        ControlMessageOwned::Ipv6PacketInfo(info) => received.local = Some(Local::V6(*info)),
        _ => {}
    }
    received.local = received.local.map(Local::to_answer_from);
}

/// An address as the standard library has it.
pub(super) fn standard(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddrV4::from(*v4).into());
    }
    address.as_sockaddr_in6().map(|v6| SocketAddrV6::from(*v6).into())
}
