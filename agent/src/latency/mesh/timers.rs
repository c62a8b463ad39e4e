//! Who is due next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Instants by place. Setting a new one makes the old one void.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: Vec<Option<Duration>>,
    heap: BinaryHeap<Reverse<(Duration, usize)>>,
}

impl Timers {
    pub(super) fn set(&mut self, place: usize, at: Option<Duration>) {
        if self.due.len() <= place {
            self.due.resize(place + 1, None);
        }
        let Some(due) = self.due.get_mut(place) else {
            return;
        };
        if *due != at {
            *due = at;
            self.heap.extend(at.map(|at| Reverse((at, place))));
        }
    }

    /// The earliest instant.
    pub(super) fn next(&mut self) -> Option<Duration> {
        while let Some(&Reverse((at, place))) = self.heap.peek() {
            if self.due.get(place) == Some(&Some(at)) {
                return Some(at);
            }
            self.heap.pop();
        }
        None
    }

    /// Somebody whose instant has come. It is then no longer set.
    pub(super) fn pop(&mut self, now: Duration) -> Option<usize> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, place)) = self.heap.pop()?;
        self.set(place, None);
        Some(place)
    }

    pub(super) fn clear(&mut self) {
        self.due.clear();
        self.heap.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_what_was_set_before_is_void() {
        let mut timers = Timers::default();
        let at = Duration::from_secs;
        timers.set(0, Some(at(5)));
        timers.set(1, Some(at(3)));
        timers.set(0, Some(at(2)));
        timers.set(1, Some(at(4)));
        assert_eq!(timers.next(), Some(at(2)));
        assert_eq!(
            (
                timers.pop(at(1)),
                timers.pop(at(9)),
                timers.pop(at(9)),
                timers.pop(at(9))
            ),
            (None, Some(0), Some(1), None)
        );
    }
}
