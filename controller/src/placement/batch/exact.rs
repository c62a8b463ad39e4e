//! Every assignment, for small requests.

use super::super::filter::check;
use super::super::view::View;
use super::prospects::Prospects;
use super::value::Places;
use super::value::Value;
use super::value::value;

/// The most assignments that are looked at.
const MOST: u64 = 20_000;

/// The best assignment; `None` if there are too many.
pub(super) fn solve(empty: &View<'_>, prospects: &[Prospects]) -> Option<Places> {
    // Having no place is a choice too.
    let choices = prospects.iter().map(|prospects| prospects.hosts.len() as u64 + 1);
    let assignments = choices.fold(1_u64, u64::saturating_mul);
    if assignments > MOST {
        return None;
    }
    let mut search = Search {
        empty,
        prospects,
        view: empty.clone(),
        best: vec![None; prospects.len()],
        value: Value::NOTHING,
    };
    search.from(0);
    Some(search.best)
}

struct Search<'s, 'j> {
    empty: &'s View<'j>,
    prospects: &'s [Prospects],
    view: View<'j>,
    best: Places,
    value: Value,
}

impl Search<'_, '_> {
    fn from(&mut self, task: usize) {
        let Some(prospects) = self.prospects.get(task) else {
            return self.finish();
        };
        for host in prospects.hosts.iter().copied() {
            if check(&self.view, task, host).is_ok() {
                self.view.put(task, host);
                self.from(task + 1);
                self.view.remove(task);
            }
        }
        self.from(task + 1);
    }

    fn finish(&mut self) {
        let value = value(self.empty, self.prospects, self.view.places());
        if let Some(value) = value.filter(|value| value.beats(&self.value)) {
            self.value = value;
            self.best = self.view.places().to_vec();
        }
    }
}
