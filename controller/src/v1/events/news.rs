//! From the store and the board to those who listen.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use super::hub::Event;
use super::hub::Hub;
use super::residents::Moved;
use super::residents::Residents;
use super::standings::Standings;
use crate::inventory::Ledger;
use crate::inventory::Uuid;
use crate::inventory::consumer_in;
use crate::schedule::KnownHosts;
use crate::store::Change;
use crate::store::Entry;

/// Notices what happens, and tells it.
#[derive(Debug)]
pub struct News {
    hub: Arc<Hub>,
    residents: Mutex<Residents>,
    standings: Mutex<Standings>,
}

impl News {
    /// For those who listen at this hub.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            residents: Mutex::default(),
            standings: Mutex::default(),
        }
    }

    /// Who is where, and since when.
    pub(in crate::v1) fn residents(&self) -> MutexGuard<'_, Residents> {
        // One entry at a time is changed, and each is whole.
        self.residents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is where, by what was read from the store.
    pub fn everybody(entries: &[Entry]) -> Vec<(String, Vec<Uuid>)> {
        let about = |entry: &Entry| {
            let (consumer, providers) = consumer_in(&entry.key, Some(&entry.value))?;
            Some((consumer.to_owned(), providers))
        };
        entries.iter().filter_map(about).collect()
    }

    /// Everything was read from the store, and the ledger has it.
    pub fn all(&self, ledger: &Ledger, everybody: Vec<(String, Vec<Uuid>)>, now: u64) {
        let moved = self.residents().all(everybody.into_iter(), now);
        self.tell(ledger, moved);
    }

    /// The store told of changes, and the ledger has them.
    pub fn heard(&self, ledger: &Ledger, changes: &[Change], now: u64) {
        let about = changes
            .iter()
            .filter_map(|change| consumer_in(&change.key, change.value.as_deref()));
        let mut residents = self.residents();
        let moved: Vec<_> = about
            .filter_map(|(consumer, providers)| residents.heard(consumer, &providers, now))
            .collect();
        drop(residents);
        self.tell(ledger, moved);
    }

    fn tell(&self, ledger: &Ledger, moved: Vec<Moved>) {
        let names = |uuids: &[Uuid]| -> Vec<String> {
            let name = |uuid: &Uuid| {
                let text = uuid.to_string();
                let provider = ledger.provider(&text).ok();
                provider.map_or(text, |provider| provider.name().to_owned())
            };
            uuids.iter().map(name).collect()
        };
        for Moved {
            consumer,
            before,
            after,
        } in moved
        {
            let from = names(&before);
            let event = if after.is_empty() {
                Event::Release { consumer, from }
            } else {
                let known = ledger.consumer(&consumer);
                Event::Claim {
                    hosts: names(&after),
                    project: known.map(|known| known.project().to_owned()),
                    consumer,
                    from,
                }
            };
            self.hub.publish(&event);
        }
    }

    /// The board may have another picture.
    pub fn look(&self, hosts: &KnownHosts) {
        let mut standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        for event in standings.look(hosts) {
            self.hub.publish(&event);
        }
    }
}
