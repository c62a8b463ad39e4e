//! The other hosts: who they are and where.

mod discover;
mod dns;
mod entry;
mod http;
mod list;
mod source;
mod targets;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use discover::Discovery;
pub use discover::Round;
pub use discover::Sources;
pub use entry::Entry;
pub use http::check as check_url;
pub use list::Found;
pub use list::PeerList;
pub use targets::parse as parse_targets;

/// No list is longer; what is beyond is counted and not looked at.
pub const MOST: usize = 10_000;

/// Another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name, which is the value of the label `peer`.
    pub name: Arc<str>,
    /// Its rack, row or site; may be empty.
    pub zone: Arc<str>,
    /// Where its reflector is.
    pub address: SocketAddr,
    /// Whether it has one. Others are pinged.
    pub has_agent: bool,
}

/// How a source of peers is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceReport {
    /// Which: the value of the label `source`.
    pub source: String,
    /// How many peers it last gave.
    pub peers: usize,
    /// When it last gave any, on the steady clock.
    pub answered: Option<Duration>,
    /// How often it did not.
    pub failures: u64,
    /// Why it did not, the last time; empty if it did.
    pub trouble: String,
}
