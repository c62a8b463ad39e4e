//! One machine after the other, with a few alternatives carried along.

use super::super::filter::check;
use super::super::view::View;
use super::prospects::Prospects;
use super::value::Places;
use super::value::Value;

/// How many alternatives are carried along.
const WIDTH: usize = 4;
/// How many hosts are tried for one machine before all are.
const SHORTLIST: usize = 48;

/// An assignment in the making.
#[derive(Clone)]
struct Draft<'j> {
    view: View<'j>,
    value: Value,
}

/// A good assignment, if not the best.
pub(super) fn search(empty: &View<'_>, prospects: &[Prospects]) -> Places {
    let mut drafts = vec![Draft {
        view: empty.clone(),
        value: Value::NOTHING,
    }];
    for task in order(empty, prospects) {
        drafts = extended(&drafts, prospects, task);
    }
    let best = drafts
        .into_iter()
        .reduce(|best, next| if next.value.beats(&best.value) { next } else { best });
    best.map_or_else(Vec::new, |draft| draft.view.places().to_vec())
}

/// The hardest first: those with the fewest hosts, of equals the largest.
fn order(view: &View<'_>, prospects: &[Prospects]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..prospects.len()).collect();
    let size = |task: usize| {
        let resources = view.task(task).machine.wish.resources.iter();
        resources.map(|(_, amount)| *amount).max().unwrap_or_default()
    };
    order.sort_by_key(|task| (prospects[*task].hosts.len(), std::cmp::Reverse(size(*task))));
    order
}

fn extended<'j>(drafts: &[Draft<'j>], prospects: &[Prospects], task: usize) -> Vec<Draft<'j>> {
    let mut next: Vec<(usize, Option<usize>, Value)> = Vec::new();
    for (number, draft) in drafts.iter().enumerate() {
        let before = next.len();
        let found = hosts(&draft.view, prospects, task);
        let with = |host| draft.value.with(&draft.view, prospects, task, host);
        next.extend(found.into_iter().map(|host| (number, Some(host), with(host))));
        if next.len() == before {
            next.push((number, None, draft.value));
        }
    }
    // Stable: of equals the one that its machine likes better stays first.
    next.sort_by(|(.., one), (.., other)| one.order(other));
    let grown = next.into_iter().take(WIDTH).map(|(number, host, value)| {
        let mut view = drafts[number].view.clone();
        if let Some(host) = host {
            view.put(task, host);
        }
        Draft { view, value }
    });
    grown.collect()
}

/// The hosts to try: a shortlist, the places of the others, or all if none of those will do.
fn hosts(view: &View<'_>, prospects: &[Prospects], task: usize) -> Vec<usize> {
    let all = &prospects[task].hosts;
    let fits = |host: &usize| check(view, task, *host).is_ok();
    let taken = view
        .places()
        .iter()
        .flatten()
        .copied()
        .filter(|host| all.contains(host));
    let (short, rest) = all.split_at(all.len().min(SHORTLIST));
    let mut found: Vec<usize> = short.iter().copied().filter(fits).collect();
    found.extend(taken.filter(fits));
    let mut seen = std::collections::HashSet::new();
    found.retain(|host| seen.insert(*host));
    if found.is_empty() {
        found.extend(rest.iter().copied().filter(fits).take(SHORTLIST));
    }
    found
}
