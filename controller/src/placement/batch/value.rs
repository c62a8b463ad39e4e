//! How good an assignment is.

use std::cmp::Ordering;

use super::super::filter::check;
use super::super::measure::measure;
use super::super::view::View;
use super::prospects::Prospects;

/// Where each machine stands.
pub(super) type Places = Vec<Option<usize>>;

/// How good an assignment is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    /// How many machines have a place.
    pub(super) placed: usize,
    /// The sum of their scores.
    pub(super) sum: f64,
    /// The sum of the weights of what is not known.
    pub(super) unknown: f64,
}

impl Value {
    pub(super) const NOTHING: Self = Self {
        placed: 0,
        sum: 0.0,
        unknown: 0.0,
    };

    /// Whether it is better than another by more than rounding.
    pub(super) fn beats(&self, other: &Self) -> bool {
        let more = self.placed.cmp(&other.placed);
        let near = (self.sum - other.sum).abs() <= 1e-9;
        match more {
            Ordering::Equal if near => self.unknown < other.unknown - 1e-9,
            Ordering::Equal => self.sum > other.sum,
            Ordering::Greater => true,
            Ordering::Less => false,
        }
    }

    /// The better first, to the last bit.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let placed = other.placed.cmp(&self.placed);
        let sum = placed.then_with(|| other.sum.total_cmp(&self.sum));
        sum.then_with(|| self.unknown.total_cmp(&other.unknown))
    }

    /// With one more machine in place.
    pub(super) fn with(self, view: &View<'_>, prospects: &[Prospects], task: usize, host: usize) -> Self {
        let score = prospects[task]
            .scales
            .score(view.job.policy, &measure(view, task, host));
        Self {
            placed: self.placed + 1,
            sum: self.sum + score.value,
            unknown: self.unknown + score.unknown,
        }
    }
}

/// The value of an assignment, with the machines taking their places in the order of the request; `None` if a rule forbids it.
pub(super) fn value(empty: &View<'_>, prospects: &[Prospects], places: &[Option<usize>]) -> Option<Value> {
    let mut view = empty.clone();
    let mut value = Value::NOTHING;
    let placed = || {
        places
            .iter()
            .enumerate()
            .filter_map(|(task, place)| Some((task, (*place)?)))
    };
    for (task, host) in placed() {
        value = value.with(&view, prospects, task, host);
        view.put(task, host);
    }
    let allowed = placed().all(|(task, host)| check(&view, task, host).is_ok());
    allowed.then_some(value)
}
