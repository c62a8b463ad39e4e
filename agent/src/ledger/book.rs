//! What every workload owes, for as long as it lives and a while longer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use wattle_hostfs::memory_stat::Memory;

use super::carbon::Emissions;
use super::carbon::Rate;
use super::report::WorkloadReport;
use super::state::LedgerState;
use super::state::WorkloadRef;
use crate::component::PerComponent;
use crate::sample::FlowKind;
use crate::sample::PerFlow;
use crate::workload::Identity;
use crate::workload::Kind;

/// The workloads, by position. A position stays with its workload until that is retired.
#[derive(Debug)]
pub(super) struct Book {
    entries: Vec<Option<Entry>>,
    free: Vec<usize>,
    by_id: HashMap<Arc<Identity>, usize>,
    retired_uj: PerComponent<u64>,
    retired_carbon: Emissions,
    limit: usize,
    over_limit: u64,
    fixed: Fixed,
}

/// The workloads that every host has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fixed {
    pub(super) kernel: usize,
    pub(super) idle: usize,
    pub(super) unattributed: usize,
    pub(super) other: usize,
}

#[derive(Debug)]
struct Entry {
    identity: Arc<Identity>,
    energy_uj: PerComponent<u64>,
    latest_uj: PerComponent<u64>,
    carbon: Emissions,
    cpu_usec: u64,
    latest_cpu_usec: u64,
    memory: Memory,
    bytes: PerFlow<Option<[u64; 2]>>,
    created: Duration,
    seen_at: Duration,
}

impl Book {
    /// A book with the permanent workloads in it. `limit` bounds the others.
    pub(super) fn new(limit: usize, wall: Duration) -> Self {
        let mut book = Self {
            entries: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            retired_uj: [0; 3],
            retired_carbon: Emissions::default(),
            limit,
            over_limit: 0,
            fixed: Fixed::default(),
        };
        book.open(&Identity::permanent(Kind::System), wall);
        book.fixed = Fixed {
            kernel: book.open(&Identity::permanent(Kind::Kernel), wall),
            idle: book.open(&Identity::permanent(Kind::Idle), wall),
            unattributed: book.open(&Identity::permanent(Kind::Unattributed), wall),
            other: book.open(&Identity::permanent(Kind::Other), wall),
        };
        book
    }

    /// A book that goes on where an earlier one stopped.
    pub(super) fn restore(limit: usize, (at, wall): (Duration, Duration), state: &LedgerState) -> Self {
        let mut book = Self::new(limit, wall);
        book.retired_uj = state.retired_uj;
        book.over_limit = state.workloads_over_limit;
        book.retired_carbon = state
            .carbon
            .as_ref()
            .map(|carbon| carbon.retired)
            .unwrap_or_default();
        for (carbon, state) in state.emissions().zip(&state.workloads) {
            let index = book.open(
                &Arc::new(state.identity.clone()),
                Duration::from_millis(state.created_ms),
            );
            if let Some(entry) = book.entry_mut(index) {
                for (sum, part) in entry.energy_uj.iter_mut().zip(state.energy_uj) {
                    *sum += part;
                }
                entry.carbon.add(carbon);
                entry.cpu_usec += state.cpu_usec;
                for (sum, part) in entry.bytes.iter_mut().zip([state.network, state.block]) {
                    *sum = sum_of(*sum, part);
                }
                entry.created = entry.created.min(Duration::from_millis(state.created_ms));
                entry.seen_at = at.saturating_sub(Duration::from_millis(state.unseen_ms));
            }
        }
        book
    }

    pub(super) fn fixed(&self) -> Fixed {
        self.fixed
    }

    pub(super) fn retired_uj(&self) -> PerComponent<u64> {
        self.retired_uj
    }

    /// What ended workloads emitted.
    pub(super) fn retired_carbon(&self) -> Emissions {
        self.retired_carbon
    }

