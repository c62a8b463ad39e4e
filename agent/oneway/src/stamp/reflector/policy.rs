//! What a reflector may do, and how much of it.

use core::time::Duration;

use crate::TimestampFormat;
use crate::stamp::tlv::SyncSource;

use super::Rate;

/// Who is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without authentication. Keys serve for the HMAC TLV alone.
    Open,
    /// Whoever has a key of his own (by address) must use it. Of the others, what has the form of an authenticated packet
    /// must be right, and the rest is answered.
    #[default]
    Either,
    /// Only packets with a right HMAC.
    Authenticated,
}

/// Bounds on memory and work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Established sessions. They are never given up for newcomers, except open ones for authenticated ones.
    pub sessions: usize,
    /// Sessions that have not yet shown that they last. The newest pushes the oldest out.
    pub newcomers: usize,
    /// Established open sessions of one address.
    pub sessions_per_address: usize,
    /// A session that is silent for so long is forgotten.
    pub expiry: Duration,
    /// Packets of one session, and of one address that has no session yet.
    pub per_source: Rate,
    /// Packets of all that have no established session together.
    pub all_newcomers: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 4096,
            newcomers: 1024,
            sessions_per_address: 64,
            expiry: Duration::from_secs(900),
            per_source: Rate {
                per_second: 1000,
                burst: 1000,
            },
            all_newcomers: Rate {
                per_second: 5000,
                burst: 5000,
            },
        }
    }
}

/// Everything about a reflector that does not change while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// ReflectorCounts replies by session, which tells the directions' losses apart (RFC 8762 section 4). A stateless one
    /// remembers nobody and sends no follow-up.
    pub stateful: bool,
    /// Who is answered.
    pub access: Access,
    /// How T2 and T3 are written. Whoever must serve TWAMP Light leaves it at NTP (RFC 8762 section 4.6).
    pub format: TimestampFormat,
    /// What keeps the clock right, for the Timestamp Information TLV.
    pub sync_source: SyncSource,
    /// Which DSCPs a reply may have because a Class of Service TLV asks for it: bit n for DSCP n.
    pub dscps: u64,
    /// Whether a Location TLV is told the addresses and ports of the request.
    pub tells_addresses: bool,
    /// Whether the TLVs of this crate are known.
    pub extensions: bool,
    /// Bounds on memory and work.
    pub limits: Limits,
    /// Different after each start, the start's time for example: tells peers that everything was forgotten.
    pub epoch: u32,
    /// Different on each host and unknown to others: spreads addresses over the buckets of the rate limit.
    pub seed: u64,
}

impl Policy {
    /// Whether a reply may have this DSCP because it was asked for.
    pub const fn allows_dscp(&self, dscp: u8) -> bool {
        dscp < 64 && self.dscps & (1 << dscp) != 0
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            stateful: true,
            access: Access::default(),
            format: TimestampFormat::default(),
            sync_source: SyncSource::default(),
            dscps: u64::MAX,
            tells_addresses: true,
            extensions: true,
            limits: Limits::default(),
            epoch: 0,
            seed: 0,
        }
    }
}
