//! Orders are given, taken back and looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::order;
use super::order::Order;
use crate::store::Change;
use crate::store::Expectation;
use crate::store::Outcome;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::Transaction;

/// The orders for all hosts, in the store, where every controller sees them.
#[derive(Clone, Debug)]
pub struct Orders(Arc<dyn Store>);

impl Orders {
    /// The orders of a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// Gives an order, in place of an earlier one. When this returns it is kept; every controller follows within a moment.
    pub async fn set(&self, host: &str, order: &Order) -> Result<(), StoreError> {
        let change = Change {
            key: order::key(host),
            value: Some(order::write(host, order)),
        };
        // Nothing is expected, so there is nothing to be at odds with.
        let transaction = Transaction {
            expect: Vec::new(),
            changes: vec![change],
        };
        self.0.commit(transaction).await.map(drop)
    }

    /// Takes the order for a host back; the answer is the order that stood, if one did.
    pub async fn clear(&self, host: &str) -> Result<Option<Order>, StoreError> {
        let key = order::key(host);
        loop {
            let Some(entry) = self.0.get(&key).await? else {
                return Ok(None);
            };
            let transaction = Transaction {
                expect: vec![Expectation {
                    key: key.clone(),
                    revision: Some(entry.revision),
                }],
                changes: vec![Change {
                    key: key.clone(),
                    value: None,
                }],
            };
            // Somebody who ordered something else meanwhile is told of by the next look.
            if let Outcome::Committed(_) = self.0.commit(transaction).await? {
                return Ok(order::read(&entry.value).ok().map(|(_, order)| order));
            }
        }
    }

    /// All orders by host, as they are in the store now. One that cannot be read is left out, and named in the log.
    pub async fn list(&self) -> Result<BTreeMap<String, Order>, StoreError> {
        let listing = self.0.list(order::PREFIX).await?;
        let entries = listing.entries.into_iter();
        Ok(entries
            .filter_map(|entry| readable(&entry.key, &entry.value))
            .collect())
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.0
    }
}

/// An order and its host; `None`, and a line in the log, where the record cannot be read.
pub(super) fn readable(key: &str, value: &[u8]) -> Option<(String, Order)> {
    let read = order::read(value);
    let read = read.inspect_err(|reason| {
        tracing::error!(
            key,
            reason,
            "this order cannot be read, and its host stands as if there were none"
        );
    });
    read.ok()
}