    /// Counts what the energy of the last interval weighs.
    pub(super) fn emit(&mut self, rate: Rate) {
        for entry in self.entries.iter_mut().flatten() {
            entry.carbon.emit(entry.latest_uj, rate);
        }
    }

    /// What every workload emitted, in the order of [`Book::states`].
    pub(super) fn emissions(&self) -> impl Iterator<Item = Emissions> {
        self.entries.iter().flatten().map(|entry| entry.carbon)
    }

    /// How many workloads found no room of their own.
    pub(super) fn over_limit(&self) -> u64 {
        self.over_limit
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// The position of a workload, which is new if it was not known. Above the limit it is that of `other`.
    pub(super) fn open(&mut self, identity: &Arc<Identity>, wall: Duration) -> usize {
        if let Some(&index) = self.by_id.get(identity) {
            if let Some(entry) = self.entry_mut(index) {
                entry.identity = identity.clone();
            }
            return index;
        }
        if !identity.kind.is_permanent() && self.by_id.len() >= self.limit + PERMANENT {
            self.over_limit += 1;
            return self.fixed.other;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        self.entries[index] = Some(Entry::new(identity.clone(), wall));
        self.by_id.insert(identity.clone(), index);
        index
    }

    /// Notes that a workload is alive, and the CPU time it used.
    pub(super) fn touch(&mut self, index: usize, used_usec: u64, at: Duration) {
        let Some(entry) = self.entry_mut(index) else {
            return;
        };
        if entry.seen_at != at {
            entry.seen_at = at;
            entry.memory = Memory::default();
        }
        entry.ran(used_usec);
    }

    /// Adds memory that one of a workload's accounts holds in this tick.
    pub(super) fn hold(&mut self, index: usize, memory: Memory, at: Duration) {
        let Some(entry) = self.entry_mut(index).filter(|entry| entry.seen_at == at) else {
            return;
        };
        add(&mut entry.memory.anonymous_bytes, memory.anonymous_bytes);
        add(&mut entry.memory.working_set_bytes, memory.working_set_bytes);
    }

    /// Takes away memory that another workload holds.
    pub(super) fn release(&mut self, index: usize, memory: Memory, at: Duration) {
        let Some(entry) = self.entry_mut(index).filter(|entry| entry.seen_at == at) else {
            return;
        };
        take(&mut entry.memory.anonymous_bytes, memory.anonymous_bytes);
        // Of a process only the anonymous part is known.
        take(
            &mut entry.memory.working_set_bytes,
            memory.working_set_bytes.or(memory.anonymous_bytes),
        );
    }

    /// Adds bytes that a workload moved; from then on it is known how many.
    pub(super) fn add_bytes(&mut self, index: usize, kind: FlowKind, more: [u64; 2]) {
        if let Some(entry) = self.entry_mut(index) {
            let bytes = entry.bytes[kind.index()].get_or_insert([0; 2]);
            for (sum, part) in bytes.iter_mut().zip(more) {
                *sum = sum.saturating_add(part);
            }
        }
    }

    /// Adds CPU time that no account stands for.
    pub(super) fn add_time(&mut self, index: usize, used_usec: u64) {
        if let Some(entry) = self.entry_mut(index) {
            entry.ran(used_usec);
        }
    }

    /// Takes away CPU time, added in this tick, that turned out to be another's.
    pub(super) fn take_time(&mut self, index: usize, taken_usec: u64) {
        if let Some(entry) = self.entry_mut(index) {
            entry.cpu_usec = entry.cpu_usec.saturating_sub(taken_usec);
            entry.latest_cpu_usec = entry.latest_cpu_usec.saturating_sub(taken_usec);
        }
    }

    /// Bills an entry.
    pub(super) fn bill(&mut self, index: usize, component: usize, energy_uj: u64) {
        if let Some(entry) = self.entry_mut(index) {
            entry.energy_uj[component] += energy_uj;
            entry.latest_uj[component] += energy_uj;
        }
    }

    /// Forgets what was billed and used in the last interval.
    pub(super) fn begin_interval(&mut self) {
        for entry in self.entries.iter_mut().flatten() {
            entry.latest_uj = [0; 3];
            entry.latest_cpu_usec = 0;
        }
    }

    /// Retires workloads that were last seen more than `keep` ago: their series go, their energy stays in the balance.
    pub(super) fn expire(&mut self, at: Duration, keep: Duration) {
        for index in 0..self.entries.len() {
            let gone = self.entries[index].take_if(|entry| {
                !entry.identity.kind.is_permanent() && at.saturating_sub(entry.seen_at) > keep
            });
            let Some(entry) = gone else { continue };
            for (sum, part) in self.retired_uj.iter_mut().zip(entry.energy_uj) {
                *sum += part;
            }
            self.retired_carbon.add(entry.carbon);
            self.by_id.remove(&entry.identity);
            self.free.push(index);
        }
    }

    /// All workloads, as they are shown.
    pub(super) fn reports(&self, at: Duration) -> Vec<WorkloadReport> {
        let mut reports = Vec::with_capacity(self.entries.len());
        let shown = self.entries.iter().flatten().filter(|entry| entry.is_shown());
        reports.extend(shown.map(|entry| entry.report(at)));
        reports
    }

    /// All workloads, as they are saved.
    pub(super) fn states(&self, at: Duration) -> impl Iterator<Item = WorkloadRef<'_>> {
        self.entries.iter().flatten().map(move |entry| WorkloadRef {
            identity: &entry.identity,
            energy_uj: entry.energy_uj,
            cpu_usec: entry.cpu_usec,
            bytes: entry.bytes,
            created_ms: millis(entry.created),
            unseen_ms: if entry.identity.kind.is_permanent() {
                0
            } else {
                millis(at.saturating_sub(entry.seen_at))
            },
        })
    }

    fn entry_mut(&mut self, index: usize) -> Option<&mut Entry> {
        self.entries.get_mut(index)?.as_mut()
    }
}

/// How many permanent workloads there are.
const PERMANENT: usize = 5;

impl Entry {
    fn new(identity: Arc<Identity>, created: Duration) -> Self {
        Self {
            identity,
            energy_uj: [0; 3],
            latest_uj: [0; 3],
            carbon: Emissions::default(),
            cpu_usec: 0,
            latest_cpu_usec: 0,
            memory: Memory::default(),
            bytes: [None; 2],
            created,
            seen_at: Duration::ZERO,
        }
    }

