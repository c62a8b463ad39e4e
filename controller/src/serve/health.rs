//! How the store and the ledger over it are doing.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// How the store and the ledger over it are doing, as last seen.
#[derive(Debug, Default)]
pub(super) struct Health {
    store_answers: AtomicBool,
    follows: AtomicBool,
    revision: AtomicU64,
    begun_anew: AtomicU64,
}

impl Health {
    pub(super) fn store_answers(&self, answers: bool) {
        self.store_answers.store(answers, Ordering::Relaxed);
    }

    /// The ledger has taken in everything up to this revision and hears of what comes.
    pub(super) fn followed(&self, revision: u64) {
        self.revision.store(revision, Ordering::Relaxed);
        self.follows.store(true, Ordering::Relaxed);
    }

    /// The ledger hears of nothing any more.
    pub(super) fn lost(&self) {
        self.follows.store(false, Ordering::Relaxed);
        self.begun_anew.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn is_store_up(&self) -> bool {
        self.store_answers.load(Ordering::Relaxed)
    }

    pub(super) fn is_ledger_current(&self) -> bool {
        self.follows.load(Ordering::Relaxed)
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    pub(super) fn times_lost(&self) -> u64 {
        self.begun_anew.load(Ordering::Relaxed)
    }
}
