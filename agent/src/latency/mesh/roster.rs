//! The peers that are measured: each by its place, by its address, and by when it is due.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use wattle_oneway::clock::PairOffset;
use wattle_oneway::clock::mesh_offsets;
use wattle_oneway::stamp::ClockClaim;
use wattle_oneway::stamp::Position;

use super::pair::Pair;
use super::sessions::Sessions;
use super::timers::Timers;
use crate::latency::peers::Peer;
use crate::latency::report::Offsets;

/// All pairs of which this host is one half.
pub(super) struct Roster {
    pub(super) pairs: Vec<Pair>,
    pub(super) timers: Timers,
    by_address: HashMap<SocketAddr, usize>,
    sessions: Sessions,
}

impl Roster {
    /// Nobody yet.
    pub(super) fn new(sessions: Sessions) -> Self {
        Self {
            pairs: Vec::new(),
            timers: Timers::default(),
            by_address: HashMap::new(),
            sessions,
        }
    }

    /// Whose packets come from there, and its place.
    pub(super) fn at(&mut self, address: SocketAddr) -> Option<(usize, &mut Pair)> {
        let place = *self.by_address.get(&address)?;
        Some((place, self.pairs.get_mut(place)?))
    }

    /// Measures these from now on. Those that stay keep their sessions, and all that is known of them.
    pub(super) fn replace(&mut self, peers: Vec<Peer>, now: Duration) {
        let mut before: HashMap<Arc<str>, Pair> = self
            .pairs
            .drain(..)
            .map(|pair| (pair.peer.name.clone(), pair))
            .collect();
        for peer in peers {
            let pair = match before.remove(&peer.name) {
                Some(mut pair) if pair.peer.address != peer.address => {
                    let (settings, number) = self.sessions.next();
                    pair.moved(peer.address, settings, number, now);
                    pair.peer = peer;
                    pair
                }
                Some(mut pair) => {
                    pair.peer = peer;
                    pair
                }
                None => {
                    let (settings, number) = self.sessions.next();
                    Pair::new(peer, settings, number, now)
                }
            };
            self.pairs.push(pair);
        }
        self.index();
    }

    fn index(&mut self) {
        self.by_address.clear();
        self.timers.clear();
        for (place, pair) in self.pairs.iter().enumerate() {
            self.by_address.insert(pair.peer.address, place);
            self.timers.set(place, pair.sender.poll_timeout());
        }
    }

    /// What all peers are told of this host.
    pub(super) fn introduce(&mut self, claim: ClockClaim, position: Option<Position>) {
        for pair in &mut self.pairs {
            pair.sender.set_clock(claim);
            pair.sender.set_position(position);
        }
    }

    /// Each host's clock, and whether it contradicts what the host says of it.
    pub(super) fn offsets(&self, own: &Arc<str>, own_claim: ClockClaim, now: Duration) -> Offsets {
        let pairs: Vec<PairOffset<_>> = self
            .pairs
            .iter()
            .filter_map(|pair| pair.offset(own, now))
            .collect();
        let claims: HashMap<&str, ClockClaim> = self
            .pairs
            .iter()
            .map(|pair| (&*pair.peer.name, pair.claim()))
            .collect();
        let offsets = mesh_offsets(&pairs).into_iter().map(|host| {
            let claim = claims.get(&*host.host).copied().unwrap_or(own_claim);
            let wrong = claim.bound_nanos().is_some_and(|bound| host.contradicts(bound));
            (host, wrong)
        });
        offsets.collect()
    }
}
