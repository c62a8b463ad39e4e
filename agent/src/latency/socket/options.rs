//! What a socket is told before it is used.

use std::os::fd::OwnedFd;

use nix::sys::socket::TimestampingFlag;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt;

/// Every packet leaves with this TTL or hop limit (RFC 8762 section 4.2.1), so that its receiver can count the hops.
const TTL: i32 = 255;

/// Room for what comes while the program does not run: the kernel gives up to `net.core.rmem_max`, and twice of that.
const RECEIVE_BUFFER: usize = 1 << 20;

/// Header fields of what comes are told, and what goes has the full TTL.
///
/// `IP_RECVERR` stays off: transmit stamps come without it, and with it one peer's ICMP error would fail the sending to another.
pub(super) fn prepare(fd: &OwnedFd, ipv6: bool) -> nix::Result<()> {
    setsockopt(fd, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
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

/// `SOF_TIMESTAMPING_OPT_TX_SWHW` (linux/net_tstamp.h, since 4.13), of which nix has no name: the kernel's stamp comes though the card's does too.
const BOTH: TimestampingFlag = TimestampingFlag::from_bits_retain(1 << 14);

/// Asks for stamps in both directions: the kernel's, and those of a card that has been told to stamp (hwstamp_ctl, ptp4l).
pub(super) fn stamp(fd: &OwnedFd) -> nix::Result<()> {
    let by_card = TimestampingFlag::SOF_TIMESTAMPING_RAW_HARDWARE
        | TimestampingFlag::SOF_TIMESTAMPING_RX_HARDWARE
        | TimestampingFlag::SOF_TIMESTAMPING_TX_HARDWARE
        | BOTH;
    setsockopt(fd, sockopt::Timestamping, &(flags() | by_card))
        .or_else(|_| setsockopt(fd, sockopt::Timestamping, &flags()))
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
