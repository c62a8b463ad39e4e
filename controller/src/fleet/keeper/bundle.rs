//! Several hosts in one transaction, as many as a store takes: to register a large fleet host by host waits for the disk each time.

use std::collections::BTreeMap;

use crate::store::Change;
use crate::store::Expectation;
use crate::store::MAX_CHANGES;
use crate::store::MAX_EXPECTATIONS;
use crate::store::MAX_TRANSACTION_BYTES;
use crate::store::Revision;
use crate::store::Transaction;

/// Transactions that are made together.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    expect: BTreeMap<String, Option<Revision>>,
    changes: BTreeMap<String, Option<Vec<u8>>>,
    bytes: usize,
}

impl Bundle {
    /// Takes one more in, if it says nothing that another contradicts and there is room. The first always comes in.
    pub(super) fn add(&mut self, more: Transaction) -> bool {
        let agrees = more.expect.iter().all(|one| {
            let known = self.expect.get(&one.key);
            known.is_none_or(|known| *known == one.revision)
        });
        // The same class or trait may be made for many hosts at once.
        let same = more.changes.iter().all(|one| {
            let known = self.changes.get(&one.key);
            known.is_none_or(|known| *known == one.value)
        });
        if !(self.changes.is_empty() || agrees && same && self.has_room(&more)) {
            return false;
        }
        self.bytes += bytes(&more);
        self.expect
            .extend(more.expect.into_iter().map(|one| (one.key, one.revision)));
        self.changes
            .extend(more.changes.into_iter().map(|one| (one.key, one.value)));
        true
    }

    fn has_room(&self, more: &Transaction) -> bool {
        // One place is for the fence of who leads.
        self.expect.len() + more.expect.len() < MAX_EXPECTATIONS
            && self.changes.len() + more.changes.len() <= MAX_CHANGES
            && self.bytes + bytes(more) <= MAX_TRANSACTION_BYTES / 2
    }

    /// All of it; nothing is expected where nothing changes.
    pub(super) fn finish(self, fence: impl FnOnce() -> Expectation) -> Transaction {
        if self.changes.is_empty() {
            return Transaction::default();
        }
        let expect = self.expect.into_iter();
        let expect = expect.map(|(key, revision)| Expectation { key, revision });
        let changes = self.changes.into_iter();
        Transaction {
            expect: expect.chain([fence()]).collect(),
            changes: changes.map(|(key, value)| Change { key, value }).collect(),
        }
    }
}

fn bytes(transaction: &Transaction) -> usize {
    let expect = transaction.expect.iter().map(|one| one.key.len());
    let changes = transaction.changes.iter();
    let changes = changes.map(|one| one.key.len() + one.value.as_ref().map_or(0, Vec::len));
    expect.chain(changes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::check_transaction;

    fn one(host: usize, word: &str, revision: Option<u64>) -> Transaction {
        let expectation = |key: String, revision| Expectation { key, revision };
        let change = |key: String| Change {
            key,
            value: Some(vec![0; 100]),
        };
        Transaction {
            expect: vec![
                expectation(format!("providers/{host}"), None),
                expectation(word.to_owned(), revision.map(Revision)),
            ],
            changes: vec![
                change(format!("providers/{host}")),
                change(format!("names/{host}")),
                change(word.to_owned()),
            ],
        }
    }

    fn fence() -> Expectation {
        Expectation {
            key: "office".to_owned(),
            revision: Some(Revision(1)),
        }
    }

    #[test]
    fn as_many_come_together_as_the_store_takes_and_a_word_that_all_make_is_made_once() {
        let mut bundle = Bundle::default();
        let taken = (0..1000)
            .take_while(|host| bundle.add(one(*host, "traits/A", None)))
            .count();
        assert!(taken > 30, "{taken}");
        let whole = bundle.finish(fence);
        assert_eq!(check_transaction(&whole), Ok(()));
        assert_eq!(whole.changes.len(), 2 * taken + 1);
        assert_eq!(whole.expect.len(), taken + 2);
        assert_eq!(Bundle::default().finish(fence), Transaction::default());
    }

    #[test]
    fn what_contradicts_comes_in_another_transaction() {
        let mut bundle = Bundle::default();
        assert!(bundle.add(Transaction::default()) && bundle.add(one(1, "traits/A", Some(3))));
        assert!(!bundle.add(one(2, "traits/A", Some(4))));
        let mut other = one(3, "traits/A", Some(3));
        other.changes[2].value = None;
        assert!(!bundle.add(other));
        assert!(bundle.add(one(4, "traits/B", Some(4))));
    }

    #[test]
    fn one_that_alone_is_too_large_is_for_the_store_to_refuse() {
        let mut large = one(1, "traits/A", None);
        large.changes[0].value = Some(vec![0; MAX_TRANSACTION_BYTES]);
        assert!(Bundle::default().add(large));
    }
}
