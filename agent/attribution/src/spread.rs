//! On which socket did each claimant run?

/// What is known of where a claimant ran in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// CPU time in the interval, in microseconds.
    pub time_usec: u64,
    /// The only socket it may run on, as an index, if it is bound to one.
    pub socket: Option<usize>,
}

/// Fills `weights[socket]` with the time that each claimant spent there.
///
/// Claimants bound to a socket ran there. The others are taken to have run wherever time is left: each socket's busy time less
/// that of the claimants bound to it, so that an unbound claimant is not billed for a socket that others had for
/// themselves. `busy_usec` has one entry for each socket.
pub fn spread(presences: &[Presence], busy_usec: &[u64], weights: &mut Vec<Vec<u64>>) {
    weights.resize(busy_usec.len(), Vec::new());
    let free = free_time(presences, busy_usec);
    let all = free.iter().sum();
    for (socket, row) in weights.iter_mut().enumerate() {
        row.clear();
        row.extend(presences.iter().map(|presence| match presence.socket {
            Some(bound) if bound < busy_usec.len() => presence.time_usec * u64::from(bound == socket),
            _ => part(presence.time_usec, free[socket], all),
        }));
    }
}

/// The busy time of each socket that no bound claimant explains; where none is left, all sockets count alike.
fn free_time(presences: &[Presence], busy_usec: &[u64]) -> Vec<u64> {
    let mut free = busy_usec.to_vec();
    for presence in presences {
        if let Some(time) = presence.socket.and_then(|socket| free.get_mut(socket)) {
            *time = time.saturating_sub(presence.time_usec);
        }
    }
    if free.iter().all(|&time| time == 0) {
        free.fill(1);
    }
    free
}

fn part(time_usec: u64, free: u64, all: u64) -> u64 {
    let share = u128::from(time_usec) * u128::from(free) / u128::from(all.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(presences: &[(u64, Option<usize>)], busy: &[u64]) -> Vec<Vec<u64>> {
        let presences: Vec<_> = presences
            .iter()
            .map(|&(time_usec, socket)| Presence { time_usec, socket })
            .collect();
        let mut weights = Vec::new();
        spread(&presences, busy, &mut weights);
        weights
    }

    #[test]
    fn bound_claimants_weigh_only_on_their_socket() {
        let weights = table(&[(1000, Some(0)), (600, Some(1))], &[1000, 600]);
        assert_eq!(weights, [vec![1000, 0], vec![0, 600]]);
    }

    #[test]
    fn unbound_claimants_fill_the_time_that_bound_ones_left() {
        let weights = table(&[(1000, Some(0)), (900, None)], &[1300, 600]);
        assert_eq!(weights, [vec![1000, 300], vec![0, 600]]);
    }

    #[test]
    fn with_no_time_left_an_unbound_claimant_counts_on_all_sockets_alike() {
        assert_eq!(table(&[(10, None)], &[0, 0]), [vec![5], vec![5]]);
    }

    #[test]
    fn a_socket_that_does_not_exist_binds_nobody() {
        assert_eq!(table(&[(10, Some(7))], &[10]), [vec![10]]);
    }
}
