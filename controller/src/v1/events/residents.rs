//! Who is where, and since when: what the store tells of consumers, one change after the other.

use std::collections::HashMap;
use std::sync::Arc;

use crate::inventory::Uuid;

/// Where a consumer is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Home {
    providers: Box<[Uuid]>,
    /// Seconds since 1970; 0: it was there when this process began.
    since: u64,
}

/// What changed for a consumer: where it was, and where it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) consumer: String,
    pub(super) before: Vec<Uuid>,
    pub(super) after: Vec<Uuid>,
}

/// Who is where, and since when.
#[derive(Clone, Debug, Default)]
pub(in crate::v1) struct Residents {
    homes: HashMap<Arc<str>, Home>,
    begun: bool,
}

impl Residents {
    /// Takes in that a consumer is there now, or with no providers nowhere.
    pub(super) fn heard(&mut self, consumer: &str, after: &[Uuid], now: u64) -> Option<Moved> {
        let before = self.homes.get(consumer).map_or(&[][..], |home| &home.providers);
        let moved = Moved {
            consumer: consumer.to_owned(),
            before: before.to_vec(),
            after: after.to_vec(),
        };
        if after.is_empty() {
            self.homes.remove(consumer);
        } else if moved.before != after {
            let home = Home {
                providers: after.into(),
                since: now,
            };
            self.homes.insert(consumer.into(), home);
        }
        (moved.before != moved.after).then_some(moved)
    }

    /// Takes in everybody at once. The first time nothing has changed: that is how it was.
    pub(super) fn all(
        &mut self,
        everybody: impl Iterator<Item = (String, Vec<Uuid>)>,
        now: u64,
    ) -> Vec<Moved> {
        let mut gone = self.homes.clone();
        let since = if self.begun { now } else { 0 };
        let mut moved: Vec<_> = everybody
            .filter_map(|(consumer, providers)| {
                gone.remove(consumer.as_str());
                self.heard(&consumer, &providers, since)
            })
            .collect();
        moved.extend(gone.keys().filter_map(|consumer| self.heard(consumer, &[], now)));
        if std::mem::replace(&mut self.begun, true) {
            moved
        } else {
            Vec::new()
        }
    }

    /// Since when a consumer is where it is, in seconds since 1970; 0: for longer than this process runs.
    pub(in crate::v1) fn since(&self, consumer: &str) -> u64 {
        self.homes.get(consumer).map_or(0, |home| home.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: u128) -> Vec<Uuid> {
        vec![Uuid::from_bits(number)]
    }

    #[test]
    fn only_what_changes_is_told_and_what_was_there_at_first_is_old() {
        let mut residents = Residents::default();
        let known = |name: &str, number| (name.to_owned(), at(number));
        assert_eq!(residents.all([known("a", 1), known("b", 2)].into_iter(), 5), []);
        assert_eq!(residents.since("a"), 0);
        assert_eq!(residents.heard("a", &at(1), 6), None);
        let moved = residents.heard("a", &at(3), 7).unwrap();
        assert_eq!((moved.before, moved.after), (at(1), at(3)));
        assert_eq!((residents.since("a"), residents.since("b")), (7, 0));
        assert_eq!(residents.heard("b", &[], 8).unwrap().before, at(2));
        assert_eq!(residents.heard("b", &[], 8), None);
        let moved = residents.all([known("c", 4)].into_iter(), 9);
        let names: Vec<_> = moved.iter().map(|moved| moved.consumer.as_str()).collect();
        assert_eq!(names, ["c", "a"]);
        assert_eq!(residents.since("c"), 9);
    }
}
