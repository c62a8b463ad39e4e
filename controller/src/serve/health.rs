//! How the store and the ledger over it are doing.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use wattle_daemon::manager::Condition;

/// How the store and the ledger over it are doing, as last seen.
#[derive(Debug, Default)]
pub(super) struct Health {
    store_answers: AtomicBool,
    looks: AtomicU64,
    looks_known: AtomicU64,
    follows: AtomicBool,
    revision: AtomicU64,
    begun_anew: AtomicU64,
}

impl Health {
    pub(super) fn store_answers(&self, answers: bool) {
        self.store_answers.store(answers, Ordering::Relaxed);
        self.looks.fetch_add(1, Ordering::Relaxed);
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

    /// How the service manager is to see it, which asks less often than the store is looked at. A store that never answers
    /// hangs. A start anew mends a store of this process's own, not one of others that is down.
    pub(super) fn condition(&self, own_store: bool) -> Condition {
        let looks = self.looks.load(Ordering::Relaxed);
        if self.looks_known.swap(looks, Ordering::Relaxed) == looks {
            Condition::Ill("the store does not answer".to_owned())
        } else if own_store && !self.is_store_up() {
            Condition::Ill("the store has failed".to_owned())
        } else {
            Condition::Well
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_while_somebody_looks_at_the_store_and_the_own_one_answers() {
        let health = Health::default();
        let is_well = |own| health.condition(own) == Condition::Well;
        assert!(!is_well(true), "nobody has looked");
        for (answers, own, expected) in [
            (true, true, true),
            (false, true, false),
            (false, false, true),
            (true, false, true),
        ] {
            health.store_answers(answers);
            assert_eq!(is_well(own), expected, "answers {answers}, own {own}");
            assert!(!is_well(own), "and nobody has looked since");
        }
    }
}
