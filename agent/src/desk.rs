//! Where a thread beside the tick leaves what it has learnt.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use arc_swap::ArcSwapOption;

/// The latest value of something, taken without waiting. Only whoever began last can leave one, so that a thread that still works by an
/// older configuration changes nothing.
#[derive(Debug)]
pub struct Desk<T> {
    latest: ArcSwapOption<T>,
    generation: Mutex<u64>,
}

impl<T> Default for Desk<T> {
    fn default() -> Self {
        Self {
            latest: ArcSwapOption::empty(),
            generation: Mutex::new(0),
        }
    }
}

impl<T> Desk<T> {
    /// Puts down a first value, or nothing, and returns the number that [`Desk::leave`] wants from now on.
    pub fn begin(&self, value: Option<T>) -> u64 {
        let mut generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        *generation += 1;
        self.latest.store(value.map(Arc::new));
        *generation
    }

    /// Puts down a value; whether that was still wanted.
    pub fn leave(&self, generation: u64, value: T) -> bool {
        let current = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = *current == generation;
        if wanted {
            self.latest.store(Some(Arc::new(value)));
        }
        wanted
    }

    /// The latest value.
    pub fn latest(&self) -> Option<Arc<T>> {
        self.latest.load_full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_began_last_can_leave_something() {
        let desk = Desk::default();
        let first = desk.begin(Some(1));
        assert!(desk.leave(first, 2));
        let second = desk.begin(None);
        assert!(!desk.leave(first, 3));
        assert_eq!(desk.latest(), None);
        assert!(desk.leave(second, 4));
        assert_eq!(desk.latest().as_deref(), Some(&4));
    }
}
