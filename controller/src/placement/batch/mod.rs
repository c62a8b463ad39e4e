//! Places for many machines at once.
//!
//! Small requests are solved exactly, by looking at every assignment. Others are placed greedily, the hardest machine first, with
//! a few alternatives carried along, and then improved by moving and swapping as long as that helps and a bound of work allows.
//! More machines in place is always better; among assignments of equally many the sum of the scores decides, each of them with
//! the others in place and on the scales that the empty fleet gave.

mod beam;
mod exact;
mod improve;
mod prospects;
mod value;

use super::decide::survey;
use super::decide::tell;
use super::decision::Decision;
use super::fleet::Fleet;
use super::job::Job;
use super::job::RequestFault;
use super::policy::Policy;
use super::request::Request;
use super::view::View;
use prospects::Prospects;
use value::Places;

/// How the assignment was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// There was one machine: the best host is the answer.
    Single,
    /// Every assignment was looked at.
    Exact,
    /// Greedily, and improved.
    Greedy,
}

/// The places of all machines of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// One decision for each machine, in the order of the request. In a batch each tells what its host and the others mean with
    /// all other machines in their places; an alternative may then score better for one machine and worse for all of them together.
    pub decisions: Vec<Decision>,
    /// How it was found.
    pub solver: Solver,
}

impl Answer {
    /// Whether every machine has a place.
    pub fn is_complete(&self) -> bool {
        self.decisions.iter().all(|decision| decision.chosen.is_some())
    }
}

/// Finds a place for every machine of a request.
pub fn decide(fleet: &Fleet, policy: &Policy, request: &Request) -> Result<Answer, RequestFault> {
    let job = Job::new(fleet, policy, request)?;
    let mut view = View::new(&job);
    if job.tasks.len() == 1 {
        let survey = survey(&view, 0);
        let best = survey.ranked.first().map(|ranked| ranked.host);
        return Ok(Answer {
            decisions: vec![tell(&view, 0, survey, best, request.explain)],
            solver: Solver::Single,
        });
    }
    let prospects = prospects::all(&view);
    let (places, solver) = match exact::solve(&view, &prospects) {
        Some(places) => (places, Solver::Exact),
        None => (greedy(&view, &prospects, request)?, Solver::Greedy),
    };
    for (task, place) in places.iter().enumerate() {
        if let Some(host) = place {
            view.put(task, *host);
        }
    }
    let told = (0..job.tasks.len()).map(|task| told(&mut view, task, request.explain));
    Ok(Answer {
        decisions: told.collect(),
        solver,
    })
}

/// Policies whose ways of filling hosts find room where the request's own finds none.
const FILLING: [&str; 2] = ["spread", "pack"];

fn greedy(view: &View<'_>, prospects: &[Prospects], request: &Request) -> Result<Places, RequestFault> {
    let places = improve::improve(view, prospects, beam::search(view, prospects));
    let mut best = (value::value(view, prospects, &places), places);
    for name in FILLING {
        if best.1.iter().all(Option::is_some) {
            break;
        }
        let filled = filled(view, name, request)?;
        let places = improve::improve(view, prospects, filled);
        let found = value::value(view, prospects, &places);
        if found.is_some_and(|found| best.0.is_none_or(|best| found.beats(&best))) {
            best = (found, places);
        }
    }
    Ok(best.1)
}

/// An assignment by the weights of another policy. The rules, and how watts are predicted, stay.
fn filled(view: &View<'_>, name: &str, request: &Request) -> Result<Places, RequestFault> {
    let mut policy = view.job.policy.clone();
    policy.weights = Policy::named(name).map_or(policy.weights, |other| other.weights);
    let job = Job::new(view.job.fleet, &policy, request)?;
    let other = View::new(&job);
    let prospects = prospects::all(&other);
    let places = beam::search(&other, &prospects);
    Ok(improve::improve(&other, &prospects, places))
}

fn told(view: &mut View<'_>, task: usize, explain: Option<usize>) -> Decision {
    let place = view.place(task);
    view.remove(task);
    let decision = tell(view, task, survey(view, task), place, explain);
    if let Some(host) = place {
        view.put(task, host);
    }
    decision
}

#[cfg(test)]
pub(super) use tests_only::compared;

#[cfg(test)]
mod tests_only {
    use super::*;

    /// What the exact and the greedy solver find: machines in place and the sum of their scores.
    pub(in super::super) fn compared(
        fleet: &Fleet,
        policy: &Policy,
        request: &Request,
    ) -> Option<[(usize, f64); 2]> {
        let job = Job::new(fleet, policy, request).ok()?;
        let view = View::new(&job);
        let prospects = prospects::all(&view);
        let exact = exact::solve(&view, &prospects)?;
        let found = [exact, greedy(&view, &prospects, request).ok()?];
        Some(found.map(|places| {
            let value = value::value(&view, &prospects, &places).unwrap();
            (value.placed, value.sum)
        }))
    }
}
