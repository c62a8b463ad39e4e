//! Processes that have accounts of their own: those that no cgroup accounts for, and virtual machines in somebody else's.

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::pids::PidLister;
use wattle_hostfs::process_table::Process;
use wattle_hostfs::process_table::ProcessTable;

use super::guests::Guests;
use super::owner::About;
use super::owner::Owned;
use super::owner::Owners;
use super::sense::Trouble;
use super::trees::Trees;
use super::workloads::Ids;
use crate::sample::AccountSample;
use crate::sample::AccountSource;

/// The loose processes of a host.
///
/// They are the members of those cgroups that only group others. Where these cannot be listed (no cgroups, or another PID
/// namespace), every process of the host is looked at, and those that a workload's cgroup accounts for are left out.
#[derive(Debug)]
pub(super) struct Loose {
    roots: Roots,
    table: ProcessTable<Tag>,
    lister: Option<PidLister>,
    pids: Vec<u32>,
    owners: Owners,
}

/// What the agent knows of a process.
#[derive(Debug, Default)]
struct Tag {
    id: u64,
    owned: Owned,
}

impl Loose {
    pub(super) fn new(roots: &Roots, hierarchies: &Hierarchies, most_files: usize) -> Self {
        Self {
            roots: roots.clone(),
            table: ProcessTable::new(roots, most_files),
            lister: None,
            pids: Vec::new(),
            owners: Owners::new(roots, hierarchies),
        }
    }

    /// Reads them, and appends an account for each.
    pub(super) fn read(
        &mut self,
        trees: &mut Trees,
        guests: &Guests,
        ids: &mut Ids,
        scratch: &mut Scratch,
        accounts: &mut Vec<AccountSample>,
    ) -> Result<(), Trouble> {
        let everyone = self.list(trees, scratch)?;
        // A guest may be loose too, and is then visited twice: the second time costs nothing.
        let loose = self.pids.len();
        self.pids.extend(guests.pids());
        let mut trouble = None;
        self.table.begin();
        let pids = std::mem::take(&mut self.pids);
        for (position, &pid) in pids.iter().enumerate() {
            match self.table.visit(pid, scratch) {
                Ok(Some(process)) => {
                    if process.fresh && process.tag.id == 0 {
                        process.tag.id = ids.next();
                    }
                    let about = About {
                        pid,
                        kernel_thread: process.kernel_thread,
                        machine: guests.machine(pid, process.start_ticks),
                        is_loose: position < loose && !everyone,
                    };
                    if position < loose && about.machine.is_some() {
                        continue;
                    }
                    self.owners
                        .refresh(&mut process.tag.owned, &about, trees, scratch);
                    accounts.extend(account(process));
                }
                Ok(None) => {}
                Err(error) => trouble = Some(error),
            }
        }
        self.pids = pids;
        self.table.end(drop);
        trouble.map_or(Ok(()), |error| {
            Err(Trouble::new("some processes cannot be read", error.to_string()))
        })
    }

    /// Fills `pids`; returns whether they are all processes, not only loose ones.
    fn list(&mut self, trees: &mut Trees, scratch: &mut Scratch) -> Result<bool, Trouble> {
        self.pids.clear();
        let pids = &mut self.pids;
        let listed = trees.cpu.for_each_loose_pid(scratch, |pid| pids.push(pid));
        if listed.is_ok() && !self.pids.is_empty() {
            return Ok(false);
        }
        self.pids.clear();
        let lister = match &mut self.lister {
            Some(lister) => lister,
            none => none.insert(PidLister::open(&self.roots)?),
        };
        lister.for_each(|pid| self.pids.push(pid))?;
        Ok(true)
    }
}

fn account(process: &Process<Tag>) -> Option<AccountSample> {
    let payer = process.tag.owned.payer()?;
    Some(AccountSample {
        id: process.tag.id,
        source: AccountSource::Process {
            pid: process.pid,
            start_ticks: process.start_ticks,
        },
        workload: payer.workload.clone(),
        inside: payer.inside,
        cpu_usec: process.cpu_usec,
        socket: payer.socket,
        reserved_millicpus: None,
    })
}
