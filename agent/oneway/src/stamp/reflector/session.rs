//! What a stateful reflector remembers of one session.

use core::hash::Hash;
use core::hash::Hasher;
use core::net::IpAddr;
use core::net::Ipv4Addr;
use core::net::SocketAddr;
use core::net::SocketAddrV6;
use core::time::Duration;

use crate::stamp::Mode;
use crate::stamp::Stamp;
use crate::stamp::packet;
use crate::stamp::tlv::Receipt;

use super::answer::Learnt;
use super::rate::Bucket;
use super::rounds::Closed;
use super::rounds::Open;
use super::rounds::Rounds;

/// Who a session belongs to (RFC 8972 section 3: the identifier together with the addresses). An open packet
/// never belongs to an authenticated session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SessionKey {
    pub(super) peer: SocketAddr,
    pub(super) ssid: u16,
    pub(super) mode: Mode,
}

/// In few writes: it is hashed for each packet.
impl Hash for SessionKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (ip, scope) = match self.peer {
            SocketAddr::V4(peer) => (u128::from(peer.ip().to_bits()), 0),
            SocketAddr::V6(peer) => (peer.ip().to_bits(), peer.scope_id()),
        };
        let mode = u32::from(self.mode == Mode::Authenticated);
        let port = u64::from(self.peer.port()) << 16 | u64::from(self.ssid);
        state.write_u128(ip);
        state.write_u64(port << 32 | u64::from(scope ^ mode << 31));
    }
}

impl SessionKey {
    pub(super) const LEAST: Self = Self {
        peer: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        ssid: 0,
        mode: Mode::Unauthenticated,
    };

    pub(super) fn new(from: SocketAddr, ssid: u16, mode: Mode) -> Self {
        Self {
            peer: canonical(from),
            ssid,
            mode,
        }
    }
}

/// An address as it is compared: an IPv4 one that came through an IPv6 socket is an IPv4 one.
pub(super) fn canonical(from: SocketAddr) -> SocketAddr {
    match (from, from.ip().to_canonical()) {
        (SocketAddr::V6(from), IpAddr::V6(ip)) => {
            SocketAddrV6::new(ip, from.port(), 0, from.scope_id()).into()
        }
        (_, ip) => SocketAddr::new(ip, from.port()),
    }
}

/// How much a session is trusted not to be spoofed, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Rank {
    Newcomer,
    Open,
    Authenticated,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) rank: Rank,
    pub(super) begun: Duration,
    /// When its recency was last noted.
    pub(super) touched: Duration,
    pub(super) epoch: u32,
    pub(super) bucket: Bucket,
    /// Requests received.
    pub(super) received: u32,
    /// Which of the latest of them.
    pub(super) receipt: Option<Receipt>,
    /// The sequence number of the next reply, which is the number of replies so far.
    pub(super) next_sequence: u32,
    /// T3 of the latest reply as it stood there: what comes back if somebody reflects it.
    pub(super) written: [u8; 8],
    /// The latest reply that is known to have left, and when.
    pub(super) left: Option<(u32, Stamp)>,
    /// Recent rounds, of peers that tell about their side.
    pub(super) rounds: Option<Box<Rounds>>,
}

impl Session {
    pub(super) fn new(now: Duration, rank: Rank, epoch: u32) -> Self {
        Self {
            rank,
            begun: now,
            touched: now,
            epoch,
            bucket: Bucket::default(),
            received: 0,
            receipt: None,
            next_sequence: 0,
            written: [0; 8],
            left: None,
            rounds: None,
        }
    }

    /// A request came: it is the next to be answered. Returns the number of its reply.
    pub(super) fn count_in(&mut self, request: u32) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        self.received = self.received.wrapping_add(1);
        self.receipt.get_or_insert(Receipt::new(request)).note(request);
        sequence
    }

    /// Whether this is the latest reply, as somebody would send it back who took it for a request.
    pub(super) fn has_sent(&self, bytes: &[u8], mode: Mode) -> bool {
        let latest = (self.next_sequence.wrapping_sub(1), self.written);
        self.received > 0 && packet::copied(bytes, mode) == Some(latest)
    }

    /// Notes what the sender told of earlier rounds, and begins this one. Returns those of which no more will be learnt.
    pub(super) fn close_and_open(&mut self, round: Open, learnt: &Learnt) -> [Option<Closed>; 2] {
        let rounds = self.rounds.get_or_insert_default();
        if let Some((sequence, stamp)) = learnt.sent {
            rounds.note_left(sequence, stamp);
        }
        let told = learnt.report.and_then(|report| report.round);
        [told.and_then(|back| rounds.close(back)), rounds.begin(round)]
    }

    /// A reply left at this time.
    pub(super) fn note_sent(&mut self, sequence: u32, stamp: Stamp) {
        let newer = |known: u32| sequence.wrapping_sub(known).cast_signed() > 0;
        if self.left.is_none_or(|(known, _)| newer(known)) {
            self.left = Some((sequence, stamp));
        }
        if let Some(rounds) = &mut self.rounds {
            rounds.note_sent(sequence, stamp);
        }
    }
}
