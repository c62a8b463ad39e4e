//! Orders through a store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Order;
use super::Orders;
use super::Wanted;
use super::follow;
use crate::fleet::Board;
use crate::placement::Standing;
use crate::store::Change;
use crate::store::Embedded;
use crate::store::EmbeddedOptions;
use crate::store::Store;
use crate::store::Transaction;

fn order(standing: Wanted) -> Order {
    Order {
        standing,
        since: 1,
        reason: Some("fans".to_owned()),
        by: Some("jan".to_owned()),
    }
}

async fn until(board: &Board, host: &str, expected: Option<Standing>) {
    let shown = || board.latest().get(host).map(|host| host.standing);
    let seen = async {
        while shown() != expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
    assert!(
        seen.is_ok(),
        "{host} stands as {:?}, not as {expected:?}",
        shown()
    );
}

#[tokio::test]
async fn an_order_of_one_controller_is_seen_by_another_as_soon_as_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::new(Arc::new(crate::clock::steady));
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&dir.path().join("store"), options).await.unwrap());
    let orders = Orders::new(Arc::clone(&store));
    orders.set("h0", &order(Wanted::Draining)).await.unwrap();
    let board = Arc::new(Board::default());
    follow(orders.clone(), Arc::clone(&board)).await;
    assert_eq!(board.latest()["h0"].standing, Standing::Draining);

    orders.set("h0", &order(Wanted::Maintenance)).await.unwrap();
    orders.set("host 1/a", &order(Wanted::Draining)).await.unwrap();
    until(&board, "h0", Some(Standing::Maintenance)).await;
    until(&board, "host 1/a", Some(Standing::Draining)).await;
    let expected = BTreeMap::from([
        ("h0".to_owned(), order(Wanted::Maintenance)),
        ("host 1/a".to_owned(), order(Wanted::Draining)),
    ]);
    assert_eq!(orders.list().await.unwrap(), expected);
    assert_eq!(*board.picture().orders, expected);

    let unreadable = Change {
        key: "standing/h2".to_owned(),
        value: Some(b"{}".to_vec()),
    };
    let transaction = Transaction {
        expect: Vec::new(),
        changes: vec![unreadable],
    };
    store.commit(transaction).await.unwrap();
    let cleared = orders.clear("h0").await.unwrap();
    assert_eq!(cleared, Some(order(Wanted::Maintenance)));
    assert_eq!(orders.clear("h0").await.unwrap(), None);
    until(&board, "h0", None).await;
    assert_eq!(orders.list().await.unwrap().len(), 1);
}
