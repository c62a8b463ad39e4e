//! The peers that are measured: each by its place, by its address, and by when it is due.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use wattle_oneway::clock::PairOffset;
use wattle_oneway::clock::mesh_offsets;
use wattle_oneway::stamp::ClockClaim;
use wattle_oneway::stamp::Position;

use super::order::Tuning;
use super::pair::Pair;
use super::sessions::Sessions;
use super::timers::Timers;
use crate::latency::peers::Peer;
use crate::latency::report::Offsets;

/// Names one session: the pair's place times the sessions of a pair, and which of these.
pub(super) type Slot = usize;

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

    /// Whose session it is, and from which port.
    pub(super) fn at(&mut self, slot: Slot) -> Option<(&mut Pair, usize)> {
        let width = self.sessions.width;
        Some((self.pairs.get_mut(slot / width)?, slot % width))
    }

    /// Which session packets belong to that come from there to this port.
    pub(super) fn slot(&self, from: SocketAddr, port: usize) -> Option<Slot> {
        Some(self.by_address.get(&from)? * self.sessions.width + port)
    }

    /// Sets when a session is due next: not before `least`, if that is given.
    pub(super) fn plan(&mut self, slot: Slot, least: Option<Duration>) {
        let Some((pair, port)) = self.at(slot) else { return };
        let next = pair.paths.get(port).and_then(|path| path.sender.poll_timeout());
        self.timers
            .set(slot, next.map(|next| next.max(least.unwrap_or(next))));
    }

    /// Measures these from now on. Those that stay keep their sessions, and all that is known of them.
    pub(super) fn replace(&mut self, peers: Vec<Peer>, now: Duration) {
        let pairs = self.pairs.drain(..);
        let mut before: HashMap<Arc<str>, Pair> = pairs.map(|pair| (pair.peer.name.clone(), pair)).collect();
        for peer in peers {
            let pair = match before.remove(&peer.name) {
                Some(mut pair) => {
                    let address = std::mem::replace(&mut pair.peer, peer).address;
                    if pair.peer.address != address {
                        pair.moved(&mut self.sessions, now);
                    }
                    pair
                }
                None => {
                    let mut pair = Pair::new(peer, self.sessions.tuning.interval);
                    pair.renew(&mut self.sessions, now);
                    pair
                }
            };
            self.pairs.push(pair);
        }
        self.index();
    }

    /// Measures in another way. Sessions begin anew if they would be different.
    pub(super) fn tune(&mut self, tuning: Tuning, now: Duration) {
        if self.sessions.tune(tuning) {
            for pair in &mut self.pairs {
                pair.renew(&mut self.sessions, now);
            }
            self.index();
        }
    }

    fn index(&mut self) {
        self.by_address.clear();
        self.timers.clear();
        for (place, pair) in self.pairs.iter().enumerate() {
            self.by_address.insert(pair.peer.address, place);
        }
        for slot in 0..self.pairs.len() * self.sessions.width {
            self.plan(slot, None);
        }
    }

    /// What all peers are told of this host.
    pub(super) fn introduce(&mut self, claim: ClockClaim, position: Option<Position>) {
        for path in self.pairs.iter_mut().flat_map(|pair| &mut pair.paths) {
            path.sender.set_clock(claim);
            path.sender.set_position(position);
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
