//! Who is asked when.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::time::Duration;

/// The turns of all targets. Each has a moment of its own within the interval, by its name, so that a thousand agents are not asked at
/// once, and adding one moves no other. Who answers late misses turns rather than being asked twice. Those who did not answer last time
/// have a quarter of the places together, so that they keep nobody waiting who does.
#[derive(Clone, Debug)]
pub struct Rota {
    interval: Duration,
    most: usize,
    due: BTreeMap<String, Duration>,
    running: BTreeSet<String>,
    pub(super) suspects: BTreeSet<String>,
}

impl Rota {
    /// A rota by which everybody has a turn in every interval, and at most so many at the same time. Both are at least 1 (ns).
    pub fn new(interval: Duration, most: usize) -> Self {
        Self {
            interval: interval.max(Duration::from_nanos(1)),
            most: most.max(1),
            due: BTreeMap::new(),
            running: BTreeSet::new(),
            suspects: BTreeSet::new(),
        }
    }

    /// Says who there is. Who is new is asked at the next chance, and then at its own moment; who is gone is forgotten.
    pub fn set_targets<'a>(&mut self, names: impl Iterator<Item = &'a str>, now: Duration) {
        let mut old = std::mem::take(&mut self.due);
        for name in names {
            let due = old.remove(name).unwrap_or(now);
            self.due.insert(name.to_owned(), due);
        }
        self.running.retain(|name| self.due.contains_key(name));
        self.suspects.retain(|name| self.due.contains_key(name));
    }

    /// Who has to be asked now, the longest overdue first. They run until they are [`finished`](Self::finished).
    pub fn start(&mut self, now: Duration) -> Vec<String> {
        let free = self.most.saturating_sub(self.running.len());
        let mut due: Vec<(Duration, &String)> = self.waiting().filter(|(due, _)| *due <= now).collect();
        due.sort();
        let mut places = self.places_of_suspects();
        let has_place = |(_, name): &(Duration, &String)| {
            let suspect = self.suspects.contains(*name);
            let place = !suspect || places > 0;
            places = places.saturating_sub(usize::from(suspect && place));
            place
        };
        let chosen = due.into_iter().filter(has_place).take(free);
        let chosen: Vec<String> = chosen.map(|(_, name)| name.clone()).collect();
        self.running.extend(chosen.iter().cloned());
        chosen
    }

    /// Says that somebody answered.
    pub fn finished(&mut self, name: &str, now: Duration) {
        self.suspects.remove(name);
        self.end(name, now);
    }

    /// Says that somebody did not answer, and will not any more.
    pub fn failed(&mut self, name: &str, now: Duration) {
        if self.due.contains_key(name) {
            self.suspects.insert(name.to_owned());
        }
        self.end(name, now);
    }

    fn end(&mut self, name: &str, now: Duration) {
        self.running.remove(name);
        if let Some(due) = self.due.get_mut(name) {
            *due = next_turn(name, self.interval, now);
        }
    }

    /// When somebody has to be asked next; `None` as long as there is nobody, or no place.
    pub fn next(&self) -> Option<Duration> {
        let full = self.running.len() >= self.most;
        let crowded = self.places_of_suspects() == 0;
        let waiting = self.waiting();
        let next = waiting.filter(|(_, name)| !crowded || !self.suspects.contains(*name));
        next.map(|(due, _)| due).min().filter(|_| !full)
    }

    /// How many of the suspects may be asked besides those that are.
    fn places_of_suspects(&self) -> usize {
        let running = self.running.intersection(&self.suspects).count();
        self.most.div_ceil(4).saturating_sub(running)
    }

    fn waiting(&self) -> impl Iterator<Item = (Duration, &String)> {
        let waiting = self.due.iter().filter(|(name, _)| !self.running.contains(*name));
        waiting.map(|(name, due)| (*due, name))
    }
}

/// The first moment of a target's own after now.
fn next_turn(name: &str, interval: Duration, now: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let interval = interval.as_nanos();
    let offset = u128::from(hasher.finish()) % interval;
    let turns = (now.as_nanos() + interval - offset) / interval;
    Duration::from_nanos(u64::try_from(turns * interval + offset).unwrap_or(u64::MAX))
}
