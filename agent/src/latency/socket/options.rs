//! What a socket is told before it is used.

use std::os::fd::OwnedFd;

use nix::sys::socket::TimestampingFlag;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt;

/// Every packet leaves with this TTL or hop limit (RFC 8762 section 4.2.1), so that its receiver can count the hops.
const TTL: i32 = 255;

/// Header fields of what comes are told, and what goes has the full TTL.
///
/// `IP_RECVERR` stays off: transmit stamps come without it, and with it one peer's ICMP error would fail the sending to another.
pub(super) fn prepare(fd: &OwnedFd, ipv6: bool) -> nix::Result<()> {
    if ipv6 {
        setsockopt(fd, sockopt::Ipv6V6Only, &true)?;
        setsockopt(fd, sockopt::Ipv6RecvPacketInfo, &true)?;
        setsockopt(fd, sockopt::Ipv6RecvHopLimit, &true)?;
        setsockopt(fd, sockopt::Ipv6RecvTClass, &true)?;
        setsockopt(fd, sockopt::Ipv6Ttl, &TTL)
    } else {
        setsockopt(fd, sockopt::Ipv4PacketInfo, &true)?;
        setsockopt(fd, sockopt::Ipv4RecvTtl, &true)?;
        setsockopt(fd, sockopt::IpRecvTos, &true)?;
        setsockopt(fd, sockopt::Ipv4Ttl, &TTL)
    }
}

/// Asks for software stamps in both directions. Those of a network card are by a clock of its own, of which nobody here
/// knows how it is related to the system's.
pub(super) fn stamp(fd: &OwnedFd) -> nix::Result<()> {
    setsockopt(fd, sockopt::Timestamping, &flags())
}

/// Makes the kernel number packets from 0 again: it does so when numbering is switched on.
pub(super) fn number_anew(fd: &OwnedFd) -> nix::Result<()> {
    setsockopt(
        fd,
        sockopt::Timestamping,
        &(flags() - TimestampingFlag::SOF_TIMESTAMPING_OPT_ID),
    )?;
    stamp(fd)
}

fn flags() -> TimestampingFlag {
    TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_OPT_ID
        | TimestampingFlag::SOF_TIMESTAMPING_OPT_TSONLY
}
