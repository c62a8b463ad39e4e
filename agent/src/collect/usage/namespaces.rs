//! The network namespaces of containers, each charged to one.
//!
//! A namespace that several workloads share (the containers of a pod, a container that joined another's network) has no
//! figures for each of them. It is charged whole to the one whose process has been in it longest, which is the one that it
//! was made for: the pod's sandbox. The others have no network figures, and neither has who uses the host's own network.

use std::collections::HashMap;
use std::sync::Arc;

use wattle_hostfs::net_dev::Device;
use wattle_hostfs::net_namespace::NamespaceId;

use super::inward::outward;
use super::tally::Tally;
use crate::sample::FlowKind;
use crate::sample::FlowSample;

/// A namespace that nobody is in any more is forgotten after so many ticks.
const FORGET_AFTER: u64 = 128;

/// The namespaces known.
#[derive(Debug, Default)]
pub(super) struct Namespaces(HashMap<NamespaceId, Namespace>);

#[derive(Debug)]
struct Namespace {
    flow: u64,
    source: Arc<str>,
    tally: Tally<String>,
    owner: Option<Claim>,
    fresh: bool,
    seen: u64,
}

/// An account that has a process in a namespace. The older one comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    /// When its process started, in clock ticks since boot.
    pub(super) start_ticks: u64,
    /// The account.
    pub(super) account: u64,
}

impl Namespaces {
    /// The account that pays for a namespace, now that `claim` is made for it too.
    pub(super) fn claim(&mut self, id: NamespaceId, claim: Claim, fresh: bool, ids: &mut u64) -> u64 {
        let space = self.0.entry(id).or_insert_with(|| {
            *ids += 1;
            Namespace {
                flow: *ids,
                source: format!("net:{}", id.0).into(),
                tally: Tally::default(),
                owner: None,
                fresh,
                seen: 0,
            }
        });
        let owner = space.owner.map_or(claim, |owner| owner.min(claim));
        space.owner = Some(owner);
        owner.account
    }

    /// Takes the figures of a namespace's devices.
    pub(super) fn read(&mut self, id: NamespaceId, devices: &[Device], tick: u64) -> Option<FlowSample> {
        let space = self.0.get_mut(&id)?;
        space.seen = tick;
        space.tally.begin();
        for device in outward(devices) {
            space
                .tally
                .add(&*device.name, [device.receive.bytes, device.transmit.bytes]);
        }
        Some(FlowSample {
            id: space.flow,
            source: space.source.clone(),
            account: space.owner?.account,
            kind: FlowKind::Network,
            bytes: space.tally.end(),
            fresh: space.fresh,
        })
    }

    /// An account has left a namespace; another that is in it pays from its next claim on.
    pub(super) fn leave(&mut self, id: NamespaceId, account: u64) {
        if let Some(space) = self.0.get_mut(&id) {
            space.owner = space.owner.filter(|owner| owner.account != account);
        }
    }

    /// Forgets the namespaces that nobody has been seen in for long.
    pub(super) fn expire(&mut self, tick: u64) {
        self.0
            .retain(|_, space| space.owner.is_some() || tick.saturating_sub(space.seen) < FORGET_AFTER);
    }
}

#[cfg(test)]
mod tests {
    use wattle_hostfs::net_dev::Traffic;

    use super::*;

    fn eth0(bytes: u64) -> [Device; 1] {
        let receive = Traffic {
            bytes,
            ..Traffic::default()
        };
        [Device {
            name: "eth0".into(),
            receive,
            transmit: Traffic::default(),
        }]
    }

    #[test]
    fn a_shared_namespace_is_charged_to_whoever_is_in_it_longest() {
        let (mut spaces, mut ids) = (Namespaces::default(), 0);
        let id = NamespaceId(7);
        let claim = |start_ticks, account| Claim { start_ticks, account };
        assert_eq!(spaces.claim(id, claim(50, 2), true, &mut ids), 2);
        assert_eq!(
            spaces.claim(id, claim(40, 9), true, &mut ids),
            9,
            "the sandbox was found later"
        );
        assert_eq!(spaces.claim(id, claim(50, 2), true, &mut ids), 9);
        let first = spaces.read(id, &eth0(10), 1).unwrap();
        spaces.leave(id, 9);
        assert_eq!(spaces.claim(id, claim(50, 2), true, &mut ids), 2);
        let then = spaces.read(id, &eth0(15), 2).unwrap();
        assert_eq!((first.account, then.account, first.id == then.id), (9, 2, true));
        assert_eq!((first.bytes[0], then.bytes[0]), (10, 15));
    }

    #[test]
    fn an_empty_namespace_is_remembered_for_a_while() {
        let (mut spaces, mut ids) = (Namespaces::default(), 0);
        let claim = Claim {
            start_ticks: 1,
            account: 1,
        };
        spaces.claim(NamespaceId(7), claim, true, &mut ids);
        spaces.read(NamespaceId(7), &eth0(10), 1);
        spaces.leave(NamespaceId(7), 1);
        spaces.expire(FORGET_AFTER);
        assert_eq!(spaces.0.len(), 1);
        spaces.expire(FORGET_AFTER + 1);
        assert!(spaces.0.is_empty());
    }
}
