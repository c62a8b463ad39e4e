//! The base packets (RFC 8762 sections 4.2 and 4.3, with the session identifier of RFC 8972 section 3).
//!
//! Requests and replies of both modes share one shape: what stands at which octet is a [`Layout`].

use crate::ErrorEstimate;
use crate::Timestamp;

use super::keys::Key;
use super::keys::TAG;
use super::octets::field;
use super::octets::field_or_zero;
use super::octets::put;
use super::octets::u32_at;

/// Whether the base packet carries an HMAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// No: 44 octets.
    #[default]
    Unauthenticated,
    /// Yes: 112 octets.
    Authenticated,
}

/// The places of the fields. The sequence number is at 0 in each.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The octets of a base packet, after which TLVs begin.
    pub(crate) length: usize,
    /// The least that can be read: TWAMP Light's packets are shorter than STAMP's (RFC 8762 section 4.6).
    request_minimum: usize,
    reply_minimum: usize,
    timestamp: usize,
    error: usize,
    ssid: usize,
    received: usize,
    sender_sequence: usize,
    sender_timestamp: usize,
    sender_error: usize,
    ttl: usize,
    /// What the HMAC covers; it stands right after.
    covered: usize,
}

const UNAUTHENTICATED: Layout = Layout {
    length: 44,
    request_minimum: 14,
    reply_minimum: 41,
    timestamp: 4,
    error: 12,
    ssid: 14,
    received: 16,
    sender_sequence: 24,
    sender_timestamp: 28,
    sender_error: 36,
    ttl: 40,
    covered: 0,
};

const AUTHENTICATED: Layout = Layout {
    length: 112,
    request_minimum: 112,
    reply_minimum: 112,
    timestamp: 16,
    error: 24,
    ssid: 26,
    received: 32,
    sender_sequence: 48,
    sender_timestamp: 64,
    sender_error: 72,
    ttl: 80,
    covered: 96,
};

impl Mode {
    pub(crate) const fn layout(self) -> &'static Layout {
        match self {
            Self::Unauthenticated => &UNAUTHENTICATED,
            Self::Authenticated => &AUTHENTICATED,
        }
    }

    /// The octets of a base packet, after which TLVs begin.
    pub const fn base_len(self) -> usize {
        self.layout().length
    }
}

/// A Session-Sender's packet: figure 2 of RFC 8762 open, figure 4 authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Counts up from 0 with each packet of a session.
    pub sequence: u32,
    /// T1 as it stands there; `error` says in which format.
    pub timestamp: [u8; 8],
    /// How wrong T1 may be.
    pub error: ErrorEstimate,
    /// The session's identifier, 0 if it has none.
    pub ssid: u16,
}

impl Request {
    /// Reads the fields. Nothing if the packet is too short; the HMAC is not looked at.
    pub fn parse(bytes: &[u8], mode: Mode) -> Option<Self> {
        let layout = mode.layout();
        if bytes.len() < layout.request_minimum {
            return None;
        }
        Some(Self {
            sequence: u32_at(bytes, 0),
            timestamp: field(bytes, layout.timestamp)?,
            error: ErrorEstimate::from_bytes(field(bytes, layout.error)?),
            ssid: ssid(bytes, layout),
        })
    }

    /// Writes a base packet at the head of `out`, everything else in it zero, without an HMAC.
    pub fn write(&self, mode: Mode, out: &mut [u8]) {
        let layout = mode.layout();
        let base = out.len().min(layout.length);
        out.get_mut(..base).unwrap_or_default().fill(0);
        put(out, 0, &self.sequence.to_be_bytes());
        put(out, layout.timestamp, &self.timestamp);
        put(out, layout.error, &self.error.to_bytes());
        put(out, layout.ssid, &self.ssid.to_be_bytes());
    }

    /// T1.
    pub const fn time(&self) -> Timestamp {
        Timestamp::from_bytes(self.timestamp, self.error.format())
    }
}

