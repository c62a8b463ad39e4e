//! Processes that are virtual machines, wherever they run.
//!
//! A hypervisor may run in the service or session that started it, in a pod, or outside of any workload. It is known by its
//! command line, which is read when a process is new and a few times more while it is young: a fork still has its parent's
//! until it calls execve(2), and a wrapper may take its time.

use std::collections::HashMap;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::pids::PidLister;
use wattle_hostfs::process::Cmdline;
use wattle_hostfs::process::ProcStatReader;

use super::sense::Trouble;
use crate::workload::VmProcess;
use crate::workload::vm_process;

/// All processes are listed at most once in so many ticks, where the kernel has made any since.
const LIST_EVERY: u64 = 2;
/// And after so many ticks at any rate.
const LIST_AT_LEAST: u64 = 16;
/// The ages at which a process is looked at, in ticks.
const LOOKS: [u64; 5] = [0, 1, 2, 8, 32];
/// The last look comes up to so many ticks later, so that not all come at once.
const SPREAD: u64 = 16;
/// Before the PID of the machine in the name of its worker.
const VHOST: &[u8] = b"vhost-";

/// A process that is a virtual machine, or works for one.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    start_ticks: u64,
    role: Role,
}

#[derive(Clone, Debug)]
enum Role {
    Machine(VmProcess),
    /// The kernel's own worker for the network of the machine that has this PID, before Linux 6.4: since then it is one of
    /// the machine's threads.
    Vhost(u32),
}

/// The virtual machines among all processes.
#[derive(Debug)]
pub(super) struct Guests {
    roots: Roots,
    lister: Option<PidLister>,
    stat: ProcStatReader,
    seen: HashMap<u32, Seen>,
    young: Vec<Young>,
    found: HashMap<u32, Guest>,
    forks: Option<u64>,
    listed: u64,
    tick: u64,
}

/// A process of the last listing. The number of its directory tells it from another with the same PID.
#[derive(Debug)]
struct Seen {
    inode: u64,
    listed: u64,
}

#[derive(Clone, Copy, Debug)]
struct Young {
    pid: u32,
    inode: u64,
    since: u64,
    looks: usize,
}

impl Guests {
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            roots: roots.clone(),
            lister: None,
            stat: ProcStatReader::new(roots),
            seen: HashMap::new(),
            young: Vec::new(),
            found: HashMap::new(),
            forks: None,
            listed: 0,
            tick: 0,
        }
    }

    /// Looks for new ones. `forks` is how many processes and threads the kernel has made since it booted.
    pub(super) fn refresh(&mut self, forks: Option<u64>, scratch: &mut Scratch) -> Result<(), Trouble> {
        self.tick += 1;
        let outcome = if self.is_listing_due(forks) {
            self.forks = forks;
            self.listed = self.tick;
            self.list()
        } else {
            Ok(())
        };
        let mut young = std::mem::take(&mut self.young);
        young.retain_mut(|young| self.look(young, scratch));
        self.young = young;
        outcome
    }

    /// The processes found.
    pub(super) fn pids(&self) -> impl Iterator<Item = u32> {
        self.found.keys().copied()
    }

    /// The machine that a process is or works for, with the process that it is.
    pub(super) fn machine(&self, pid: u32, start_ticks: u64) -> Option<(&VmProcess, (u32, u64))> {
        let guest = self
            .found
            .get(&pid)
            .filter(|guest| guest.start_ticks == start_ticks)?;
        match &guest.role {
            Role::Machine(machine) => Some((machine, (pid, start_ticks))),
            Role::Vhost(of) => match self.found.get(of)? {
                Guest {
                    start_ticks,
                    role: Role::Machine(machine),
                } => Some((machine, (*of, *start_ticks))),
                _ => None,
            },
        }
    }

    fn is_listing_due(&self, forks: Option<u64>) -> bool {
        let since = self.tick - self.listed;
        let moved = forks.is_none() || forks != self.forks;
        self.listed == 0 || since >= LIST_AT_LEAST || since >= LIST_EVERY && moved
    }

    fn list(&mut self) -> Result<(), Trouble> {
        let lister = match &mut self.lister {
            Some(lister) => lister,
            none => none.insert(PidLister::open(&self.roots)?),
        };
        let (seen, young, found, tick) = (&mut self.seen, &mut self.young, &mut self.found, self.tick);
        let mut count = 0;
        lister.for_each_with_inode(|pid, inode| {
            count += 1;
            let known = seen.insert(pid, Seen { inode, listed: tick });
            if known.is_none_or(|known| known.inode != inode) {
                found.remove(&pid);
                young.push(Young {
                    pid,
                    inode,
                    since: tick,
                    looks: 0,
                });
            }
        })?;
        if count < seen.len() {
            seen.retain(|_, known| known.listed == tick);
            found.retain(|pid, _| seen.contains_key(pid));
        }
        Ok(())
    }

    /// Looks at a process if it is time; `false` once it need not be looked at again.
    fn look(&mut self, young: &mut Young, scratch: &mut Scratch) -> bool {
        if self
            .seen
            .get(&young.pid)
            .is_none_or(|seen| seen.inode != young.inode)
        {
            return false;
        }
        let Some(&age) = LOOKS.get(young.looks) else {
            return false;
        };
        let late = if young.looks + 1 == LOOKS.len() {
            u64::from(young.pid) % SPREAD
        } else {
            0
        };
        if self.tick < young.since + age + late {
            return true;
        }
        young.looks += 1;
        match self.judge(young.pid, scratch) {
            Verdict::Final(guest) => {
                self.found.extend(guest.map(|guest| (young.pid, guest)));
                false
            }
            Verdict::NotYet => young.looks < LOOKS.len(),
        }
    }

    /// What a process is by its command line, if it stayed the same process while that was read.
    fn judge(&mut self, pid: u32, scratch: &mut Scratch) -> Verdict {
        let Ok(cmdline) = Cmdline::read(&self.roots, pid) else {
            return Verdict::NotYet;
        };
        if cmdline.is_empty() {
            return self.kernel_thread(pid, scratch);
        }
        let Some(machine) = vm_process(cmdline.as_bytes()) else {
            return Verdict::NotYet;
        };
        let before = self.stat.read(pid, scratch).ok().map(|stat| stat.start_ticks);
        let same = Cmdline::read(&self.roots, pid).is_ok_and(|again| again == cmdline);
        let after = self.stat.read(pid, scratch).ok().map(|stat| stat.start_ticks);
        match before.filter(|_| same && before == after) {
            Some(start_ticks) => Verdict::Final(Some(Guest {
                start_ticks,
                role: Role::Machine(machine),
            })),
            None => Verdict::NotYet,
        }
    }

    /// A process without a command line is the kernel's, or has ended and waits for its parent.
    fn kernel_thread(&mut self, pid: u32, scratch: &mut Scratch) -> Verdict {
        let Ok(stat) = self.stat.read(pid, scratch) else {
            return Verdict::NotYet;
        };
        let of = stat.comm.strip_prefix(VHOST).filter(|_| stat.kernel_thread);
        let of = of.and_then(|of| std::str::from_utf8(of).ok()?.parse().ok());
        match of {
            Some(of) => Verdict::Final(Some(Guest {
                start_ticks: stat.start_ticks,
                role: Role::Vhost(of),
            })),
            None if stat.kernel_thread => Verdict::Final(None),
            None => Verdict::NotYet,
        }
    }
}

/// What came of a look.
enum Verdict {
    Final(Option<Guest>),
    NotYet,
}
