//! The fleet at work: what runs, and where others meet it.

use std::sync::Arc;

use super::board::Board;
use super::standing;
use super::standing::Orders;
use crate::store::Store;

/// Where others meet the fleet.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// What is known of its hosts.
    pub board: Arc<Board>,
    /// What operators want of them.
    pub orders: Orders,
}

/// Begins. The orders that stand are on the board when this returns, if the store answers.
pub async fn start(store: &Arc<dyn Store>) -> Fleet {
    let fleet = Fleet {
        board: Arc::default(),
        orders: Orders::new(Arc::clone(store)),
    };
    standing::follow(fleet.orders.clone(), Arc::clone(&fleet.board)).await;
    fleet
}
