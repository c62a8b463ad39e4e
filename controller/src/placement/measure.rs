//! The raw value of every term for one host.

use super::distance::meters;
use super::energy::added_watts;
use super::energy::grams_per_hour;
use super::energy::known;
use super::job::End;
use super::term::Lack;
use super::term::Raw;
use super::term::TERMS;
use super::view::View;
use super::view::wanted;
use crate::facts::Quality;
use crate::inventory::Affinity;

/// After this many seconds facts are worth half.
const HALF_LIFE: f64 = 60.0;

/// All terms, in the order of [`Term::ALL`](super::term::Term::ALL).
pub(super) type Terms = [Raw; TERMS];

/// What a machine on a host would mean, with everybody else where the view has them.
pub(super) fn measure(view: &View<'_>, task: usize, host: usize) -> Terms {
    let here = view.host(host);
    let load = view.task(task).load;
    let first = view.guests(host, task).next().is_none();
    let watts = added_watts(here, view.job.policy, first, view.load(host, task), load);
    let grams = watts.and_then(|watts| grams_per_hour(here, watts));
    let (fullest, evenness) = fill(view, task, host);
    [
        Raw::of(watts, "the power model"),
        Raw::of(grams, "the carbon intensity"),
        farthest(view, task, |end| delay(view, host, end), "the delay"),
        farthest(view, task, |end| distance(view, host, end), "the position"),
        Raw::Value((1.0 - fullest).max(0.0)),
        Raw::Value(fullest),
        Raw::Value(evenness),
        quality(view, host),
        groups(view, task, host),
    ]
}

/// How full the fullest of the wanted resources is, and how even all of the host's are.
fn fill(view: &View<'_>, task: usize, host: usize) -> (f64, f64) {
    let machine = view.task(task);
    let (mut fullest, mut most, mut least) = (0.0_f64, 0.0_f64, f64::INFINITY);
    for (class, stock) in &view.host(host).stocks {
        let amount = wanted(machine, class);
        let used = stock
            .used
            .saturating_add(view.taken(host, class, task))
            .saturating_add(amount);
        let capacity = stock.inventory.capacity().max(0) as f64;
        let full = if capacity > 0.0 {
            (used as f64 / capacity).min(1.0)
        } else {
            1.0
        };
        if amount > 0 {
            fullest = fullest.max(full);
        }
        (most, least) = (most.max(full), least.min(full));
    }
    (fullest, 1.0 - (most - least).max(0.0))
}

/// What one end of a tie is: a host, or a point on Earth.
enum Spot {
    Host(usize),
    Position(crate::facts::Position),
}

fn farthest(
    view: &View<'_>,
    task: usize,
    far: impl Fn(&Spot) -> Option<Result<f64, Lack>>,
    fact: &'static str,
) -> Raw {
    let mut most = Raw::NotAsked;
    for tie in &view.task(task).ties {
        let fixed = match tie.end {
            End::Position(position) => Some(Spot::Position(position)),
            End::Host(_) | End::Task(_) | End::Group(_) => None,
        };
        let spots = fixed.into_iter().chain(view.ends(&tie.end, task).map(Spot::Host));
        for value in spots.filter_map(|spot| far(&spot)) {
            match (Raw::of(value, fact), most) {
                (unknown @ Raw::Unknown(_), _) => return unknown,
                (Raw::Value(next), Raw::Value(known)) => most = Raw::Value(next.max(known)),
                (next, _) => most = next,
            }
        }
    }
    most
}

fn delay(view: &View<'_>, host: usize, spot: &Spot) -> Option<Result<f64, Lack>> {
    match spot {
        Spot::Host(end) => Some(view.delay(host, *end)),
        Spot::Position(_) => None,
    }
}

fn distance(view: &View<'_>, host: usize, spot: &Spot) -> Option<Result<f64, Lack>> {
    let there = match spot {
        Spot::Host(end) if *end == host => return Some(Ok(0.0)),
        Spot::Host(end) => view.position(*end),
        Spot::Position(position) => Ok(*position),
    };
    Some(view.position(host).and_then(|here| Ok(meters(here, there?))))
}

fn quality(view: &View<'_>, host: usize) -> Raw {
    let facts = &view.host(host).facts;
    let sort = known(&facts.power_quality, "the quality of the power").map(|quality| match quality {
        Quality::Measured => 1.0,
        Quality::Derived => 0.75,
        Quality::Estimated => 0.5,
    });
    let age = facts.power_quality.age().unwrap_or_default().as_secs_f64();
    Raw::of(
        sort.map(|sort| sort * HALF_LIFE / (HALF_LIFE + age)),
        "the quality of the power",
    )
}

/// How many members of its groups are on the wrong side.
fn groups(view: &View<'_>, task: usize, host: usize) -> Raw {
    let soft = view
        .task(task)
        .groups
        .iter()
        .map(|group| &view.job.flocks[*group])
        .filter(|flock| !flock.hard);
    let mut wrong: Option<u32> = None;
    for flock in soft {
        let wants = flock.affinity == Affinity::Together;
        let count = view
            .hosts_of(flock, task)
            .filter(|other| (*other == host) != wants)
            .count();
        let sum = wrong
            .unwrap_or_default()
            .saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        wrong = Some(sum);
    }
    wrong.map_or(Raw::NotAsked, |wrong| Raw::Value(f64::from(wrong)))
}
