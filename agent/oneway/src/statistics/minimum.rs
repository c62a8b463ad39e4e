use core::time::Duration;
use std::collections::VecDeque;

/// The window is moved in steps of this part of its length.
const STEPS: u32 = 16;

/// The least of the values of the last while, with what came with it, in bounded memory.
///
/// A value counts for at least the window and at most 1/16 of it longer. At most 17 values are kept: those that no later,
/// lower one has made needless, and the lowest of each step.
#[derive(Clone, Debug)]
pub struct SlidingMinimum<T = ()> {
    step: Duration,
    /// By time, and therefore by value: whatever is not below all that came later has gone.
    kept: VecDeque<Kept<T>>,
}

#[derive(Clone, Debug)]
struct Kept<T> {
    step: u64,
    value: i64,
    with: T,
}

impl<T> SlidingMinimum<T> {
    /// A window of this length.
    pub fn new(window: Duration) -> Self {
        Self {
            step: (window / STEPS).max(Duration::from_nanos(1)),
            kept: VecDeque::new(),
        }
    }

    /// Adds a value. Moments do not go back; one that does counts as the latest.
    pub fn insert(&mut self, now: Duration, value: i64, with: T) {
        let step = self.expire(now);
        while self.kept.back().is_some_and(|last| last.value >= value) {
            self.kept.pop_back();
        }
        if self.kept.back().is_none_or(|last| last.step != step) {
            self.kept.push_back(Kept { step, value, with });
        }
    }

    /// The least value of the window that ends now, and what came with it.
    pub fn get(&self, now: Duration) -> Option<(i64, &T)> {
        let step = self.number(now);
        let kept = self.kept.iter().find(|kept| !is_over(kept.step, step))?;
        Some((kept.value, &kept.with))
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.kept.clear();
    }

    /// The bytes it takes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.kept.capacity() * size_of::<Kept<T>>()
    }

    fn expire(&mut self, now: Duration) -> u64 {
        let latest = self.kept.back().map_or(0, |last| last.step);
        let step = self.number(now).max(latest);
        while self.kept.front().is_some_and(|first| is_over(first.step, step)) {
            self.kept.pop_front();
        }
        step
    }

    fn number(&self, now: Duration) -> u64 {
        u64::try_from(now.as_nanos() / self.step.as_nanos()).unwrap_or(u64::MAX)
    }
}

const fn is_over(step: u64, now: u64) -> bool {
    now.saturating_sub(step) > STEPS as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(16);

    #[test]
    fn the_lowest_goes_when_its_time_is_over() {
        let mut minimum = SlidingMinimum::new(WINDOW);
        minimum.insert(Duration::ZERO, 5, 'a');
        minimum.insert(Duration::from_secs(8), 9, 'b');
        assert_eq!(minimum.get(WINDOW), Some((5, &'a')));
        assert_eq!(minimum.get(Duration::from_secs(17)), Some((9, &'b')));
        assert_eq!(minimum.get(Duration::from_secs(60)), None);
    }

    proptest! {
        #[test]
        fn nothing_newer_than_the_window_is_forgotten_and_nothing_much_older_kept(
            gaps in proptest::collection::vec((0..5_000_u64, -100..100_i64), 1..300)
        ) {
            let mut minimum = SlidingMinimum::new(WINDOW);
            let (mut now, mut all) = (Duration::ZERO, Vec::new());
            for (gap, value) in gaps {
                now += Duration::from_millis(gap);
                minimum.insert(now, value, ());
                all.push((now, value));
                let least = |window| all.iter().filter(|&&(at, _)| now - at <= window).map(|&(_, value)| value).min();
                let (found, ()) = minimum.get(now).unwrap();
                prop_assert!(Some(found) <= least(WINDOW));
                prop_assert!(Some(found) >= least(WINDOW + WINDOW / STEPS));
                prop_assert!(minimum.kept.len() <= STEPS as usize + 1);
            }
        }
    }
}
