//! Moves and swaps, as long as they help.

use super::super::view::View;
use super::prospects::Prospects;
use super::value::Places;
use super::value::Value;
use super::value::value;

/// How many machines are put in place in all, over all assignments that are tried: the bound of work.
const WORK: usize = 100_000;
/// How many hosts a machine is tried on.
const HOSTS: usize = 24;

/// An assignment that no single move or swap makes better, or the best within the bound of work.
pub(super) fn improve(empty: &View<'_>, prospects: &[Prospects], places: Places) -> Places {
    let mut walk = Walk {
        empty,
        prospects,
        value: value(empty, prospects, &places).unwrap_or(Value::NOTHING),
        places,
        left: WORK / prospects.len().max(1),
    };
    while walk.left > 0 && (walk.make_room() || walk.move_one() || walk.swap_two()) {}
    walk.places
}

struct Walk<'s, 'j> {
    empty: &'s View<'j>,
    prospects: &'s [Prospects],
    places: Places,
    value: Value,
    left: usize,
}

impl Walk<'_, '_> {
    /// Tries some changes together, and keeps them if that is better.
    fn attempt(&mut self, changes: &[(usize, Option<usize>)]) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let mut places = self.places.clone();
        for (task, place) in changes {
            places[*task] = *place;
        }
        let found = value(self.empty, self.prospects, &places);
        let better = found.filter(|found| found.beats(&self.value));
        if let Some(value) = better {
            self.value = value;
            self.places = places;
        }
        better.is_some()
    }

    fn tasks(&self) -> std::ops::Range<usize> {
        0..self.places.len()
    }

    /// The hosts to try for a machine: those it likes best, and those where the others are.
    fn hosts(&self, task: usize) -> Vec<usize> {
        let mut hosts: Vec<usize> = self.places.iter().flatten().copied().collect();
        hosts.extend(self.prospects[task].hosts.iter().take(HOSTS));
        hosts.sort_unstable();
        hosts.dedup();
        // By what the machine likes, so that the order of the fleet does not matter.
        let likes = &self.prospects[task].hosts;
        let mut ranked: Vec<usize> = likes
            .iter()
            .copied()
            .filter(|host| hosts.binary_search(host).is_ok())
            .collect();
        ranked.truncate(2 * HOSTS);
        ranked
    }

    fn move_one(&mut self) -> bool {
        self.tasks().any(|task| {
            let hosts = self.hosts(task);
            hosts
                .into_iter()
                .any(|host| self.places[task] != Some(host) && self.attempt(&[(task, Some(host))]))
        })
    }

    fn swap_two(&mut self) -> bool {
        self.tasks().any(|one| {
            (one + 1..self.places.len()).any(|other| {
                let (a, b) = (self.places[one], self.places[other]);
                a != b && self.attempt(&[(one, b), (other, a)])
            })
        })
    }

    /// Gives a machine that has no place the place of another, which moves on.
    fn make_room(&mut self) -> bool {
        let homeless: Vec<usize> = self.tasks().filter(|task| self.places[*task].is_none()).collect();
        homeless.into_iter().any(|task| {
            self.tasks().any(|other| {
                let Some(place) = self.places[other] else {
                    return false;
                };
                let hosts = self.hosts(other);
                hosts
                    .into_iter()
                    .any(|next| next != place && self.attempt(&[(task, Some(place)), (other, Some(next))]))
            })
        })
    }
}
