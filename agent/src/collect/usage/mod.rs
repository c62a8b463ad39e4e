//! What workloads hold and move: memory, network and block I/O.
//!
//! These figures cost more to read than CPU time and are needed less often, so each account has its turn once in
//! [`EVERY`] ticks, not all in the same one. An account that used no CPU time since its last turn is passed over, but not
//! for ever. What cannot be read is absent, never 0.

mod holder;
mod host_devices;
mod inward;
mod libvirt;
mod namespaces;
mod network;
mod tally;

use std::collections::HashMap;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::cgroup_members::members;
use wattle_hostfs::cgroup_usage::CgroupUsage;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::memory_stat::Memory;
use wattle_hostfs::net_dev::Device;
use wattle_hostfs::process_dir::ProcessDir;

use self::holder::Flow;
use self::holder::Holder;
use self::holder::Look;
use self::holder::Pinned;
use self::holder::is_of_interest;
use self::holder::relative;
use self::network::Networks;
use self::network::Turn;
use super::sense::Senses;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::sample::FlowKind;
use crate::sample::FlowSample;
use crate::sample::MemorySample;
use crate::workload::Kind;

/// An account has its turn in one tick of so many.
const EVERY: u64 = 8;
/// What has ended is looked for at least once in so many ticks.
const TIDY: u64 = 64;
/// Accounts that are taken in in one tick; those beyond wait for their turn.
const MOST_NEW: usize = 128;
/// Processes of a guest that are looked at for its devices.
const MOST_PROCESSES: usize = 32;
/// Descriptors that one account keeps open: memory twice, block I/O, and a process.
const FILES: usize = 4;

/// What one tick read.
#[derive(Debug, Default)]
pub(super) struct Usage {
    pub(super) memory: Vec<MemorySample>,
    pub(super) flows: Vec<FlowSample>,
}

/// Reads what accounts hold and move.
#[derive(Debug)]
pub(super) struct UsageSource {
    roots: Roots,
    /// Where the members of cgroups are listed.
    procs: Option<PathBuf>,
    /// Where those of version 2 are beside version 1.
    unified: Option<PathBuf>,
    cgroups: CgroupUsage,
    networks: Networks,
    holders: HashMap<u64, Holder>,
    /// The youngest account in the tick before, and in the one before that.
    latest: [u64; 2],
    ids: u64,
    kept: Arc<()>,
    most_kept: usize,
    /// The most that was read of one kind in one tick.
    most_read: usize,
}

/// Room for the figures of one tick before the first.
const ROOM: usize = 64;

impl UsageSource {
    /// A source that keeps up to `most_files` descriptors open.
    pub(super) fn new(roots: &Roots, most_files: usize) -> Self {
        let hierarchies = Hierarchies::detect(roots).unwrap_or_default();
        let most_kept = most_files / FILES;
        Self {
            roots: roots.clone(),
            unified: hierarchies.unified.clone(),
            procs: hierarchies.cpu.as_ref().map(|cpu| cpu.dir.clone()),
            cgroups: CgroupUsage::new(roots, &hierarchies, most_files - most_kept),
            networks: Networks::new(roots),
            holders: HashMap::new(),
            latest: [0; 2],
            ids: 0,
            kept: Arc::new(()),
            most_kept,
            most_read: ROOM,
        }
    }

    /// Reads the accounts whose turn it is.
    pub(super) fn read(
        &mut self,
        senses: &mut Senses<'_>,
        (accounts, devices): (&[AccountSample], &[Device]),
        scratch: &mut Scratch,
        tick: u64,
    ) -> Usage {
        let mut usage = Usage {
            memory: Vec::with_capacity(self.most_read),
            flows: Vec::with_capacity(self.most_read),
        };
        senses.try_read("usage", "memory.stat, io.stat, net/dev", || {
            self.networks.host_devices.observe(devices, tick);
            let [_, settled] = self.latest;
            self.latest[1] = self.latest[0];
            let (mut left, mut alive) = (MOST_NEW, 0);
            for account in accounts.iter().filter(|account| is_of_interest(account)) {
                alive += 1;
                // A new one is read again in the next tick: then it has been set up.
                let new = account.id > settled && left > 0;
                self.latest[0] = self.latest[0].max(account.id);
                let due = new || account.id.wrapping_add(tick).is_multiple_of(EVERY);
                if due && !has_twin(account, accounts) {
                    left -= usize::from(new);
                    self.take_turn(account, devices, scratch, tick, &mut usage);
                }
            }
            // A descriptor of what has ended holds up the kernel, so that is not left for long.
            if self.holders.len() > alive || tick.is_multiple_of(TIDY) {
                self.tidy_up(accounts, tick);
            }
            Ok(())
        });
        let read = usage.memory.len().max(usage.flows.len());
        self.most_read = self.most_read.max(read);
        usage
    }

    fn take_turn(
        &mut self,
        account: &AccountSample,
        devices: &[Device],
        scratch: &mut Scratch,
        tick: u64,
        usage: &mut Usage,
    ) {
        let mut holder = self
            .holders
            .remove(&account.id)
            .unwrap_or_else(|| Holder::new(tick));
        let look = holder.look(account);
        if look != Look::Away {
            let turn = Turn {
                account,
                look,
                tick,
                devices,
            };
            self.read_memory(&mut holder, &turn, scratch, usage);
            self.read_block(&mut holder, &turn, scratch, usage);
            self.read_network(&mut holder, &turn, scratch, usage);
        }
        self.holders.insert(account.id, holder);
    }

