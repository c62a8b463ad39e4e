//! Which hosts may take a machine at all.

use std::sync::Arc;

use super::distance::meters;
use super::energy::known;
use super::energy::risen_watts;
use super::fleet::Host;
use super::fleet::Standing;
use super::job::End;
use super::job::Flock;
use super::job::Tie;
use super::request::Limits;
use super::request::Machine;
use super::request::Target;
use super::rule::Rule;
use super::term::Lack;
use super::view::View;
use super::view::wanted;
use crate::inventory::Affinity;

/// Whether a host may take a machine, with everybody else where the view has them.
pub(super) fn check(view: &View<'_>, task: usize, host: usize) -> Result<(), Rule> {
    let machine = view.task(task).machine;
    suits(view.host(host), machine)?;
    room(view, task, host)?;
    for flock in view
        .task(task)
        .groups
        .iter()
        .map(|group| &view.job.flocks[*group])
    {
        group(view, flock, task, host)?;
    }
    for tie in &view.task(task).ties {
        near(view, tie, task, host)?;
    }
    watched(view, task, host)?;
    headroom(view, task, host)
}

/// What does not depend on where others are.
fn suits(host: &Host, machine: &Machine) -> Result<(), Rule> {
    if host.standing != Standing::Ready {
        return Err(Rule::Standing(host.standing.as_str()));
    }
    amounts(host, machine)?;
    words(host, machine)?;
    place(host, &machine.limits)
}

fn amounts(host: &Host, machine: &Machine) -> Result<(), Rule> {
    for (class, amount) in &machine.wish.resources {
        let stock = host
            .stock(class)
            .ok_or_else(|| Rule::NoInventory(class.as_str().into()))?;
        let rules = &stock.inventory;
        if !rules.allows(*amount) {
            return Err(Rule::Amount {
                class: class.as_str().into(),
                amount: *amount,
                min: rules.min_unit,
                max: rules.max_unit,
                step: rules.step_size,
            });
        }
    }
    Ok(())
}

fn words(host: &Host, machine: &Machine) -> Result<(), Rule> {
    let wish = &machine.wish;
    if let Some(any) = wish
        .required
        .iter()
        .find(|any| !any.iter().any(|name| host.traits.contains(name)))
    {
        return Err(Rule::MissingTrait(any.join(", ")));
    }
    if let Some(name) = wish.forbidden.iter().find(|name| host.traits.contains(*name)) {
        return Err(Rule::ForbiddenTrait(name.clone()));
    }
    let inside = |any: &&Vec<String>| any.iter().any(|name| host.aggregates.contains(name));
    if let Some(any) = wish.member_of.iter().find(|any| !inside(any)) {
        return Err(Rule::NotMember(any.join(", ")));
    }
    match wish
        .not_member_of
        .iter()
        .find(|name| host.aggregates.contains(*name))
    {
        Some(name) => Err(Rule::ForbiddenAggregate(name.clone())),
        None => Ok(()),
    }
}

fn place(host: &Host, limits: &Limits) -> Result<(), Rule> {
    let facts = &host.facts;
    if let Some(limit) = limits.max_fact_age
        && facts.age.is_none_or(|age| age > limit)
    {
        return Err(Rule::Freshness {
            age: facts.age,
            limit,
        });
    }
    let allowed = |site: &String| limits.sites.contains(site);
    if !limits.sites.is_empty() && !host.site.as_ref().is_some_and(allowed) {
        return Err(Rule::Site(host.site.clone()));
    }
    if !limits.countries.is_empty() {
        let country = known(&facts.country, "the country").map_err(unknown("the country"))?;
        if !limits
            .countries
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(country))
        {
            return Err(Rule::Country(country.clone()));
        }
    }
    let Some(ceiling) = limits.max_grams_per_kwh else {
        return Ok(());
    };
    let fact = known(&facts.grams_per_kwh, "the carbon intensity");
    let grams = *fact.map_err(unknown("the carbon ceiling"))?;
    if grams <= ceiling {
        Ok(())
    } else {
        Err(Rule::Carbon { grams, ceiling })
    }
}

fn unknown(limit: &'static str) -> impl Fn(Lack) -> Rule {
    move |lack| Rule::Unknown { limit, lack }
}

fn room(view: &View<'_>, task: usize, host: usize) -> Result<(), Rule> {
    for (class, _) in &view.task(task).machine.wish.resources {
        let Some(stock) = view.host(host).stock(class) else {
            return Err(Rule::NoInventory(class.as_str().into()));
        };
        let used = stock.used.saturating_add(view.taken(host, class, task));
        let amount = wanted(view.task(task), class);
        if !stock.inventory.holds(used.saturating_add(amount)) {
            return Err(Rule::Room {
                class: class.as_str().into(),
                amount,
                used,
                capacity: stock.inventory.capacity(),
            });
        }
    }
    Ok(())
}

fn group(view: &View<'_>, flock: &Flock<'_>, task: usize, host: usize) -> Result<(), Rule> {
    if !flock.hard {
        return Ok(());
    }
    let mut others = view.hosts_of(flock, task).peekable();
    let broken = match flock.affinity {
        Affinity::Together if others.peek().is_none() => return whole(view, flock, task, host),
        Affinity::Together => others
            .any(|other| other != host)
            .then_some(Rule::Affinity as fn(String) -> Rule),
        Affinity::Apart => others
            .any(|other| other == host)
            .then_some(Rule::AntiAffinity as _),
    };
    broken.map_or(Ok(()), |rule| Err(rule(flock.name.to_owned())))
}

