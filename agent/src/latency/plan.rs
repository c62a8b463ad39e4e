//! Which peers this host measures.
//!
//! Up to a limit all of them. Above it each agent computes from the same list of hosts the same sparse plan: of each two zones one
//! host each measures the other, and what room is left goes to the hosts that rendezvous hashing ranks first. A host that
//! comes or goes changes only the pairs that it is in, or that take its place.

use std::collections::BTreeMap;

/// What a plan needs to know of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name, which nobody else has.
    pub name: &'a str,
    /// Its rack, row or site.
    pub zone: &'a str,
}

/// The positions, in the list of peers, of those to be measured, in order.
pub fn plan(own: Member<'_>, peers: &[Member<'_>], most: usize) -> Vec<usize> {
    if peers.len() <= most {
        return (0..peers.len()).collect();
    }
    let mut ranked = duties(own, peers);
    ranked.sort_by_cached_key(|&at| rank(own, peers, at));
    let mut is_duty = vec![false; peers.len()];
    ranked.iter().for_each(|&at| is_duty[at] = true);
    let mut others: Vec<usize> = (0..peers.len()).filter(|&at| !is_duty[at]).collect();
    others.sort_by_cached_key(|&at| rank(own, peers, at));
    ranked.extend(others);
    ranked.truncate(most);
    ranked.sort_unstable();
    ranked
}

/// Highest first; the same for both ends of a pair.
fn rank(own: Member<'_>, peers: &[Member<'_>], at: usize) -> (std::cmp::Reverse<u64>, usize) {
    let name = peers.get(at).map_or("", |peer| peer.name);
    (std::cmp::Reverse(score_of_pair(own.name, name)), at)
}

/// The peers in other zones that this host measures on behalf of its own zone.
fn duties(own: Member<'_>, peers: &[Member<'_>]) -> Vec<usize> {
    let mut zones: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, peer) in peers.iter().enumerate() {
        zones.entry(peer.zone).or_default().push(at);
    }
    let neighbours = zones.remove(own.zone).unwrap_or_default();
    let speaks = |zone: &str| {
        let mine = (score(own.name, zone), own.name);
        neighbours
            .iter()
            .filter_map(|&at| peers.get(at))
            .all(|peer| (score(peer.name, zone), peer.name) < mine)
    };
    let envoys = zones.into_iter().filter(|(zone, _)| speaks(zone));
    envoys
        .filter_map(|(_, hosts)| {
            hosts
                .into_iter()
                .max_by_key(|&at| peers.get(at).map(|peer| (score(peer.name, own.zone), peer.name)))
        })
        .collect()
}

/// The same whichever is named first.
fn score_of_pair(one: &str, other: &str) -> u64 {
    score(one.min(other), one.max(other))
}

/// FNV-1a with a mixer behind it, written out because every agent of whatever version must agree.
fn score(one: &str, other: &str) -> u64 {
    let octets = one.bytes().chain([0]).chain(other.bytes());
    let mut hash = octets.fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Host = (String, String);

    fn hosts(count: usize, zones: usize) -> Vec<Host> {
        (0..count)
            .map(|n| (format!("hv{n}"), format!("z{}", n % zones)))
            .collect()
    }

    fn member(host: &Host) -> Member<'_> {
        Member {
            name: &host.0,
            zone: &host.1,
        }
    }

    /// Who measures whom, if each agent has the list in another order.
    fn pairs(hosts: &[Host], most: usize) -> BTreeSet<(&str, &str)> {
        let mut all = BTreeSet::new();
        for (nth, own) in hosts.iter().enumerate() {
            let mut peers: Vec<_> = hosts.iter().filter(|peer| *peer != own).map(member).collect();
            let turned = nth % peers.len().max(1);
            peers.rotate_left(turned);
            let chosen = plan(member(own), &peers, most);
            assert!(chosen.len() <= most);
            all.extend(chosen.into_iter().map(|at| (&*own.0, peers[at].name)));
        }
        all
    }

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(score("hv1", "hv2"), 0xd43d_c31b_6a92_847d);
    }

    #[test]
    fn a_host_more_changes_little() {
        let (before, after) = (hosts(100, 5), hosts(101, 5));
        let (before, after) = (pairs(&before, 10), pairs(&after, 10));
        let gone = before.difference(&after).count();
        assert!(gone < before.len() / 5, "{gone} of {}", before.len());
    }

    #[test]
    fn ten_thousand_hosts_in_five_thousand_zones_are_planned() {
        let hosts = hosts(10_000, 5_000);
        let peers: Vec<_> = hosts[1..].iter().map(member).collect();
        assert_eq!(plan(member(&hosts[0]), &peers, 100).len(), 100);
    }

    proptest! {
        #[test]
        fn a_small_mesh_is_full(count in 1..30_usize, zones in 1..5_usize) {
            prop_assert_eq!(pairs(&hosts(count, zones), count - 1).len(), count * (count - 1));
        }

        #[test]
        fn each_two_zones_measure_each_other_and_each_host_has_its_share(
            count in 20..80_usize, zones in 1..8_usize, more in 0..6_usize
        ) {
            let hosts = hosts(count, zones);
            let most = zones + more;
            let zone_of = |name: &str| hosts.iter().find(|host| host.0 == name).map(|host| &*host.1);
            let pairs = pairs(&hosts, most);
            let covered: BTreeSet<_> = pairs.iter().map(|(one, other)| (zone_of(one), zone_of(other))).collect();
            let between = covered.iter().filter(|(one, other)| one != other).count();
            prop_assert_eq!(between, zones * (zones - 1));
            prop_assert_eq!(pairs.len(), count * most.min(count - 1));
        }

        #[test]
        fn any_names_and_zones_are_planned(names in proptest::collection::vec((".{0,5}", ".{0,3}"), 0..40), most in 0..50_usize) {
            let peers: Vec<_> = names.iter().map(member).collect();
            let chosen = plan(Member { name: "me", zone: "" }, &peers, most);
            prop_assert_eq!(chosen.len(), most.min(peers.len()));
            prop_assert!(chosen.is_sorted_by(|one, other| one < other));
        }
    }
}