    fn read_memory(
        &mut self,
        holder: &mut Holder,
        turn: &Turn<'_>,
        scratch: &mut Scratch,
        usage: &mut Usage,
    ) {
        let memory = match &turn.account.source {
            AccountSource::Cgroup(path) | AccountSource::Unified(path) => {
                self.cgroups.memory(&mut holder.files, relative(path), scratch)
            }
            AccountSource::Process { .. } => {
                self.pin(holder, turn.account, scratch);
                let anonymous = holder
                    .process
                    .as_ref()
                    .and_then(|process| process.dir.anonymous_bytes().ok());
                Memory {
                    anonymous_bytes: anonymous.flatten(),
                    working_set_bytes: None,
                }
            }
        };
        usage.memory.push(MemorySample {
            account: turn.account.id,
            memory,
        });
    }

    fn read_block(&mut self, holder: &mut Holder, turn: &Turn<'_>, scratch: &mut Scratch, usage: &mut Usage) {
        let bytes = match &turn.account.source {
            AccountSource::Cgroup(path) | AccountSource::Unified(path) => {
                let disks = &mut holder.disks;
                disks.begin();
                let known =
                    self.cgroups
                        .block(&mut holder.files, relative(path), scratch, |device, bytes| {
                            disks.add(&device, bytes);
                        });
                known.then(|| disks.end())
            }
            AccountSource::Process { .. } => holder
                .process
                .as_ref()
                .and_then(|process| process.dir.io().ok().flatten())
                .map(|io| [io.read_bytes, io.write_bytes]),
        };
        let Some(bytes) = bytes else { return };
        let ids = &mut self.ids;
        let flow = holder.block.get_or_insert_with(|| {
            *ids += 1;
            Flow {
                id: *ids,
                source: block_source(&turn.account.source),
            }
        });
        usage.flows.push(FlowSample {
            id: flow.id,
            source: flow.source.clone(),
            account: turn.account.id,
            kind: FlowKind::Block,
            bytes,
            fresh: holder.since > 0,
        });
    }

    fn read_network(
        &mut self,
        holder: &mut Holder,
        turn: &Turn<'_>,
        scratch: &mut Scratch,
        usage: &mut Usage,
    ) {
        if turn.account.workload.kind == Kind::Vm {
            if turn.look == Look::Close {
                let pids = self.pids(turn.account, MOST_PROCESSES, scratch);
                let processes = pids.iter().filter_map(|&pid| self.open(pid)).collect::<Vec<_>>();
                self.networks
                    .find_taps(holder, turn, &mut self.ids, processes.into_iter());
            }
            self.networks
                .of_taps(holder, turn, &mut self.ids, scratch, &mut usage.flows);
        } else {
            self.pin(holder, turn.account, scratch);
            let flow = self.networks.of_namespace(holder, turn, &mut self.ids, scratch);
            usage.flows.extend(flow);
        }
        // One that was opened without leave to keep it is opened again in the next turn.
        if Arc::strong_count(&self.kept) > self.most_kept {
            holder.process = None;
        }
    }

    /// Makes sure that the holder has a process which is still alive, if there is one.
    fn pin(&self, holder: &mut Holder, account: &AccountSample, scratch: &mut Scratch) {
        let is_alive = |process: &Pinned| process.dir.is_alive();
        if !holder.process.as_ref().is_some_and(is_alive) {
            let pids = self.pids(account, 1, scratch);
            holder.process = pids.first().and_then(|&pid| self.open(pid));
        }
    }

    fn pids(&self, account: &AccountSample, most: usize, scratch: &mut Scratch) -> Vec<u32> {
        let (path, dir) = match &account.source {
            AccountSource::Process { pid, .. } => return vec![*pid],
            AccountSource::Cgroup(path) => (path, &self.procs),
            AccountSource::Unified(path) => (path, &self.unified),
        };
        let dir = dir.as_ref().map(|dir| dir.join(relative(path)));
        dir.map(|dir| members(&dir, most, scratch)).unwrap_or_default()
    }

    fn open(&self, pid: u32) -> Option<Pinned> {
        let dir = ProcessDir::open(&self.roots, pid).ok()?;
        Some(Pinned {
            start_ticks: dir.start_ticks().ok()?,
            dir,
            _kept: self.kept.clone(),
        })
    }

    /// Forgets the accounts that have ended.
    fn tidy_up(&mut self, accounts: &[AccountSample], tick: u64) {
        self.networks.expire(tick);
        if self.holders.is_empty() {
            return;
        }
        let alive: HashSet<u64> = accounts.iter().map(|account| account.id).collect();
        let ended = self.holders.extract_if(|id, _| !alive.contains(id));
        for (account, holder) in ended {
            self.networks.forget(&holder, account);
        }
    }
}

/// Whether a cgroup of version 2 has another of version 1 beside it that is the same workload: that one is read.
fn has_twin(account: &AccountSample, accounts: &[AccountSample]) -> bool {
    let AccountSource::Unified(path) = &account.source else {
        return false;
    };
    accounts
        .iter()
        .any(|other| matches!(&other.source, AccountSource::Cgroup(twin) if twin == path))
}

fn block_source(source: &AccountSource) -> Arc<str> {
    match source {
        AccountSource::Cgroup(path) | AccountSource::Unified(path) => format!("block:{path}").into(),
        AccountSource::Process { pid, start_ticks } => format!("block:{pid}@{start_ticks}").into(),
    }
}