/// Looks ahead: whoever comes first takes a host that can take all who have to follow.
fn whole(view: &View<'_>, flock: &Flock<'_>, task: usize, host: usize) -> Result<(), Rule> {
    let mates = || {
        flock
            .members
            .iter()
            .filter(|mate| **mate == task || view.place(**mate).is_none())
    };
    let classes = mates().flat_map(|mate| &view.task(*mate).machine.wish.resources);
    let fits = |class: &str| {
        let all = mates()
            .map(|mate| wanted(view.task(*mate), class))
            .fold(0, u64::saturating_add);
        let taken = view.taken(host, class, task).saturating_add(all);
        let stock = view.host(host).stock(class);
        stock.is_some_and(|stock| stock.inventory.holds(stock.used.saturating_add(taken)))
    };
    let suit = mates().all(|mate| suits(view.host(host), view.task(*mate).machine).is_ok());
    let mut classes = classes.map(|(class, _)| class.as_str());
    if suit && classes.all(fits) {
        return Ok(());
    }
    Err(Rule::GroupRoom {
        group: flock.name.to_owned(),
        machines: mates().count(),
    })
}

fn near(view: &View<'_>, tie: &Tie<'_>, task: usize, host: usize) -> Result<(), Rule> {
    if let (End::Position(position), Some(limit)) = (tie.end, tie.near.max_distance_meters) {
        let here = view.position(host).map_err(unknown("the distance limit"))?;
        within_meters(meters(here, position), limit, || "the position".into())?;
    }
    view.ends(&tie.end, task)
        .try_for_each(|end| reaches(view, tie, host, end))
}

/// Whether the limits of those who are in place, or were there before, still hold with this machine here.
fn watched(view: &View<'_>, task: usize, host: usize) -> Result<(), Rule> {
    let groups = &view.task(task).groups;
    let concerns = |end: &End| match end {
        End::Task(other) => *other == task,
        End::Group(group) => groups.contains(group),
        End::Host(_) | End::Position(_) => false,
    };
    for (other, place) in view.places().iter().enumerate() {
        let Some(place) = place.filter(|_| other != task) else {
            continue;
        };
        let mut ties = view.task(other).ties.iter().filter(|tie| concerns(&tie.end));
        ties.try_for_each(|tie| reaches(view, tie, place, host))?;
    }
    view.job.watchers.iter().try_for_each(|watcher| {
        let mut ties = watcher.ties.iter().filter(|tie| concerns(&tie.end));
        ties.try_for_each(|tie| reaches(view, tie, watcher.host, host))
    })
}

fn reaches(view: &View<'_>, tie: &Tie<'_>, host: usize, end: usize) -> Result<(), Rule> {
    let peer = || label(&tie.near.to, view.host(end));
    if let Some(limit) = tie.near.max_delay_seconds {
        let delay = view.delay(host, end).map_err(unknown("the delay limit"))?;
        if delay > limit {
            let peer = peer();
            return Err(Rule::Delay { peer, delay, limit });
        }
    }
    let Some(limit) = tie.near.max_distance_meters else {
        return Ok(());
    };
    let positions = view
        .position(host)
        .and_then(|here| Ok((here, view.position(end)?)));
    let (here, there) = positions.map_err(unknown("the distance limit"))?;
    within_meters(meters(here, there), limit, peer)
}

fn within_meters(meters: f64, limit: f64, peer: impl FnOnce() -> Arc<str>) -> Result<(), Rule> {
    if meters <= limit {
        return Ok(());
    }
    let peer = peer();
    Err(Rule::Distance { peer, meters, limit })
}

fn label(target: &Target, host: &Host) -> Arc<str> {
    match target {
        Target::Host(_) | Target::Position(_) => Arc::clone(&host.name),
        Target::Machine(id) => format!("machine {id} on {}", host.name).into(),
        Target::Group(name) => format!("group {name} on {}", host.name).into(),
    }
}

/// The request's machines that already are here have limits of their own: none of them may be broken by one that comes later.
fn headroom(view: &View<'_>, task: usize, host: usize) -> Result<(), Rule> {
    let own = view.host(host).power_limit_watts;
    let everybody = || view.guests(host, task).chain([task]);
    let limits = |task| &view.task(task).machine.limits;
    let keep = |task| {
        let asked = limits(task).power_limit_watts;
        let limit = own.into_iter().chain(asked).reduce(f64::min);
        limit.map(|limit| (limit - limits(task).headroom_watts, limit))
    };
    if everybody().any(|task| keep(task).is_none() && limits(task).headroom_watts > 0.0) {
        return Err(Rule::NoPowerLimit);
    }
    let before = view.host(host).power_bounds.iter().filter_map(|bound| {
        // Where no limit is known any more there is nothing left that could be kept.
        let limit = own.into_iter().chain(bound.limit_watts).reduce(f64::min)?;
        Some((limit - bound.headroom_watts, limit))
    });
    let tightest = everybody()
        .filter_map(keep)
        .chain(before)
        .min_by(|(one, _), (other, _)| one.total_cmp(other));
    let Some((free_up_to, limit)) = tightest else {
        return Ok(());
    };
    let cannot = unknown("the power limit");
    let now = *known(&view.host(host).facts.power_watts, "the power").map_err(&cannot)?;
    let load = view.load(host, task) + view.task(task).load;
    // What is measured is awake: its static power is in the power of now.
    let watts = now + risen_watts(view.host(host), view.job.policy.curve, 0.0, load).map_err(&cannot)?;
    if watts <= free_up_to {
        return Ok(());
    }
    let headroom = limit - free_up_to;
    Err(Rule::Headroom {
        watts,
        headroom,
        limit,
    })
}
