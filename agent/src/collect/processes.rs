//! Every process of the host, each with the account that its CPU time is in. Read only where the operator asks for it.

use std::collections::HashMap;
use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::hierarchies::Version;
use wattle_hostfs::pids::PidLister;
use wattle_hostfs::process::Membership;
use wattle_hostfs::process::MembershipReader;
use wattle_hostfs::process::memberships;
use wattle_hostfs::process_table::Process;
use wattle_hostfs::process_table::ProcessTable;

use super::sense::Trouble;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::sample::ProcessSample;

/// A process's cgroup is looked up at once, and from then on once in so many ticks.
const LOOK_AGAIN: u32 = 32;
/// The youngest are still moved about.
const YOUNG: u32 = 2;

/// The processes of a host.
#[derive(Debug)]
pub(super) struct ProcessSource {
    table: ProcessTable<Tag>,
    lister: PidLister,
    memberships: MembershipReader,
    cpu: Option<Version>,
    pids: Vec<u32>,
}

/// What the agent knows of a process.
#[derive(Debug, Default)]
struct Tag {
    age: u32,
    /// Where its time is counted, and where it is in version 2.
    cgroups: [Box<str>; 2],
    comm: Arc<str>,
}

/// The accounts by what they account for.
struct Index<'a> {
    cgroups: [HashMap<&'a str, u64>; 2],
    processes: HashMap<(u32, u64), u64>,
}

impl ProcessSource {
    /// A source that keeps up to `most_files` descriptors open.
    pub(super) fn new(roots: &Roots, most_files: usize) -> Result<Self, Trouble> {
        let hierarchies = Hierarchies::detect(roots).unwrap_or_default();
        Ok(Self {
            table: ProcessTable::new(roots, most_files),
            lister: PidLister::open(roots)?,
            memberships: MembershipReader::new(roots),
            cpu: hierarchies.cpu.map(|cpu| cpu.version),
            pids: Vec::new(),
        })
    }

    pub(super) fn read(
        &mut self,
        accounts: &[AccountSample],
        scratch: &mut Scratch,
    ) -> Result<Vec<ProcessSample>, Trouble> {
        let index = Index::of(accounts);
        self.pids.clear();
        let pids = &mut self.pids;
        self.lister.for_each(|pid| pids.push(pid))?;
        let mut samples = Vec::with_capacity(self.pids.len());
        self.table.begin();
        for &pid in &self.pids {
            // One that cannot be read counts with the rest.
            let Ok(Some(process)) = self.table.visit(pid, scratch) else {
                continue;
            };
            let age = process.tag.age;
            process.tag.age = age.saturating_add(1);
            if age < YOUNG || age.wrapping_add(pid).is_multiple_of(LOOK_AGAIN) {
                place(process, &mut self.memberships, self.cpu, scratch);
            }
            samples.push(ProcessSample {
                pid,
                start_ticks: process.start_ticks,
                comm: process.tag.comm.clone(),
                cpu_usec: process.cpu_usec,
                account: index.account(process),
            });
        }
        self.table.end(drop);
        Ok(samples)
    }
}

/// Notes in which cgroup a process is, and what it is called now.
fn place(
    process: &mut Process<Tag>,
    reader: &mut MembershipReader,
    cpu: Option<Version>,
    scratch: &mut Scratch,
) {
    if *process.tag.comm != *process.comm {
        process.tag.comm = printable(&process.comm);
    }
    let Ok(text) = reader.read(process.pid, scratch) else {
        return;
    };
    let accounts = |membership: &Membership<'_>| match cpu {
        Some(Version::V2) => membership.hierarchy == 0,
        Some(Version::V1) => membership.has("cpuacct"),
        None => false,
    };
    let unified = |membership: &Membership<'_>| membership.hierarchy == 0;
    for (known, found) in process.tag.cgroups.iter_mut().zip([
        memberships(text).flatten().find(accounts),
        memberships(text).flatten().find(unified),
    ]) {
        let path = found.map(|found| String::from_utf8_lossy(found.path));
        let path = path.as_deref().unwrap_or_default();
        if **known != *path {
            *known = path.into();
        }
    }
}

/// A process may call itself anything.
fn printable(comm: &str) -> Arc<str> {
    comm.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect::<String>()
        .into()
}

impl<'a> Index<'a> {
    fn of(accounts: &'a [AccountSample]) -> Self {
        let mut index = Self {
            cgroups: [HashMap::new(), HashMap::new()],
            processes: HashMap::new(),
        };
        for account in accounts {
            match &account.source {
                AccountSource::Cgroup(path) => drop(index.cgroups[0].insert(path, account.id)),
                AccountSource::Unified(path) => drop(index.cgroups[1].insert(path, account.id)),
                AccountSource::Process { pid, start_ticks } => {
                    index.processes.insert((*pid, *start_ticks), account.id);
                }
            }
        }
        index
    }

    /// The account of the process itself, or else of the innermost cgroup that has one.
    fn account(&self, process: &Process<Tag>) -> Option<u64> {
        let own = self.processes.get(&(process.pid, process.start_ticks));
        own.copied().or_else(|| {
            let mut both = process.tag.cgroups.iter().zip(&self.cgroups);
            both.find_map(|(path, accounts)| innermost(path, accounts))
        })
    }
}

fn innermost(path: &str, accounts: &HashMap<&str, u64>) -> Option<u64> {
    let ends = path.rmatch_indices('/').map(|(at, _)| at);
    std::iter::once(path.len())
        .chain(ends)
        .find_map(|end| accounts.get(&path[..end]).copied())
}
