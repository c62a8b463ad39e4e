//! Which cgroups may run on one socket only.

use wattle_hostfs::cpu_list;
use wattle_hostfs::topology::Topology;

/// The CPUs by socket.
#[derive(Debug)]
pub(super) struct Pinned {
    sockets: Vec<Vec<u32>>,
}

impl Pinned {
    pub(super) fn new(topology: &Topology) -> Self {
        Self {
            sockets: topology
                .sockets()
                .into_iter()
                .map(|socket| topology.cpus_of(socket))
                .collect(),
        }
    }

    /// On a host with one socket everybody runs there.
    pub(super) fn matters(&self) -> bool {
        self.sockets.len() > 1
    }

    /// The position of the only socket that a list of CPUs such as `0-7` reaches.
    pub(super) fn socket_of(&self, cpus: Option<&[u8]>) -> Option<usize> {
        let cpus = cpu_list::parse(cpus?).ok().filter(|cpus| !cpus.is_empty())?;
        self.sockets
            .iter()
            .position(|own| cpus.iter().all(|cpu| own.contains(cpu)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_within_one_socket_binds_to_it() {
        let pinned = Pinned {
            sockets: vec![vec![0, 1, 4, 5], vec![2, 3, 6, 7]],
        };
        for (cpus, expected) in [
            (None, None),
            (Some(&b"0-1,5"[..]), Some(0)),
            (Some(b"2,6"), Some(1)),
            (Some(b"0-7"), None),
            (Some(b""), None),
            (Some(b"nonsense"), None),
            (Some(b"99"), None),
        ] {
            assert_eq!(pinned.socket_of(cpus), expected, "{cpus:?}");
        }
    }
}
