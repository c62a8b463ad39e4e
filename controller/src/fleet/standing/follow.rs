//! The board follows the orders as they change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::order;
use super::order::Order;
use super::orders::Orders;
use super::orders::readable;
use crate::fleet::Board;
use crate::store::Watch;
use crate::store::WatchEnd;

/// Between two attempts while the store does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Begins to follow. When this returns the board has the orders that stand, or the store does not answer and is asked again behind.
pub async fn follow(orders: Orders, board: Arc<Board>) {
    let begun = begin(&orders, &board).await;
    tokio::spawn(async move {
        let mut begun = begun;
        loop {
            match begun {
                Some((known, watch)) => take_in_all(known, watch, &board).await,
                None => tokio::time::sleep(PAUSE).await,
            }
            begun = begin(&orders, &board).await;
        }
    });
}

/// By key, so that one that is removed is found.
type Known = BTreeMap<String, (String, Order)>;

async fn begin(orders: &Orders, board: &Board) -> Option<(Known, Watch)> {
    let begun = async {
        let listing = orders.store().list(order::PREFIX).await?;
        let entries = listing.entries.into_iter();
        let known: Known = entries
            .filter_map(|entry| Some((entry.key.clone(), readable(&entry.key, &entry.value)?)))
            .collect();
        let watch = orders.store().watch(order::PREFIX, listing.revision).await?;
        Ok::<_, crate::store::StoreError>((known, watch))
    };
    let begun = begun.await.inspect_err(|error| {
        tracing::warn!(%error, "orders for hosts cannot be read from the store; trying again");
    });
    let (known, watch) = begun.ok()?;
    tell(&known, board);
    Some((known, watch))
}

async fn take_in_all(mut known: Known, mut watch: Watch, board: &Board) {
    loop {
        let batch = match watch.next().await {
            Ok(batch) => batch,
            Err(WatchEnd::ListAgain) => return,
            Err(error) => {
                tracing::warn!(%error, "the store tells of no more orders; reading all again");
                return tokio::time::sleep(PAUSE).await;
            }
        };
        for change in batch.changes {
            let order = change.value.and_then(|value| readable(&change.key, &value));
            match order {
                Some(order) => drop(known.insert(change.key, order)),
                None => drop(known.remove(&change.key)),
            }
        }
        tell(&known, board);
    }
}

fn tell(known: &Known, board: &Board) {
    board.set_orders(known.values().cloned().collect());
}