/// A Session-Reflector's packet: figure 5 of RFC 8762 open, figure 6 authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reply {
    /// The reflector's own count in a stateful reflector; the request's in a stateless one.
    pub sequence: u32,
    /// T3 as it stands there.
    pub timestamp: [u8; 8],
    /// How wrong T2 and T3 may be.
    pub error: ErrorEstimate,
    /// As in the request.
    pub ssid: u16,
    /// T2 as it stands there.
    pub received: [u8; 8],
    /// The request's sequence number.
    pub sender_sequence: u32,
    /// The request's T1, untouched.
    pub sender_timestamp: [u8; 8],
    /// The request's error estimate, untouched.
    pub sender_error: ErrorEstimate,
    /// TTL or hop limit of the request as it arrived.
    pub ttl: u8,
}

impl Reply {
    /// Reads the fields. Nothing if the packet is too short; the HMAC is not looked at.
    ///
    /// TWAMP Light's 41 octets are enough.
    pub fn parse(bytes: &[u8], mode: Mode) -> Option<Self> {
        let layout = mode.layout();
        if bytes.len() < layout.reply_minimum {
            return None;
        }
        Some(Self {
            sequence: u32_at(bytes, 0),
            timestamp: field(bytes, layout.timestamp)?,
            error: ErrorEstimate::from_bytes(field(bytes, layout.error)?),
            ssid: ssid(bytes, layout),
            received: field(bytes, layout.received)?,
            sender_sequence: u32_at(bytes, layout.sender_sequence),
            sender_timestamp: field(bytes, layout.sender_timestamp)?,
            sender_error: ErrorEstimate::from_bytes(field(bytes, layout.sender_error)?),
            ttl: *bytes.get(layout.ttl)?,
        })
    }

    /// The part that stands where it stands in a request: this end's number, time and error.
    const fn own(&self) -> Request {
        Request {
            sequence: self.sequence,
            timestamp: self.timestamp,
            error: self.error,
            ssid: self.ssid,
        }
    }

    /// Writes a base packet at the head of `out`, everything else in it zero, without an HMAC. What does not fit
    /// is cut off.
    pub fn write(&self, mode: Mode, out: &mut [u8]) {
        let layout = mode.layout();
        self.own().write(mode, out);
        put(out, layout.received, &self.received);
        put(out, layout.sender_sequence, &self.sender_sequence.to_be_bytes());
        put(out, layout.sender_timestamp, &self.sender_timestamp);
        put(out, layout.sender_error, &self.sender_error.to_bytes());
        put(out, layout.ttl, &[self.ttl]);
    }
}

/// A packet shorter than STAMP's is TWAMP Light's, which has padding where the identifier would stand.
fn ssid(bytes: &[u8], layout: &Layout) -> u16 {
    if bytes.len() < layout.length {
        return 0;
    }
    u16::from_be_bytes(field_or_zero(bytes, layout.ssid))
}

/// Signs an authenticated base packet (RFC 8762 section 4.4).
pub(crate) fn sign(bytes: &mut [u8], key: &Key) {
    let covered = AUTHENTICATED.covered;
    let tag = key.tag(&[bytes.get(..covered).unwrap_or_default()]);
    put(bytes, covered, &tag);
}

/// What the HMAC of an authenticated base packet covers, and the HMAC.
pub(crate) fn signed(bytes: &[u8]) -> Option<(&[u8], [u8; TAG])> {
    let covered = AUTHENTICATED.covered;
    Some((bytes.get(..covered)?, field(bytes, covered)?))
}

/// Whether this can only be an authenticated request: zeros where an open one has its timestamp.
pub(crate) fn looks_authenticated(bytes: &[u8]) -> bool {
    bytes.len() >= AUTHENTICATED.length && field(bytes, 4) == Some([0_u8; 12])
}

/// Whether it is padded as TWAMP Light pads, with octets that STAMP has as zero.
pub(crate) fn is_padded(bytes: &[u8], mode: Mode) -> bool {
    let padding = bytes.get(16..UNAUTHENTICATED.length).unwrap_or_default();
    mode == Mode::Unauthenticated && padding.iter().any(|octet| *octet != 0)
}

/// Where a reply has what it copied from its request: sequence number and timestamp.
pub(crate) fn copied(bytes: &[u8], mode: Mode) -> Option<(u32, [u8; 8])> {
    let layout = mode.layout();
    let timestamp = field(bytes, layout.sender_timestamp)?;
    Some((u32_at(bytes, layout.sender_sequence), timestamp))
}
