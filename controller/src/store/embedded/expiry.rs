//! Which leases live, and until when.

use std::collections::BTreeMap;
use std::time::Duration;

/// The leases of this process.
#[derive(Debug, Default)]
pub(super) struct Leases {
    last: i64,
    living: BTreeMap<i64, Lease>,
}

#[derive(Debug)]
struct Lease {
    ttl: Duration,
    end: Duration,
}

impl Leases {
    /// Begins one.
    pub(super) fn grant(&mut self, now: Duration, ttl: Duration) -> i64 {
        self.last += 1;
        let end = now.saturating_add(ttl);
        self.living.insert(self.last, Lease { ttl, end });
        self.last
    }

    /// Whether it could be prolonged.
    pub(super) fn renew(&mut self, now: Duration, id: i64) -> bool {
        match self.living.get_mut(&id) {
            Some(lease) if lease.end > now => {
                lease.end = now.saturating_add(lease.ttl);
                true
            }
            _ => false,
        }
    }

    pub(super) fn lives(&self, now: Duration, id: i64) -> bool {
        self.living.get(&id).is_some_and(|lease| lease.end > now)
    }

    /// Those whose time has come. They stay until they are [forgotten](Self::forget).
    pub(super) fn due(&self, now: Duration) -> Vec<i64> {
        let due = self.living.iter().filter(|(_, lease)| lease.end <= now);
        due.map(|(id, _)| *id).collect()
    }

    /// When the next one ends.
    pub(super) fn next_end(&self) -> Option<Duration> {
        self.living.values().map(|lease| lease.end).min()
    }

    /// Its keys are gone.
    pub(super) fn forget(&mut self, id: i64) {
        self.living.remove(&id);
    }

    /// Ends it now, as far as its holder is concerned.
    pub(super) fn end(&mut self, id: i64) {
        if let Some(lease) = self.living.get_mut(&id) {
            lease.end = Duration::ZERO;
        }
    }
}
