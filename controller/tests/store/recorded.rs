//! What concurrent tasks did and saw, and whether one store could have done that.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use wattle_controller::store::Batch;
use wattle_controller::store::Change;
use wattle_controller::store::Outcome;
use wattle_controller::store::Revision;
use wattle_controller::store::Store;
use wattle_controller::store::Transaction;

use crate::random::Random;
use crate::transactions::expect;
use crate::transactions::put;
use crate::transactions::remove;

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Values with the revisions that wrote them.
pub(crate) type Model = BTreeMap<String, (Vec<u8>, Revision)>;

/// One operation, between two instants.
#[derive(Debug)]
pub(crate) struct Event {
    begun: u64,
    ended: u64,
    pub(crate) done: Done,
}

#[derive(Debug)]
pub(crate) enum Done {
    Commit(Transaction, Outcome),
    Get(&'static str, Option<(Vec<u8>, Revision)>),
}

/// Rises with everything that begins or ends.
#[derive(Debug, Default)]
pub(crate) struct Instants(AtomicU64);

impl Instants {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// Reads and commits at random, with expectations that were right a short while ago.
pub(crate) async fn act(store: &dyn Store, instants: &Instants, seed: u64, rounds: usize) -> Vec<Event> {
    let mut random = Random::new(seed);
    let mut known: BTreeMap<&str, Option<Revision>> = BTreeMap::new();
    let mut events = Vec::new();
    for round in 0..rounds {
        let key = KEYS[random.below(KEYS.len())];
        let begun = instants.next();
        let done = if random.below(3) == 0 {
            let entry = store.get(key).await.unwrap();
            known.insert(key, entry.as_ref().map(|entry| entry.revision));
            Done::Get(key, entry.map(|entry| (entry.value, entry.revision)))
        } else {
            let transaction = transaction(&mut random, &known, &format!("{seed}.{round}"));
            let outcome = store.commit(transaction.clone()).await.unwrap();
            if let Outcome::Committed(revision) = outcome {
                for change in &transaction.changes {
                    let name = KEYS.iter().find(|key| **key == change.key).unwrap();
                    known.insert(name, change.value.as_ref().map(|_| revision));
                }
            }
            Done::Commit(transaction, outcome)
        };
        let ended = instants.next();
        events.push(Event { begun, ended, done });
    }
    events
}

fn transaction(
    random: &mut Random,
    known: &BTreeMap<&'static str, Option<Revision>>,
    value: &str,
) -> Transaction {
    let expected = known.iter().filter(|_| random.below(3) == 0);
    let expected = expected.map(|(key, revision)| expect(key, *revision)).collect();
    let first = random.below(KEYS.len());
    let changes = KEYS.iter().cycle().skip(first).take(1 + random.below(3));
    let changes = changes
        .map(|key| match random.below(4) {
            0 => remove(key),
            _ => put(key, value),
        })
        .collect();
    Transaction {
        expect: expected,
        changes,
    }
}

/// The states that the commits led through, one after another; the first is the empty one.
pub(crate) struct Story {
    states: Vec<(Revision, Model)>,
    /// What a watcher must have been told.
    pub(crate) batches: Vec<Batch>,
}

impl Story {
    /// Makes all commits in the order of their revisions. Each expectation must hold.
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut commits: Vec<(Revision, &Transaction)> = Vec::new();
        for event in events {
            if let Done::Commit(transaction, Outcome::Committed(revision)) = &event.done {
                commits.push((*revision, transaction));
            }
        }
        commits.sort_by_key(|(revision, _)| *revision);
        assert!(
            commits.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "a revision twice"
        );
        let mut story = Self {
            states: vec![(Revision(0), Model::new())],
            batches: Vec::new(),
        };
        for (revision, transaction) in commits {
            story.make(revision, transaction);
        }
        story
    }

    fn make(&mut self, revision: Revision, transaction: &Transaction) {
        let mut model = self.last().clone();
        assert!(
            holds(&model, transaction),
            "{revision:?} was made though it must not have been"
        );
        let mut changes: Vec<Change> = Vec::new();
        for change in &transaction.changes {
            let before = match &change.value {
                Some(value) => model.insert(change.key.clone(), (value.clone(), revision)),
                None => model.remove(&change.key),
            };
            if before.is_some() || change.value.is_some() {
                changes.push(change.clone());
            }
        }
        if !changes.is_empty() {
            self.batches.push(sorted(Batch { revision, changes }));
        }
        self.states.push((revision, model));
    }

    pub(crate) fn last(&self) -> &Model {
        &self.states.last().unwrap().1
    }

    /// Every read and every conflict must fit a state between its begin and its end.
    pub(crate) fn check(&self, events: &[Event]) {
        for event in events {
            let fits = |model: &Model| match &event.done {
                Done::Get(key, seen) => model.get(*key) == seen.as_ref(),
                Done::Commit(transaction, Outcome::Conflict) => !holds(model, transaction),
                Done::Commit(_, Outcome::Committed(_)) => true,
            };
            let (from, to) = window(events, event);
            let states = self.states.iter();
            let mut possible = states.filter(|(revision, _)| (from..=to).contains(revision));
            assert!(possible.any(|(_, model)| fits(model)), "{event:?} fits no state");
        }
    }
}

/// The revisions that the store may have had during an event: not less than what had been committed before, not more than what had been
/// begun before its end.
fn window(events: &[Event], event: &Event) -> (Revision, Revision) {
    let mut window = (Revision(0), Revision(0));
    for other in events {
        if let Done::Commit(_, Outcome::Committed(revision)) = other.done {
            if other.ended < event.begun {
                window.0 = window.0.max(revision);
            }
            if other.begun < event.ended {
                window.1 = window.1.max(revision);
            }
        }
    }
    window
}

fn holds(model: &Model, transaction: &Transaction) -> bool {
    transaction
        .expect
        .iter()
        .all(|expectation| model.get(&expectation.key).map(|(_, revision)| *revision) == expectation.revision)
}

/// Within a batch the order means nothing.
pub(crate) fn sorted(mut batch: Batch) -> Batch {
    batch.changes.sort_by(|a, b| a.key.cmp(&b.key));
    batch
}
