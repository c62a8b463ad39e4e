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
    /// What accounts hold, of those of which it is known.
    memory: HashMap<u64, Memory>,
    /// Working memory: what is held inside of others.
    within: Vec<(usize, Memory)>,
    tick: u64,
}

#[derive(Debug)]
struct Known {
    source: AccountSource,
    workload: Arc<Identity>,
    entry: usize,
    cpu_usec: u64,
    tick: u64,
    inside: Option<u64>,
    /// Time it used that the account around it has not shown yet.
    ahead_usec: u64,
    /// Its position among the claimants of this tick, if it has a claim.
    claimant: Option<usize>,
}

/// Somebody who ran, or who reserved CPUs, in the interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claimant {
    /// Its position in the [`Book`].
    pub(super) entry: usize,
    pub(super) presence: Presence,
    pub(super) reserved_millicpus: u64,
}

/// Where an account stands.
enum Place {
    Alone,
    /// Inside another, at the last tick inside of this one.
    Inside(Option<u64>),
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
            let reserved_millicpus = account.reserved_millicpus.unwrap_or(0);
            let claims = used > 0 || reserved_millicpus > 0;
            let used = match self.take_place(account, claims.then_some(claimants.len())) {
                Place::Alone => used,
                Place::Inside(before) => {
                    self.carve_out(account, before, (used, since.most_usec), book, claimants)
                }
            };
            book.touch(entry, used, sample.at);
            let presence = Presence {
                time_usec: used,
                socket: account.socket,
            };
            claimants.extend(claims.then_some(Claimant {
                entry,
                presence,
                reserved_millicpus,
            }));
        }
        if self.known.len() > sample.accounts.len() {
            let tick = self.tick;
            self.known.retain(|_, known| known.tick == tick);
        }
        self.restored.clear();
        self.remember(&sample.memory, book, sample.at);
    }

    /// The workload that pays for an account, and the account's position among the claimants of this tick.
    pub(super) fn claimant(&self, account: u64) -> Option<(&Arc<Identity>, usize)> {
        let known = self.known.get(&account)?;
        Some((&known.workload, known.claimant?))
    }

    /// The entry that pays for an account.
    pub(super) fn entry(&self, account: u64) -> Option<usize> {
        self.known.get(&account).map(|known| known.entry)
    }

    /// The account that counts the same bytes as this one, in every hierarchy, and is charged to somebody else.
    pub(super) fn around(&self, account: u64) -> Option<u64> {
        let account = self.known.get(&account)?;
        let id = account.inside?;
        let around = self.known.get(&id)?;
        (account.entry != around.entry && account.source.is_below(&around.source)).then_some(id)
    }

    /// Takes the memory of those accounts that were asked for it; the others hold what they held.
    fn remember(&mut self, samples: &[MemorySample], book: &mut Book, at: Duration) {
        for sample in samples {
            if sample.memory.is_unknown() {
                self.memory.remove(&sample.account);
            } else {
                self.memory.insert(sample.account, sample.memory);
            }
        }
        let (known, within) = (&self.known, &mut self.within);
        self.memory.retain(|account, memory| {
            let Some(account) = known.get(account) else {
                return false;
            };
            book.hold(account.entry, *memory, at);
            let around = account.inside.and_then(|id| known.get(&id));
            // Of twins only one was asked.
            let around = around
                .filter(|around| account.entry != around.entry && account.source.is_below(&around.source));
            within.extend(around.map(|around| (around.entry, *memory)));
            true
        });
        // What stands inside another is accounted there as well, unless only the CPU time is: on a hybrid host a
        // container's cgroup may stand beside that of its daemon.
        for (entry, memory) in within.drain(..) {
            book.release(entry, memory, at);
        }
    }

    /// The entry that pays for an account, and the CPU time since the last reading.
    fn used(&mut self, account: &AccountSample, since: Since, book: &mut Book) -> (usize, u64) {
        let Some(known) = self.known.get_mut(&account.id) else {
            return self.open(account, since, book);
        };
        known.tick = self.tick;
        if !Arc::ptr_eq(&known.workload, &account.workload) {
            let is_same = known.workload == account.workload;
            known.workload = account.workload.clone();
            // Who stays over the limit is not counted again for being known better.
            if !is_same || known.entry != book.fixed().other {
                known.entry = book.open(&account.workload, since.wall);
            }
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

    /// Notes an account's place among the claimants and inside another.
    fn take_place(&mut self, account: &AccountSample, claimant: Option<usize>) -> Place {
        let Some(known) = self.known.get_mut(&account.id) else {
            return Place::Alone;
        };
        known.claimant = claimant;
        match std::mem::replace(&mut known.inside, account.inside) {
            None if account.inside.is_none() => Place::Alone,
            before => Place::Inside(before),
        }
    }

    /// What an account is charged of the time that it `used`: as much as those that count it as well have to give, and it
    /// is taken out of theirs. So they add up to what those count, whatever is read first and however coarse.
    ///
    /// What those do not show yet is claimed in a later interval. Time that nobody else counts is charged at once: that of
    /// an account which stood alone at either end of the interval.
    fn carve_out(
        &mut self,
        account: &AccountSample,
        before: Option<u64>,
        (used, most_usec): (u64, u64),
        book: &mut Book,
        claimants: &mut [Claimant],
    ) -> u64 {
        let ahead = self.known.get(&account.id).map_or(0, |known| known.ahead_usec);
        let due = used.saturating_add(ahead);
        let mut left = due;
        let mut stood_alone = false;
        let moved_from = Some(before).filter(|_| before != account.inside);
        for around in moved_from.into_iter().chain([account.inside]) {
            match around
                .and_then(|id| self.known.get(&id))
                .filter(|around| around.tick == self.tick)
            {
                Some(around) => left -= take(around, left, book, claimants),
                None => stood_alone = true,
            }
        }
        let charged = if stood_alone { due } else { due - left };
        if let Some(known) = self.known.get_mut(&account.id) {
            known.ahead_usec = (due - charged).min(most_usec);
        }
        charged
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
            tick: self.tick,
            inside: account.inside,
            ahead_usec: 0,
            claimant: None,
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
            AccountSource::Cgroup(_) | AccountSource::Unified(_) => since.known,
            AccountSource::Process { start_ticks, .. } => {
                since.uptime_ticks.is_some_and(|uptime| start_ticks >= uptime)
            }
        };
        is_new.then_some(account.cpu_usec)
    }
}

/// Takes up to `wanted` of CPU time out of an account's claim; returns how much.
fn take(from: &Known, wanted: u64, book: &mut Book, claimants: &mut [Claimant]) -> u64 {
    let Some(claimant) = from.claimant.and_then(|index| claimants.get_mut(index)) else {
        return 0;
    };
    let taken = wanted.min(claimant.presence.time_usec);
    claimant.presence.time_usec -= taken;
    book.take_time(claimant.entry, taken);
    taken
}
