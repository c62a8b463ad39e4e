//! The processes that are looked at each tick, with their `/proc/PID/stat` kept open: proc_pid_stat(5).

use std::collections::HashMap;

use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::allowance::Allowance;
use crate::allowance::Source;
use crate::process::Paths;
use crate::process::ProcStat;

/// `TASK_COMM_LEN`; the longer names of kernel workers, which change with their work, are cut.
const COMM: usize = 16;
/// Room that stays when a burst of processes has passed.
const SPARE: usize = 256;

/// A process and what was last read of it. It is the same one as long as its start time is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process<T> {
    /// Its number.
    pub pid: u32,
    /// Its parent's number.
    pub parent: u32,
    /// When it started, in clock ticks since the boot.
    pub start_ticks: u64,
    /// The CPU time it has used since then.
    pub cpu_usec: u64,
    /// Its threads.
    pub threads: u32,
    /// Pages in memory.
    pub resident_pages: u64,
    /// The CPU on which its main thread ran last.
    pub last_cpu: Option<u32>,
    /// It runs in the kernel only.
    pub kernel_thread: bool,
    /// It was first seen in this tick.
    pub fresh: bool,
    /// The first 16 bytes of its name, with what is not UTF-8 replaced.
    pub comm: Box<str>,
    /// The caller's own, such as the workload that it belongs to.
    pub tag: T,
}

/// The processes that the caller visits in each tick.
///
/// [`begin`](Self::begin), [`visit`](Self::visit) for each process of interest, [`end`](Self::end).
/// A visit to a known process is one system call and allocates only where the name has changed.
#[derive(Debug)]
pub struct ProcessTable<T> {
    slots: HashMap<u32, Slot<T>>,
    ended: Vec<Process<T>>,
    tick: u64,
    files: Files,
}

#[derive(Debug)]
struct Slot<T> {
    process: Process<T>,
    stat: Source,
    seen: u64,
}

#[derive(Debug)]
struct Files {
    paths: Paths,
    allowance: Allowance,
}

impl<T: Default> ProcessTable<T> {
    /// A table that keeps up to `max_kept` descriptors open, and opens the files of further processes at each visit.
    pub fn new(roots: &Roots, max_kept: usize) -> Self {
        let files = Files {
            paths: Paths::new(roots),
            allowance: Allowance::new(max_kept),
        };
        Self {
            slots: HashMap::new(),
            ended: Vec::new(),
            tick: 0,
            files,
        }
    }

    /// Starts a tick.
    pub fn begin(&mut self) {
        self.tick += 1;
    }

    /// Reads a process, once a tick however often it is visited. `None`: there is none with this number any more.
    ///
    /// # Errors
    /// Where its file is there and cannot be read or understood; the process then keeps what was read before.
    pub fn visit(&mut self, pid: u32, scratch: &mut Scratch) -> Result<Option<&mut Process<T>>> {
        let known = match self.slots.get_mut(&pid) {
            Some(slot) => slot.refresh(self.tick, &mut self.files, scratch)?,
            None => false,
        };
        if !known && !self.admit(pid, scratch)? {
            return Ok(None);
        }
        Ok(self.slots.get_mut(&pid).map(|slot| &mut slot.process))
    }

    /// Ends a tick: forgets the processes that were not visited since [`begin`](Self::begin), or that another with the
    /// same number has followed, and hands them out with what was last read of them.
    pub fn end(&mut self, mut ended: impl FnMut(Process<T>)) {
        let tick = self.tick;
        self.ended.drain(..).for_each(&mut ended);
        self.slots
            .extract_if(|_, slot| slot.seen != tick)
            .for_each(|(_, slot)| ended(slot.process));
        if self.slots.capacity() > SPARE + 8 * self.slots.len() {
            self.slots.shrink_to_fit();
            self.ended.shrink_to_fit();
        }
    }

    /// The processes known, in no order.
    pub fn processes(&self) -> impl Iterator<Item = &Process<T>> {
        self.slots.values().map(|slot| &slot.process)
    }

    /// Takes in the process that has this number now, in the place of an earlier one.
    fn admit(&mut self, pid: u32, scratch: &mut Scratch) -> Result<bool> {
        self.ended
            .extend(self.slots.remove(&pid).map(|slot| slot.process));
        let mut stat = Source::default();
        let Some(read) = self.files.read(&mut stat, pid, scratch)? else {
            return Ok(false);
        };
        let process = Process::new(pid, &read);
        self.slots.insert(
            pid,
            Slot {
                process,
                stat,
                seen: self.tick,
            },
        );
        Ok(true)
    }
}

impl Files {
    fn read<'s>(
        &mut self,
        stat: &mut Source,
        pid: u32,
        scratch: &'s mut Scratch,
    ) -> Result<Option<ProcStat<'s>>> {
        let paths = &mut self.paths;
        let text = match stat.read_record(|| paths.of(pid, "stat"), &self.allowance, scratch) {
            Err(error) if error.is_gone() => return Ok(None),
            other => other?,
        };
        let parsed = ProcStat::parse(text);
        parsed
            .map(Some)
            .map_err(|error| error.at(self.paths.of(pid, "stat")))
    }
}

impl<T> Slot<T> {
    /// Whether the same process is still there.
    fn refresh(&mut self, tick: u64, files: &mut Files, scratch: &mut Scratch) -> Result<bool> {
        if self.seen == tick {
            return Ok(true);
        }
        self.seen = tick;
        let read = files.read(&mut self.stat, self.process.pid, scratch)?;
        let same = read.filter(|read| read.start_ticks == self.process.start_ticks);
        if let Some(read) = &same {
            self.process.update(read);
        }
        Ok(same.is_some())
    }
}

impl<T: Default> Process<T> {
    fn new(pid: u32, read: &ProcStat<'_>) -> Self {
        Self {
            pid,
            parent: read.parent,
            start_ticks: read.start_ticks,
            cpu_usec: read.cpu_usec,
            threads: read.threads,
            resident_pages: read.resident_pages,
            last_cpu: read.last_cpu,
            kernel_thread: read.kernel_thread,
            fresh: true,
            comm: lossy(read.comm),
            tag: T::default(),
        }
    }
}

impl<T> Process<T> {
    fn update(&mut self, read: &ProcStat<'_>) {
        self.parent = read.parent;
        self.cpu_usec = read.cpu_usec;
        self.threads = read.threads;
        self.resident_pages = read.resident_pages;
        self.last_cpu = read.last_cpu;
        self.fresh = false;
        if !is_lossy(&self.comm, read.comm) {
            self.comm = lossy(read.comm);
        }
    }
}

fn lossy(comm: &[u8]) -> Box<str> {
    String::from_utf8_lossy(&comm[..comm.len().min(COMM)]).into()
}

/// Whether `text` is what [`lossy`] makes of `comm`, found without making it.
fn is_lossy(text: &str, comm: &[u8]) -> bool {
    let comm = &comm[..comm.len().min(COMM)];
    let mut rest = text;
    comm.utf8_chunks().all(|chunk| {
        let replaced = if chunk.invalid().is_empty() {
            ""
        } else {
            "\u{fffd}"
        };
        let stripped = rest
            .strip_prefix(chunk.valid())
            .and_then(|rest| rest.strip_prefix(replaced));
        rest = stripped.unwrap_or_default();
        stripped.is_some()
    }) && rest.is_empty()
}

#[cfg(test)]
mod tests;
