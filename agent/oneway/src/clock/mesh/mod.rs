//! Whose clock is wrong: one offset for each host out of the offsets between pairs.

mod groups;
mod solve;

use std::collections::BTreeMap;

use groups::groups;
use solve::Edge;
use solve::solve;

/// How far apart two hosts' clocks are, as measured between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairOffset<K> {
    /// The one host.
    pub from: K,
    /// The other.
    pub to: K,
    /// How far the other one's clock is ahead of the one's, in nanoseconds.
    pub offset: i64,
    /// How wrong that may be.
    pub error: u64,
}

/// How far one host's clock is ahead of the others'.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostOffset<K> {
    /// The host.
    pub host: K,
    /// How far its clock is ahead of the median of its group, in nanoseconds.
    pub offset: i64,
    /// How wrong that may be: the median of its pairs' errors.
    pub error: u64,
    /// How far its pairs' offsets are from what the hosts' offsets make of them: the median. If it is above the error, not the
    /// clock but what was measured with this host is wrong, or its paths there and back differ.
    pub residual: u64,
    /// How many pairs it is in.
    pub pairs: usize,
    /// Which group: only hosts that pairs connect can be compared. Groups are numbered from 0.
    pub group: usize,
    /// How many hosts are in its group; of fewer than three nobody can say which is wrong.
    pub group_size: usize,
}

impl<K> HostOffset<K> {
    /// Whether this host's clock is further off than it claims, whatever the errors were, and most others' are not.
    pub const fn contradicts(&self, claimed_bound: u64) -> bool {
        self.group_size > 2 && self.offset.unsigned_abs() > claimed_bound.saturating_add(self.error)
    }
}

/// The offsets of all hosts that fit the offsets of the pairs best, in order of the hosts.
///
/// Least squares with each pair weighted by its error, repeated with less weight for pairs that do not fit, so that a
/// wrong pair, or all pairs of one host, do not move the others. Within each connected group offsets are from the median
/// host: as long as most clocks are right, a wrong one does not make them look wrong. The work grows with the number of pairs.
///
/// ```
/// use wattle_oneway::clock::{PairOffset, mesh_offsets};
///
/// let pair = |from, to, offset| PairOffset { from, to, offset, error: 20_000 };
/// let mesh = mesh_offsets(&[
///     pair("a", "b", 3_000),
///     pair("b", "c", 5_000_000),
///     pair("a", "c", 5_004_000),
///     pair("d", "c", 4_998_000),
/// ]);
/// let wrong: Vec<_> = mesh.iter().filter(|host| host.contradicts(100_000)).map(|host| host.host).collect();
/// assert_eq!(wrong, ["c"]);
/// ```
pub fn mesh_offsets<K: Ord + Clone>(pairs: &[PairOffset<K>]) -> Vec<HostOffset<K>> {
    let mut places: BTreeMap<&K, usize> = pairs
        .iter()
        .flat_map(|pair| [(&pair.from, 0), (&pair.to, 0)])
        .collect();
    for (place, of_host) in places.values_mut().enumerate() {
        *of_host = place;
    }
    let edge = |pair: &PairOffset<K>| {
        let (from, to) = (*places.get(&pair.from)?, *places.get(&pair.to)?);
        (from != to).then_some(Edge {
            from,
            to,
            offset: pair.offset as f64,
            error: pair.error,
        })
    };
    let edges: Vec<Edge> = pairs.iter().filter_map(edge).collect();
    let groups = groups(places.len(), &edges);
    let offsets = solve(&edges, &groups);
    describe(places.keys().copied(), &edges, &groups, offsets)
}

fn describe<'a, K: Ord + Clone + 'a>(
    hosts: impl Iterator<Item = &'a K>,
    edges: &[Edge],
    groups: &[usize],
    mut offsets: Vec<f64>,
) -> Vec<HostOffset<K>> {
    let sizes = centre(groups, &mut offsets);
    let mut errors = vec![Vec::new(); offsets.len()];
    let mut residuals = errors.clone();
    for edge in edges {
        let residual = edge.residual(&offsets).abs();
        for host in [edge.from, edge.to] {
            errors[host].push(edge.error as f64);
            residuals[host].push(residual);
        }
    }
    let describe = |(host, key): (usize, &K)| HostOffset {
        host: key.clone(),
        offset: offsets[host].round() as i64,
        pairs: errors[host].len(),
        error: nanos(median(&mut errors[host])),
        residual: nanos(median(&mut residuals[host])),
        group: groups[host],
        group_size: sizes[groups[host]],
    };
    hosts.enumerate().map(describe).collect()
}

/// Takes each group's median off its hosts' offsets, and says how many hosts each group has.
fn centre(groups: &[usize], offsets: &mut [f64]) -> Vec<usize> {
    let mut members = vec![Vec::new(); groups.iter().max().map_or(0, |most| most + 1)];
    for (&group, &offset) in groups.iter().zip(offsets.iter()) {
        members[group].push(offset);
    }
    let medians: Vec<f64> = members.iter_mut().map(|offsets| median(offsets)).collect();
    for (&group, offset) in groups.iter().zip(offsets) {
        *offset -= medians[group];
    }
    members.iter().map(Vec::len).collect()
}

/// The middle value, or the middle of the two middle ones.
fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let (upper, lower) = (values.len() / 2, values.len().saturating_sub(1) / 2);
    let value = |at| values.get(at).copied().unwrap_or_default();
    value(lower).midpoint(value(upper))
}

const fn nanos(distance: f64) -> u64 {
    (distance.ceil() as i64).unsigned_abs()
}