    fn ran(&mut self, used_usec: u64) {
        self.cpu_usec += used_usec;
        self.latest_cpu_usec += used_usec;
    }

    /// `other` appears only once something had to go there.
    fn is_shown(&self) -> bool {
        self.identity.kind != Kind::Other || self.cpu_usec > 0 || self.energy_uj != [0; 3]
    }

    fn report(&self, at: Duration) -> WorkloadReport {
        let alive = self.identity.kind.is_permanent() || self.seen_at == at;
        WorkloadReport {
            identity: self.identity.clone(),
            energy_uj: self.energy_uj,
            latest_uj: self.latest_uj,
            carbon: self.carbon.grams(),
            cpu_usec: self.cpu_usec,
            latest_cpu_usec: self.latest_cpu_usec,
            memory: if alive { self.memory } else { Memory::default() },
            bytes: self.bytes,
            created: self.created,
            alive,
        }
    }
}

fn add(sum: &mut Option<u64>, part: Option<u64>) {
    if let Some(part) = part {
        *sum = Some(sum.unwrap_or(0).saturating_add(part));
    }
}

fn take(sum: &mut Option<u64>, part: Option<u64>) {
    if let (Some(sum), Some(part)) = (sum, part) {
        *sum = sum.saturating_sub(part);
    }
}

fn sum_of(one: Option<[u64; 2]>, other: Option<[u64; 2]>) -> Option<[u64; 2]> {
    match (one, other) {
        (Some(one), Some(other)) => Some([0, 1].map(|at| one[at].saturating_add(other[at]))),
        (one, other) => one.or(other),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
