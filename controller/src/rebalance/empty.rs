//! Hosts that can be emptied, so that they may sleep.

use super::propose::Because;
use super::propose::Proposal;
use super::site::Site;
use super::site::Step;
use super::site::changed;
use crate::placement::Candidate;
use crate::placement::EmptyHosts;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Machine;
use crate::placement::Request;
use crate::placement::Standing;
use crate::placement::Term;
use crate::placement::decide;

/// The most machines that are moved to empty one host.
const MOST: usize = 8;
/// The most hosts that are tried.
const TRIED: usize = 64;

/// Empties hosts, those with the fewest machines first, as long as that pays and moves are left.
pub(super) fn hosts(site: &mut Site<'_>, proposal: &mut Proposal) {
    if site.wishes.policy.empty_hosts != EmptyHosts::Asleep {
        return;
    }
    let mut guests: Vec<Vec<usize>> = vec![Vec::new(); site.fleet.hosts().len()];
    for (number, resident) in site.residents.iter().enumerate() {
        guests[resident.host].push(number);
    }
    let mut tried: Vec<_> = guests
        .into_iter()
        .enumerate()
        .filter(|(_, guests)| (1..=MOST).contains(&guests.len()))
        .collect();
    tried.sort_by_key(|(host, guests)| (guests.len(), *host));
    for (host, guests) in tried.into_iter().take(TRIED) {
        let left = site.wishes.max_moves.saturating_sub(proposal.moves.len());
        if guests.len() <= left && may_go(site, host, &guests) {
            let steps = steps(site, host, &guests).unwrap_or_default();
            if rehearsed(site, &steps) {
                for (number, step) in steps {
                    proposal.moves.push(site.make(number, step));
                }
            }
        }
    }
}

/// Whether the steps can be made one after the other: what is allowed when all are made may break a promise on the way.
fn rehearsed(site: &mut Site<'_>, steps: &[(usize, Step)]) -> bool {
    let (fleet, residents, moved) = (site.fleet.clone(), site.residents.clone(), site.moved.clone());
    let fine = steps.iter().all(|(number, step)| {
        let permitted = site.permits(*number, step.to);
        if permitted {
            site.make(*number, step.clone());
        }
        permitted
    });
    (site.fleet, site.residents, site.moved) = (fleet, residents, moved);
    fine
}

/// Whether all that the host has is known to be these, each of which may be moved, and nobody came here meanwhile.
fn may_go(site: &Site<'_>, host: usize, guests: &[usize]) -> bool {
    let free = |number: &usize| {
        let resident = &site.residents[*number];
        resident.settled && resident.elsewhere.is_empty() && !site.moved[*number] && resident.host == host
    };
    let count = site
        .residents
        .iter()
        .filter(|resident| resident.host == host)
        .count();
    site.host(host).standing == Standing::Ready
        && count == guests.len()
        && guests.iter().all(free)
        && emptied(site, host, guests)
            .stocks
            .iter()
            .all(|(_, stock)| stock.used == 0)
}

fn emptied(site: &Site<'_>, host: usize, guests: &[usize]) -> Host {
    let machines = guests.iter().map(|number| site.machine(*number));
    machines.fold(site.host(host).clone(), |host, machine| {
        changed(&host, &machine, -1.0)
    })
}

