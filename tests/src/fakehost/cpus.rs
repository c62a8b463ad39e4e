//! The CPUs: which socket each is on, and how each has spent its time.

use super::spec::Hardware;

/// How a CPU has spent its time, in microseconds since the boot.
///
/// `user` includes `guest`, as in `/proc/stat` (proc_stat(5)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Modes {
    pub(crate) user: u64,
    pub(crate) system: u64,
    pub(crate) idle: u64,
    pub(crate) irq: u64,
    pub(crate) softirq: u64,
    pub(crate) guest: u64,
}

/// One logical CPU.
#[derive(Clone, Debug)]
pub(crate) struct Cpu {
    pub(crate) socket: usize,
    pub(crate) core: u32,
    pub(crate) modes: Modes,
}

/// All CPUs of the host.
#[derive(Clone, Debug)]
pub(crate) struct Cpus {
    pub(crate) all: Vec<Cpu>,
    /// The CPUs of each socket.
    pub(crate) of_socket: Vec<Vec<usize>>,
    everywhere: Vec<usize>,
}

/// The time of one step that nobody has taken yet.
#[derive(Clone, Debug)]
pub(crate) struct Free(Vec<u64>);

impl Cpus {
    /// Idle CPUs of a host that has been up for `uptime_us`.
    ///
    /// Numbers go core by core through the sockets and then, with two threads per core, once more, as firmware lists them.
    pub(crate) fn new(hardware: &Hardware, uptime_us: u64) -> Self {
        let count = hardware.cpus();
        let cores = (hardware.cpus_per_socket / hardware.threads_per_core.max(1)).max(1);
        let sockets = hardware.sockets.max(1);
        let mut of_socket = vec![Vec::new(); sockets as usize];
        let all: Vec<Cpu> = (0..count)
            .map(|cpu| {
                let core = cpu % (cores * sockets);
                let socket = (core / cores) as usize;
                of_socket[socket].push(cpu as usize);
                Cpu {
                    socket,
                    core: core % cores,
                    modes: Modes {
                        idle: uptime_us,
                        ..Modes::default()
                    },
                }
            })
            .collect();
        let everywhere = (0..all.len()).collect();
        Self {
            all,
            of_socket,
            everywhere,
        }
    }

    /// A step of so many microseconds in which all is free.
    pub(crate) fn free(&self, step_us: u64) -> Free {
        Free(vec![step_us; self.all.len()])
    }

    /// The CPUs that a workload may use.
    pub(crate) fn allowed(&self, socket: Option<u32>) -> &[usize] {
        let own = socket.and_then(|socket| self.of_socket.get(socket as usize));
        own.unwrap_or(&self.everywhere)
    }

    /// What nobody took was idle.
    pub(crate) fn rest(&mut self, free: &Free) {
        for (cpu, left) in self.all.iter_mut().zip(&free.0) {
            cpu.modes.idle += left;
        }
    }

    /// All CPUs' time together.
    pub(crate) fn total(&self) -> Modes {
        self.all
            .iter()
            .fold(Modes::default(), |sum, cpu| sum.plus(cpu.modes))
    }

    /// CPUs as the kernel lists them, `0-3,8`.
    pub(crate) fn list(cpus: &[usize]) -> String {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for &cpu in cpus {
            match spans.last_mut() {
                Some((_, last)) if *last + 1 == cpu => *last = cpu,
                _ => spans.push((cpu, cpu)),
            }
        }
        let text = |&(first, last): &(usize, usize)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        };
        spans.iter().map(text).collect::<Vec<_>>().join(",")
    }
}

impl Modes {
    fn plus(self, other: Self) -> Self {
        Self {
            user: self.user + other.user,
            system: self.system + other.system,
            idle: self.idle + other.idle,
            irq: self.irq + other.irq,
            softirq: self.softirq + other.softirq,
            guest: self.guest + other.guest,
        }
    }
}

impl Free {
    /// Takes up to `wanted` microseconds from the allowed CPUs, the one numbered `home` among them first.
    pub(crate) fn take(&mut self, allowed: &[usize], home: usize, wanted: u64) -> Vec<(usize, u64)> {
        let mut left = wanted;
        let mut taken = Vec::new();
        for offset in 0..allowed.len() {
            let cpu = allowed[(home + offset) % allowed.len()];
            let part = left.min(self.0[cpu]);
            if part > 0 {
                self.0[cpu] -= part;
                left -= part;
                taken.push((cpu, part));
            }
            if left == 0 {
                break;
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_one_core_are_numbered_apart() {
        let hardware = Hardware {
            sockets: 2,
            cpus_per_socket: 4,
            threads_per_core: 2,
            ..Hardware::default()
        };
        let cpus = Cpus::new(&hardware, 0);
        let where_is: Vec<(usize, u32)> = cpus.all.iter().map(|cpu| (cpu.socket, cpu.core)).collect();
        assert_eq!(
            where_is,
            [(0, 0), (0, 1), (1, 0), (1, 1), (0, 0), (0, 1), (1, 0), (1, 1)]
        );
        assert_eq!(Cpus::list(cpus.allowed(Some(1))), "2-3,6-7");
        assert_eq!(Cpus::list(cpus.allowed(None)), "0-7");
    }

    #[test]
    fn a_step_gives_no_more_than_it_has() {
        let cpus = Cpus::new(
            &Hardware {
                sockets: 1,
                cpus_per_socket: 2,
                ..Hardware::default()
            },
            0,
        );
        let mut free = cpus.free(100);
        assert_eq!(free.take(&[0, 1], 1, 130), [(1, 100), (0, 30)]);
        assert_eq!(free.take(&[0, 1], 1, 130), [(0, 70)]);
        assert_eq!(free.take(&[0, 1], 0, 1), []);
    }
}
