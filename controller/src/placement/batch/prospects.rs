//! What each machine could have if it came alone.

use std::rc::Rc;

use super::super::decide::survey;
use super::super::job::End;
use super::super::job::Task;
use super::super::score::Scales;
use super::super::view::View;

/// The hosts that a machine could have alone, the best first, and the scales on which they were compared.
#[derive(Clone, Debug)]
pub(super) struct Prospects {
    pub(super) hosts: Rc<[usize]>,
    pub(super) scales: Scales,
}

/// The prospects of all machines. Machines that ask for the same have the same.
pub(super) fn all(view: &View<'_>) -> Vec<Prospects> {
    let tasks = &view.job.tasks;
    let mut all: Vec<Prospects> = Vec::with_capacity(tasks.len());
    for (number, task) in tasks.iter().enumerate() {
        let like = |other: &Task<'_>| alike(other, task);
        let unwatched = !watched(view, number);
        let like = tasks[..number]
            .iter()
            .position(like)
            .filter(|like| unwatched && !watched(view, *like));
        let prospects = like.and_then(|like| all.get(like)).cloned();
        all.push(prospects.unwrap_or_else(|| of(view, number)));
    }
    all
}

fn of(view: &View<'_>, task: usize) -> Prospects {
    let survey = survey(view, task);
    Prospects {
        hosts: survey.ranked.iter().map(|ranked| ranked.host).collect(),
        scales: survey.scales,
    }
}

/// Whether somebody who is there already was promised to be near this very machine.
fn watched(view: &View<'_>, task: usize) -> bool {
    let mut ties = view.job.watchers.iter().flat_map(|watcher| &watcher.ties);
    ties.any(|tie| matches!(tie.end, End::Task(other) if other == task))
}

fn alike(one: &Task<'_>, other: &Task<'_>) -> bool {
    let (a, b) = (one.machine, other.machine);
    a.wish == b.wish
        && one.groups == other.groups
        && a.near == b.near
        && a.limits == b.limits
        && one.load == other.load
}
