//! Many callers at once.

use std::sync::Arc;

use wattle_controller::store::Outcome;
use wattle_controller::store::Store;
use wattle_controller::store::Transaction;

use crate::recorded::Instants;
use crate::recorded::Model;
use crate::recorded::Story;
use crate::recorded::act;
use crate::transactions::expect;
use crate::transactions::increment;
use crate::transactions::number;
use crate::transactions::put;
use crate::transactions::text;

pub(crate) async fn no_increment_is_lost(store: Arc<dyn Store>) {
    const TASKS: usize = 8;
    const EACH: usize = 25;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    increment(&*store, "counter").await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(
        text(&*store, "counter").await.unwrap(),
        (TASKS * EACH).to_string()
    );
}

pub(crate) async fn random_transactions_happen_one_after_another(store: Arc<dyn Store>) {
    let instants = Arc::new(Instants::default());
    let tasks: Vec<_> = (1..=6)
        .map(|seed| {
            let (store, instants) = (Arc::clone(&store), Arc::clone(&instants));
            tokio::spawn(async move { act(&*store, &instants, seed, 60).await })
        })
        .collect();
    let mut events = Vec::new();
    for task in tasks {
        events.extend(task.await.unwrap());
    }
    let story = Story::of(&events);
    story.check(&events);
    let listed = store.list("").await.unwrap().entries;
    let listed: Model = listed
        .into_iter()
        .map(|entry| (entry.key, (entry.value, entry.revision)))
        .collect();
    assert_eq!(&listed, story.last());
}

/// The last ten of something, wanted by a hundred.
pub(crate) async fn claims_never_exceed_what_is_there(store: Arc<dyn Store>) {
    const ROOM: u64 = 10;
    let claims: Vec<_> = (0..100)
        .map(|claimant| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { claim(&*store, &format!("claims/{claimant}"), ROOM).await })
        })
        .collect();
    let mut granted = 0;
    for claim in claims {
        granted += u64::from(claim.await.unwrap());
    }
    assert_eq!(granted, ROOM);
    assert_eq!(store.list("claims/").await.unwrap().entries.len(), 10);
    assert_eq!(text(&*store, "used").await.unwrap(), ROOM.to_string());
}

async fn claim(store: &dyn Store, key: &str, room: u64) -> bool {
    loop {
        let used = store.get("used").await.unwrap();
        let count = used.as_ref().map_or(0, |entry| number(&entry.value));
        if count == room {
            return false;
        }
        let transaction = Transaction {
            expect: vec![
                expect("used", used.map(|entry| entry.revision)),
                expect(key, None),
            ],
            changes: vec![put("used", (count + 1).to_string()), put(key, "")],
        };
        if store.commit(transaction).await.unwrap() != Outcome::Conflict {
            return true;
        }
    }
}