/// The steps that empty a host, if they are worth it.
fn steps(site: &mut Site<'_>, host: usize, guests: &[usize]) -> Option<Vec<(usize, Step)>> {
    let machines: Vec<_> = guests.iter().map(|number| site.machine(*number)).collect();
    let empty = emptied(site, host, guests);
    let now = here(&empty, &machines, site)?;
    let draining = Host {
        standing: Standing::Draining,
        ..empty
    };
    let request = Request {
        explain: Some(0),
        ..site.request(guests, machines)
    };
    let with = site.fleet.replace(host, draining)?;
    let answer = decide(&site.fleet, &site.wishes.policy, &request);
    site.fleet.replace(host, with);
    let chosen: Option<Vec<Candidate>> = answer
        .ok()?
        .decisions
        .into_iter()
        .map(|decision| decision.chosen)
        .collect();
    let chosen = chosen?;
    let targets: Option<Vec<usize>> = chosen.iter().map(|best| site.fleet.index(&best.host)).collect();
    let targets = targets?;
    // To put one host to sleep and wake another saves nothing that a single move would not.
    if targets.iter().any(|target| is_empty(site.host(*target))) {
        return None;
    }
    let then = Draw::of(&chosen)?;
    let joules: f64 = guests.iter().map(|number| site.joules(*number)).sum();
    let (gain, cost) = (
        worth(site, now, then),
        site.wishes.min_gain + site.share(joules, Some(now.watts)),
    );
    if gain <= cost {
        return None;
    }
    let part = guests.len() as f64;
    let step = |to| Step {
        to,
        because: Because::Empty,
        gain: gain / part,
        cost: cost / part,
        watts_saved: Some((now.watts - then.watts) / part),
        grams_saved: now.grams.zip(then.grams).map(|(now, then)| (now - then) / part),
    };
    Some(
        guests
            .iter()
            .copied()
            .zip(targets.into_iter().map(step))
            .collect(),
    )
}

fn is_empty(host: &Host) -> bool {
    host.stocks.iter().all(|(_, stock)| stock.used == 0)
}

/// What machines draw together.
#[derive(Clone, Copy, Debug)]
struct Draw {
    watts: f64,
    grams: Option<f64>,
}

impl Draw {
    fn of(chosen: &[Candidate]) -> Option<Self> {
        Some(Self {
            watts: chosen.iter().map(Candidate::watts).sum::<Option<f64>>()?,
            grams: chosen.iter().map(Candidate::grams_per_hour).sum(),
        })
    }
}

/// What they draw where they are, the host itself included, which is awake for them alone.
fn here(empty: &Host, machines: &[Machine], site: &Site<'_>) -> Option<Draw> {
    let fleet = Fleet::new(vec![empty.clone()]);
    // What they draw does not depend on what they were promised.
    let machines: Vec<_> = machines.iter().map(Machine::unpromised).collect();
    let request = Request {
        machines: machines.clone(),
        explain: Some(0),
        ..Request::default()
    };
    let answer = decide(&fleet, &site.wishes.policy, &request).ok()?;
    let chosen: Option<Vec<Candidate>> = answer
        .decisions
        .into_iter()
        .map(|decision| decision.chosen)
        .collect();
    let together = Draw::of(&chosen?)?;
    if machines.len() == 1 {
        return Some(together);
    }
    // Among several each is told what it adds to the others, so that nobody is told the host's own watts.
    let own = empty.facts.power_model.value()?.static_watts;
    let per_watt = together.grams.map(|grams| grams / together.watts);
    Some(Draw {
        watts: together.watts + own,
        grams: together
            .grams
            .zip(per_watt.filter(|per_watt| per_watt.is_finite()))
            .map(|(grams, per_watt)| grams + own * per_watt),
    })
}

/// What it gains in score that less is drawn: by the weights of the watts and of their carbon among all that is always asked for.
fn worth(site: &Site<'_>, now: Draw, then: Draw) -> f64 {
    let policy = &site.wishes.policy;
    let asked = Term::ALL
        .into_iter()
        .filter(|term| ![Term::Delay, Term::Distance, Term::Groups].contains(term));
    let all: f64 = asked.map(|term| policy.weight(term)).sum();
    let part = |now: f64, then: f64| if now > 0.0 { (now - then) / now } else { 0.0 };
    let carbon = now
        .grams
        .zip(then.grams)
        .map_or(0.0, |(now, then)| part(now, then));
    let sum = policy.weight(Term::Watts) * part(now.watts, then.watts) + policy.weight(Term::Carbon) * carbon;
    if all > 0.0 { sum / all } else { 0.0 }
}
