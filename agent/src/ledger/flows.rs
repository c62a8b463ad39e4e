//! How many bytes went through each flow since it was last read.

use std::collections::HashMap;
use std::sync::Arc;

use super::accounts::Accounts;
use super::book::Book;
use super::within::Within;
use crate::sample::FlowKind;
use crate::sample::FlowSample;
use crate::sample::Sample;

/// Each flow is read once in a few ticks, some once in 64; one that was not for so many ticks is over.
const KEEP: u64 = 256;
/// Flows of accounts that have ended are forgotten once in so many ticks.
const TIDY: u64 = 16;

/// The last reading of every flow.
#[derive(Debug, Default)]
pub(super) struct Flows {
    known: HashMap<u64, Known>,
    /// Readings from before the agent was restarted, until their flows show up again.
    restored: HashMap<Arc<str>, [u64; 2]>,
    within: Within,
    tick: u64,
}

#[derive(Debug)]
struct Known {
    source: Arc<str>,
    account: u64,
    bytes: [u64; 2],
    tick: u64,
}

impl Flows {
    pub(super) fn restore(readings: impl Iterator<Item = (Arc<str>, [u64; 2])>) -> Self {
        Self {
            restored: readings.collect(),
            ..Self::default()
        }
    }

    /// The readings to be restored after a restart.
    pub(super) fn readings(&self) -> impl Iterator<Item = (&str, [u64; 2])> {
        let known = self.known.values().map(|known| (&*known.source, known.bytes));
        let restored = self.restored.iter().map(|(source, bytes)| (&**source, *bytes));
        known.chain(restored)
    }

    /// Adds what is new to the books of those who pay.
    pub(super) fn observe(&mut self, sample: &Sample, accounts: &Accounts, book: &mut Book) {
        self.tick += 1;
        for flow in &sample.flows {
            let mut more = self.more(flow);
            let Some(entry) = accounts.entry(flow.account) else {
                continue;
            };
            // A cgroup's block I/O is that of all below it; a network namespace or a tap is one account's alone.
            if flow.kind == FlowKind::Block {
                more = self.within.own(flow.account, accounts.around(flow.account), more);
            }
            book.add_bytes(entry, flow.kind, more);
        }
        if self.tick.is_multiple_of(TIDY) {
            let tick = self.tick;
            self.known
                .retain(|_, known| accounts.entry(known.account).is_some() && tick - known.tick < KEEP);
            self.within.retain(|account| accounts.entry(account).is_some());
        }
        if self.tick.is_multiple_of(KEEP) {
            self.restored.clear();
        }
    }

    /// What went through since the last reading. What a flow counted before it was this account's is not counted.
    fn more(&mut self, flow: &FlowSample) -> [u64; 2] {
        let before = match self.known.get_mut(&flow.id) {
            Some(known) => {
                known.tick = self.tick;
                known.account = flow.account;
                std::mem::replace(&mut known.bytes, flow.bytes)
            }
            None => self.begin(flow),
        };
        [0, 1].map(|direction| flow.bytes[direction].saturating_sub(before[direction]))
    }

    fn begin(&mut self, flow: &FlowSample) -> [u64; 2] {
        let known = Known {
            source: flow.source.clone(),
            account: flow.account,
            bytes: flow.bytes,
            tick: self.tick,
        };
        self.known.insert(flow.id, known);
        let restored = self.restored.remove(&flow.source);
        let unknown = if flow.fresh { [0, 0] } else { flow.bytes };
        restored.unwrap_or(unknown)
    }
}
