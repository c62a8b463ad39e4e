//! All sources' peers together, and what becomes of them when a source or a name does not answer.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Entry;
use super::MOST;
use super::Peer;

/// What all sources gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Hosts with an address, in order of their names, each name and each address once.
    pub peers: Vec<Peer>,
    /// The zone of this host, if it is in a list itself.
    pub own_zone: Option<Arc<str>>,
    /// Hosts whose names have no address.
    pub unresolved: usize,
    /// Hosts beyond what is looked at, or with a name or an address that another has.
    pub dropped: usize,
}

/// Remembers addresses, so that a name server that fails loses nobody.
#[derive(Debug, Default)]
pub struct PeerList {
    addresses: BTreeMap<Arc<str>, SocketAddr>,
}

impl PeerList {
    /// Puts lists together. `resolve` gives an address for a host and a port, or nothing. This host is no peer: that is who has its
    /// name, or, where a list gives no names, who `is_here` by its address.
    pub fn put_together<'e>(
        &mut self,
        own: &str,
        entries: impl Iterator<Item = &'e Entry>,
        mut resolve: impl FnMut(&Entry) -> Option<SocketAddr>,
        is_here: impl Fn(SocketAddr) -> bool,
    ) -> Found {
        let mut found = Found::default();
        let (mut peers, mut taken) = (BTreeMap::new(), BTreeSet::new());
        let mut addresses = BTreeMap::new();
        for entry in entries {
            if &*entry.name == own {
                found.own_zone = Some(entry.zone.clone());
                continue;
            }
            if peers.len() >= MOST || peers.contains_key(&entry.name) {
                found.dropped += 1;
                continue;
            }
            let known = || self.addresses.get(&entry.name).copied();
            let Some(address) = resolve(entry).or_else(known) else {
                found.unresolved += 1;
                continue;
            };
            if entry.name == entry.host && is_here(address) {
                found.own_zone = Some(entry.zone.clone());
                addresses.insert(entry.name.clone(), address);
                continue;
            }
            if !taken.insert(address) {
                found.dropped += 1;
                continue;
            }
            addresses.insert(entry.name.clone(), address);
            let peer = Peer {
                name: entry.name.clone(),
                zone: entry.zone.clone(),
                address,
                has_agent: entry.has_agent,
            };
            peers.insert(entry.name.clone(), peer);
        }
        self.addresses = addresses;
        found.peers = peers.into_values().collect();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(texts: &[&str]) -> Vec<Entry> {
        texts.iter().map(|text| Entry::parse(text).unwrap()).collect()
    }

    fn literal(entry: &Entry) -> Option<SocketAddr> {
        Some(SocketAddr::new(entry.host.parse().ok()?, 862))
    }

    const fn nowhere(_: SocketAddr) -> bool {
        false
    }

    #[test]
    fn without_names_this_host_is_known_by_its_address() {
        let entries = entries(&["192.0.2.1,zone=r1", "192.0.2.2,zone=r2", "other=192.0.2.1"]);
        let here = |address: SocketAddr| address == SocketAddr::from(([192, 0, 2, 1], 862));
        let found = PeerList::default().put_together("me", entries.iter(), literal, here);
        let names: Vec<_> = found.peers.iter().map(|peer| &*peer.name).collect();
        assert_eq!(
            (names, found.own_zone.as_deref()),
            (vec!["192.0.2.2", "other"], Some("r1"))
        );
    }

    #[test]
    fn this_host_is_no_peer_and_nobody_is_there_twice() {
        let entries = entries(&[
            "me=192.0.2.1,zone=r1",
            "b=192.0.2.2",
            "b=192.0.2.3",
            "c=192.0.2.2",
            "a=192.0.2.4",
        ]);
        let found = PeerList::default().put_together("me", entries.iter(), literal, nowhere);
        let names: Vec<_> = found.peers.iter().map(|peer| &*peer.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((found.own_zone.as_deref(), found.dropped), (Some("r1"), 2));
    }

    #[test]
    fn a_name_server_that_fails_loses_nobody() {
        let mut list = PeerList::default();
        let entries = entries(&["a", "b"]);
        let answer = |entry: &Entry| Some(SocketAddr::from(([192, 0, 2, entry.host.as_bytes()[0]], 862)));
        let before = list.put_together("me", entries.iter(), answer, nowhere);
        assert_eq!(list.put_together("me", entries.iter(), |_| None, nowhere), before);
        let fewer = list.put_together("me", entries[..1].iter(), |_| None, nowhere);
        assert_eq!((fewer.peers.len(), fewer.unresolved), (1, 0));
        let back = list.put_together("me", entries.iter(), |_| None, nowhere);
        assert_eq!((back.peers.len(), back.unresolved), (1, 1));
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let entries: Vec<_> = (0..MOST + 500)
            .map(|n| Entry::parse(&format!("hv{n}")).unwrap())
            .collect();
        let mut port = 0_u32;
        let resolve = |_: &Entry| {
            port += 1;
            Some(SocketAddr::from((port.to_be_bytes(), 862)))
        };
        let found = PeerList::default().put_together("me", entries.iter(), resolve, nowhere);
        assert_eq!((found.peers.len(), found.dropped), (MOST, 500));
    }
}
