//! How much CPU time each account used since the tick before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use wattle_attribution::Presence;
use wattle_hostfs::memory_stat::Memory;

use super::book::Book;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::sample::MemorySample;
use crate::sample::Sample;
use crate::workload::Identity;

/// The last reading of every cgroup and process that is being counted.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    known: HashMap<u64, Known>,
    /// Readings from before the agent was restarted, until their accounts show up again.
    restored: HashMap<AccountSource, u64>,
    tick: u64,
}

#[derive(Debug)]
struct Known {
    source: AccountSource,
    workload: Arc<Identity>,
    entry: usize,
    cpu_usec: u64,
    memory: Memory,
    tick: u64,
}

/// Somebody who ran, or who reserved CPUs, in the interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claimant {
    /// Its position in the [`Book`].
    pub(super) entry: usize,
    pub(super) presence: Presence,
    pub(super) reserved_millicpus: u64,
}

/// What the accounts are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    /// Time since boot at the tick before; what began later is new. Nothing where there was no tick before.
    pub(super) uptime_ticks: Option<u64>,
    /// There was a tick before.
    pub(super) known: bool,
    /// When that was, since 1970: what is new began after it.
    pub(super) wall: Duration,
    /// More CPU time than one account can have used since: beyond it a reading is taken for garbage.
    pub(super) most_usec: u64,
}

impl Accounts {
    pub(super) fn restore(readings: impl Iterator<Item = (AccountSource, u64)>) -> Self {
        Self {
            restored: readings.collect(),
            ..Self::default()
        }
    }

    /// The readings to be restored after a restart.
    pub(super) fn readings(&self) -> impl Iterator<Item = (&AccountSource, u64)> {
        self.known.values().map(|known| (&known.source, known.cpu_usec))
    }

    /// Compares the sample with the last one, opens entries for who is new, and appends those who have a claim.
    pub(super) fn observe(
        &mut self,
        sample: &Sample,
        since: Since,
        book: &mut Book,
        claimants: &mut Vec<Claimant>,
    ) {
        self.tick += 1;
        for account in &sample.accounts {
            let (entry, used) = self.used(account, since, book);
            book.touch(entry, used, sample.at);
            let reserved_millicpus = account.reserved_millicpus.unwrap_or(0);
            if used > 0 || reserved_millicpus > 0 {
                let presence = Presence {
                    time_usec: used,
                    socket: account.socket,
                };
                claimants.push(Claimant {
                    entry,
                    presence,
                    reserved_millicpus,
                });
            }
        }
        if self.known.len() > sample.accounts.len() {
            let tick = self.tick;
            self.known.retain(|_, known| known.tick == tick);
        }
        self.restored.clear();
        self.remember(&sample.memory, book, sample.at);
    }

    /// The entry that pays for an account.
    pub(super) fn entry(&self, account: u64) -> Option<usize> {
        self.known.get(&account).map(|known| known.entry)
    }

    /// Takes the memory of those accounts that were asked for it; the others hold what they held.
    fn remember(&mut self, samples: &[MemorySample], book: &mut Book, at: Duration) {
        for sample in samples {
            if let Some(known) = self.known.get_mut(&sample.account) {
                known.memory = sample.memory;
            }
        }
        for known in self.known.values().filter(|known| !known.memory.is_unknown()) {
            book.hold(known.entry, known.memory, at);
        }
    }

    /// The entry that pays for an account, and the CPU time since the last reading.
    fn used(&mut self, account: &AccountSample, since: Since, book: &mut Book) -> (usize, u64) {
        let Some(known) = self.known.get_mut(&account.id) else {
            return self.open(account, since, book);
        };
        known.tick = self.tick;
        if !Arc::ptr_eq(&known.workload, &account.workload) {
            known.workload = account.workload.clone();
            known.entry = book.open(&account.workload, since.wall);
        }
        let used = account.cpu_usec.saturating_sub(known.cpu_usec);
        if used > since.most_usec {
            known.cpu_usec = account.cpu_usec;
            return (known.entry, 0);
        }
        // The kernel's split of a process's time may go back by a tick; the next reading makes up for it.
        known.cpu_usec = known.cpu_usec.max(account.cpu_usec);
        (known.entry, used)
    }

    fn open(&mut self, account: &AccountSample, since: Since, book: &mut Book) -> (usize, u64) {
        let entry = book.open(&account.workload, since.wall);
        let used = self
            .used_at_first_sight(account, since)
            .filter(|&used| used <= since.most_usec);
        let known = Known {
            source: account.source.clone(),
            workload: account.workload.clone(),
            entry,
            cpu_usec: account.cpu_usec,
            memory: Memory::default(),
            tick: self.tick,
        };
        self.known.insert(account.id, known);
        (entry, used.unwrap_or(0))
    }

    /// All that an account used belongs to this interval if it began in it. A process that is older came from
    /// elsewhere, where its time was counted.
    fn used_at_first_sight(&self, account: &AccountSample, since: Since) -> Option<u64> {
        if let Some(&before) = self.restored.get(&account.source) {
            return Some(account.cpu_usec.checked_sub(before).unwrap_or(account.cpu_usec));
        }
        let is_new = match account.source {
            AccountSource::Cgroup(_) => since.known,
            AccountSource::Process { start_ticks, .. } => {
                since.uptime_ticks.is_some_and(|uptime| start_ticks >= uptime)
            }
        };
        is_new.then_some(account.cpu_usec)
    }
}
