//! CPU times of the host and of each socket.

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::stat::CpuTimes;
use wattle_hostfs::stat::Stat;
use wattle_hostfs::stat::StatReader;
use wattle_hostfs::topology::Topology;

use super::sense::Senses;
use super::sense::Trouble;
use crate::sample::CpuSample;
use crate::sample::SocketTimes;

/// `/proc/stat`, by socket.
#[derive(Debug)]
pub(super) struct CpuSource {
    reader: StatReader,
    stat: Stat,
    sockets: Vec<SocketTimes>,
    /// The position in `sockets` of each CPU, by its number.
    socket_of: Vec<usize>,
}

impl CpuSource {
    pub(super) fn new(roots: &Roots, topology: &Topology) -> Self {
        let numbers = topology.sockets();
        let sockets = numbers.iter().map(|&socket| SocketTimes {
            socket,
            cores: u32::try_from(topology.cores_of(socket)).unwrap_or(1).max(1),
            ..SocketTimes::default()
        });
        let mut source = Self {
            reader: StatReader::new(roots),
            stat: Stat::default(),
            sockets: sockets.collect(),
            socket_of: Vec::new(),
        };
        if source.sockets.is_empty() {
            source.sockets.push(SocketTimes {
                cores: 1,
                ..SocketTimes::default()
            });
        }
        for cpu in &topology.cpus {
            let number = cpu.number as usize;
            let position = numbers
                .iter()
                .position(|&socket| socket == cpu.socket)
                .unwrap_or(0);
            if source.socket_of.len() <= number {
                source.socket_of.resize(number + 1, 0);
            }
            source.socket_of[number] = position;
        }
        source
    }

    pub(super) fn read(&mut self, senses: &mut Senses<'_>, scratch: &mut Scratch) -> Option<CpuSample> {
        senses.try_read("cpu", "stat", || {
            self.reader.read(scratch, &mut self.stat).map_err(Trouble::from)?;
            Ok(CpuSample {
                total: self.stat.total,
                sockets: self.by_socket(),
            })
        })
    }

    /// How many processes and threads were made since the boot, as of the last reading.
    pub(super) fn forks(&self) -> Option<u64> {
        Some(self.stat.forks).filter(|&forks| forks > 0)
    }

    /// A CPU that came online after the start counts for the first socket.
    fn by_socket(&self) -> Vec<SocketTimes> {
        let mut sockets = self.sockets.clone();
        for (number, times) in &self.stat.cpus {
            let position = self.socket_of.get(*number as usize).copied().unwrap_or(0);
            add(&mut sockets[position], times);
        }
        sockets
    }
}

fn add(socket: &mut SocketTimes, times: &CpuTimes) {
    socket.cpus += 1;
    let idle_usec = times.total_usec() - times.busy_usec();
    socket.busy_usec = socket.busy_usec.saturating_add(times.busy_usec());
    socket.idle_usec = socket.idle_usec.saturating_add(idle_usec);
}
