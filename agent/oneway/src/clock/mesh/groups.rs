use super::solve::Edge;

/// For each host the number of its group: hosts that a chain of pairs connects. Groups are numbered in order of their
/// first host.
pub(super) fn groups(hosts: usize, edges: &[Edge]) -> Vec<usize> {
    let mut leaders: Vec<usize> = (0..hosts).collect();
    for edge in edges {
        let (a, b) = (leader(&mut leaders, edge.from), leader(&mut leaders, edge.to));
        leaders[a.max(b)] = a.min(b);
    }
    let mut numbers = vec![0; hosts];
    let mut groups = 0;
    for host in 0..hosts {
        let first = leader(&mut leaders, host);
        if first == host {
            numbers[host] = groups;
            groups += 1;
        } else {
            numbers[host] = numbers[first];
        }
    }
    numbers
}

/// The lowest host that is known to be connected, with the way there shortened for the next time.
fn leader(leaders: &mut [usize], mut host: usize) -> usize {
    while leaders[host] != host {
        leaders[host] = leaders[leaders[host]];
        host = leaders[host];
    }
    host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_a_chain_connects_are_one_group() {
        let edge = |(from, to)| Edge {
            from,
            to,
            offset: 0.0,
            error: 1,
        };
        let edges = [(5, 4), (1, 3), (4, 1), (2, 6)].map(edge);
        assert_eq!(groups(8, &edges), [0, 1, 2, 1, 1, 1, 2, 3]);
    }
}
