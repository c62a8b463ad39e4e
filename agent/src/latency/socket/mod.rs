//! A UDP socket that knows when packets really came and went.
//!
//! The kernel stamps packets where they meet the driver (Documentation/networking/timestamping.rst): a receive stamp comes with
//! the packet, a transmit stamp afterwards on the error queue, with the number of the packet (`OPT_ID`) and without
//! its octets (`OPT_TSONLY`). The card's stamps are taken where they come and can be believed. Where no stamp comes, it is a program's reading of the clock, and says so.

mod options;
mod receive;
mod send;
mod sent;
mod stamps;

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::time::Duration;

use nix::sys::socket::AddressFamily;
use nix::sys::socket::SockFlag;
use nix::sys::socket::SockType;
use nix::sys::socket::SockaddrStorage;
use wattle_oneway::Timestamp;

pub use receive::Local;
pub use receive::Received;
pub use send::Envelope;
use sent::Sent;

/// How far this agent's wall clock is set off, in nanoseconds: for tests of what a wrong clock does. Kernel stamps, which cannot
/// be asked to be wrong, are set off alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WallShift(pub i64);

impl WallShift {
    /// A time of the kernel's clock as this agent has it.
    pub fn apply(self, wall: Duration) -> Timestamp {
        Timestamp::from_unix(wall).plus_nanos(self.0)
    }
}

/// One socket of one address family. `T` names a packet until its transmit stamp comes.
#[derive(Debug)]
pub struct StampedSocket<T> {
    fd: OwnedFd,
    ipv6: bool,
    shift: WallShift,
    sent: Sent<T>,
    control: Vec<u8>,
}

impl<T> StampedSocket<T> {
    /// Binds to this address and no other family: an IPv6 socket takes no IPv4 packets, so that both can have one port.
    pub fn bind(address: SocketAddr, shift: WallShift) -> io::Result<Self> {
        let family = match address {
            SocketAddr::V4(_) => AddressFamily::Inet,
            SocketAddr::V6(_) => AddressFamily::Inet6,
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = nix::sys::socket::socket(family, SockType::Datagram, flags, None)?;
        options::prepare(&fd, address.is_ipv6())?;
        let stamps = options::stamp(&fd).is_ok();
        nix::sys::socket::bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
        Ok(Self {
            fd,
            ipv6: address.is_ipv6(),
            shift,
            sent: Sent::new(stamps),
            control: receive::control_buffer(),
        })
    }

    /// Where it is bound.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let address: SockaddrStorage = nix::sys::socket::getsockname(self.fd.as_raw_fd())?;
        receive::standard(&address).ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    /// Whether the kernel has accepted to stamp what is sent. Whether it does is seen packet by packet.
    pub const fn asks_for_transmit_stamps(&self) -> bool {
        self.sent.is_on()
    }

    /// Of which family it is.
    pub const fn is_ipv6(&self) -> bool {
        self.ipv6
    }

    fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl<T> AsFd for StampedSocket<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests;
