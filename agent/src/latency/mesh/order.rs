//! What the thread that measures is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::network::Network;
use crate::desk::Desk;
use crate::geo::Situation;
use crate::latency::icmp::IcmpDesk;
use crate::latency::keys::Secrets;
use crate::latency::peers::Peer;
use crate::latency::peers::SourceReport;
use crate::latency::socket::WallShift;

/// What the thread can be told.
#[derive(Debug)]
pub enum Order {
    /// These are the peers from now on.
    Peers {
        /// In order of their names; nothing if they are the same as before.
        peers: Option<Vec<Peer>>,
        /// The zone of this host.
        own_zone: Arc<str>,
        /// Peers without an address.
        unresolved: usize,
        /// How the sources are.
        sources: Vec<SourceReport>,
    },
    /// Measure like this from now on.
    Tune(Box<Tuning>),
    /// End.
    Stop,
}

/// How it measures.
#[derive(Clone, Debug)]
pub struct MeshSettings {
    /// This host's name.
    pub own: Arc<str>,
    /// Where the reflector listens: at most one address of each family.
    pub listen: Vec<SocketAddr>,
    /// Whom it answers; everybody if this is empty.
    pub allow: Vec<Network>,
    /// From how many ports peers are asked in turn, so that packets take all of several equal paths.
    pub ports: usize,
    /// For tests of what a wrong clock does.
    pub shift: WallShift,
    /// Where this host stands, for those peers that may know.
    pub place: Arc<Desk<Situation>>,
    /// Where peers without an agent are handed on.
    pub icmp: Arc<IcmpDesk>,
    /// What can be changed while it does.
    pub tuning: Tuning,
}

/// What can be changed without losing what is known.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The mean time between two packets to a peer.
    pub interval: Duration,
    /// DSCP of all packets.
    pub dscp: u8,
    /// The most peers that are measured.
    pub most: usize,
    /// What packets are signed with.
    pub keys: Option<Secrets>,
}
