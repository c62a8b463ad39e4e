//! Who of all known hosts is measured, and how.

use crate::latency::peers::Peer;
use crate::latency::plan::Member;
use crate::latency::plan::plan;

/// The hosts that the plan gives to this one.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Those with an agent.
    pub(super) measured: Vec<Peer>,
    /// Those without.
    pub(super) pinged: Vec<Peer>,
    /// How many are left to others.
    pub(super) capped: usize,
}

impl Choice {
    /// Of `peers`, which are in order of their names, at most `most`.
    pub(super) fn of(own: Member<'_>, peers: Vec<Peer>, most: usize) -> Self {
        let members: Vec<_> = peers
            .iter()
            .map(|peer| Member {
                name: &peer.name,
                zone: &peer.zone,
            })
            .collect();
        let chosen = plan(own, &members, most);
        let capped = peers.len() - chosen.len();
        let mut peers: Vec<_> = peers.into_iter().map(Some).collect();
        let chosen = chosen
            .into_iter()
            .filter_map(|place| peers.get_mut(place).and_then(Option::take));
        let (measured, pinged) = chosen.partition(|peer| peer.has_agent);
        Self {
            measured,
            pinged,
            capped,
        }
    }
}
