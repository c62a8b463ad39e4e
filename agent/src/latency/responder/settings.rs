//! What the servers do, and for whom.

use std::net::SocketAddr;
use std::time::Duration;

use wattle_oneway::control::Limits;
use wattle_oneway::control::Protocol;
use wattle_oneway::twamp::ReflectorLimits;

use super::PortRange;
use crate::latency::mesh::Network;
use crate::latency::sessions::PassPhrases;

/// Everything about the servers that does not change while they run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where to listen, and what is spoken there.
    pub listen: Vec<(Protocol, SocketAddr)>,
    /// Who may come; everybody if empty.
    pub allow: Vec<Network>,
    /// The pass-phrases. Without any, only the open mode is offered.
    pub pass_phrases: PassPhrases,
    /// Whether clients without a pass-phrase are sent away.
    pub needs_key: bool,
    /// The ports of test sessions.
    pub ports: PortRange,
    /// What a client may ask for.
    pub limits: ClientLimits,
}

/// What one client, which is an IPv4 address or an IPv6 /64, may ask for in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientLimits {
    /// Connections of all clients together. Each takes a thread.
    pub connections: usize,
    /// Connections of one client.
    pub client_connections: usize,
    /// Sessions of one client, over all its connections.
    pub sessions: usize,
    /// Packets a second, of each session.
    pub packets_per_second: u32,
    /// Bits a second of one client's OWAMP sessions in all, with IP and UDP headers.
    pub bits_per_second: u64,
    /// From the beginning of a session to its end.
    pub lasts: Duration,
    /// Records of packets received that are kept until they are fetched, for all clients together. Each takes about 40 octets.
    pub records: u64,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            client_connections: 16,
            sessions: 16,
            packets_per_second: 1000,
            bits_per_second: 10_000_000,
            lasts: Duration::from_secs(86_400),
            records: 1 << 21,
        }
    }
}

impl ClientLimits {
    /// The part that can be judged from one request.
    pub(super) fn of_a_request(&self) -> Limits {
        Limits {
            sessions: self.sessions,
            packets_per_second: self.packets_per_second.into(),
            bits_per_second: self.bits_per_second,
            seconds: self.lasts.as_secs(),
            ..Limits::default()
        }
    }

    pub(super) fn of_a_reflector(&self) -> ReflectorLimits {
        ReflectorLimits {
            lasts: self.lasts,
            packets_per_second: self.packets_per_second,
            ..ReflectorLimits::default()
        }
    }
}
