//! What holds for every fleet and every request.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;
use proptest::sample::select;

use super::fleets::any_hosts;
use super::fleets::any_request;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::placement::Affinity;
use crate::placement::Answer;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Machine;
use crate::placement::Policy;
use crate::placement::Raw;
use crate::placement::Request;
use crate::placement::Standing;
use crate::placement::Target;
use crate::placement::batch::compared;
use crate::placement::decide;

fn policies() -> impl Strategy<Value = Policy> {
    select(Policy::names().collect::<Vec<_>>()).prop_map(|name| Policy::named(name).unwrap())
}

/// A request may name h0, and the fleet always has it.
fn answered(hosts: &[Host], policy: &Policy, request: &Request) -> Option<Answer> {
    decide(&Fleet::new(hosts.to_vec()), policy, request).ok()
}

fn chosen(answer: &Answer) -> Vec<Option<Arc<str>>> {
    let chosen = answer.decisions.iter().map(|decision| decision.chosen.as_ref());
    chosen
        .map(|chosen| chosen.map(|chosen| Arc::clone(&chosen.host)))
        .collect()
}

/// The rules, written down a second time and without the view: whether they hold for a whole assignment.
fn obeyed(hosts: &[Host], request: &Request, places: &[Option<Arc<str>>]) -> Result<(), String> {
    let fleet = Fleet::new(hosts.to_vec());
    let at = |name: &str| &fleet.hosts()[fleet.index(name).unwrap()];
    let placed: Vec<(&Machine, &Host)> = request
        .machines
        .iter()
        .zip(places)
        .filter_map(|(machine, place)| Some((machine, at(place.as_ref()?))))
        .collect();
    for (class, host) in fleet
        .hosts()
        .iter()
        .flat_map(|host| host.stocks.iter().map(move |stock| (stock, host)))
    {
        let here = placed.iter().filter(|(_, place)| place.name == host.name);
        let added: u64 = here
            .flat_map(|(machine, _)| &machine.wish.resources)
            .filter(|(name, _)| **name == *class.0)
            .map(|(_, amount)| amount)
            .sum();
        if added > 0 && !class.1.inventory.holds(class.1.used + added) {
            return Err(format!("{} of {} is over-committed", class.0, host.name));
        }
    }
    for (machine, host) in &placed {
        let limits = &machine.limits;
        let facts = &host.facts;
        let inside = |value: Option<f64>, limit: Option<f64>| {
            limit.is_none_or(|limit| value.is_some_and(|value| value <= limit))
        };
        let site = limits.sites.is_empty() || limits.sites.contains(host.site.as_ref().unwrap());
        let country = limits.countries.is_empty() || facts.country.value().is_some_and(|is| is == "DE");
        let age = limits
            .max_fact_age
            .is_none_or(|limit| facts.age.is_some_and(|age| age <= limit));
        let traits = machine
            .wish
            .required
            .iter()
            .flatten()
            .all(|name| host.traits.contains(name));
        let carbon = inside(facts.grams_per_kwh.value().copied(), limits.max_grams_per_kwh);
        if host.standing != Standing::Ready || !(site && country && age && traits && carbon) {
            return Err(format!("{} may not be on {}", machine.id, host.name));
        }
        let ends: Vec<&Host> = ends(request, &placed, machine, &fleet);
        for (near, end) in machine
            .near
            .iter()
            .flat_map(|near| ends.iter().map(move |end| (near, *end)))
        {
            let (a, b) = (fleet.index(&host.name).unwrap(), fleet.index(&end.name).unwrap());
            let delay = if a == b {
                Some(0.0)
            } else {
                fleet.delay(a, b).value().map(|delay| delay.seconds)
            };
            if !inside(delay, near.max_delay_seconds) {
                return Err(format!(
                    "{} on {} is too far from {}",
                    machine.id, host.name, end.name
                ));
            }
        }
        power(&placed, host, limits.power_limit_watts)?;
    }
    grouped(request, &placed)
}

fn power(placed: &[(&Machine, &Host)], host: &Host, limit: Option<f64>) -> Result<(), String> {
    let Some(limit) = limit.into_iter().chain(host.power_limit_watts).reduce(f64::min) else {
        return Ok(());
    };
    let here = placed.iter().filter(|(_, place)| place.name == host.name);
    let busy: f64 = here
        .map(|(machine, _)| machine.busy_cpus.unwrap_or(machine.wish.resources[0].1 as f64))
        .sum();
    let facts = &host.facts;
    let (Some(now), Some(model), Some(cpus)) = (
        facts.power_watts.value(),
        facts.power_model.value(),
        facts.cpus.value(),
    ) else {
        return Err(format!("the power of {} is not known", host.name));
    };
    let watts = now + (model.full_load_watts - model.static_watts) * busy / cpus;
    if watts <= limit + 1e-6 {
        Ok(())
    } else {
        Err(format!("{} draws {watts} W of {limit} W", host.name))
    }
}

fn ends<'a>(
    request: &Request,
    placed: &[(&Machine, &'a Host)],
    machine: &Machine,
    fleet: &'a Fleet,
) -> Vec<&'a Host> {
    let Some(near) = machine.near.first() else {
        return Vec::new();
    };
    match &near.to {
        Target::Host(name) => vec![&fleet.hosts()[fleet.index(name).unwrap()]],
        Target::Machine(id) => placed
            .iter()
            .filter(|(other, _)| other.id == *id)
            .map(|(_, host)| *host)
            .collect(),
        Target::Group(_) => {
            let present = request.groups[0]
                .present
                .iter()
                .filter_map(|name| fleet.index(name));
            let mates = placed
                .iter()
                .filter(|(other, _)| other.id != machine.id && !other.groups.is_empty());
            present
                .map(|index| &fleet.hosts()[index])
                .chain(mates.map(|(_, host)| *host))
                .collect()
        }
        Target::Position(_) => Vec::new(),
    }
}

fn grouped(request: &Request, placed: &[(&Machine, &Host)]) -> Result<(), String> {
    let group = &request.groups[0];
    let members = placed.iter().filter(|(machine, _)| !machine.groups.is_empty());
    let names = |host: &&str| {
        placed.iter().any(|(_, place)| &*place.name == *host)
            || group.present.iter().any(|name| name == *host)
    };
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut alone = true;
    for (_, host) in members {
        *count.entry(&host.name).or_default() += 1;
        alone = false;
    }
    if alone || !group.hard {
        return Ok(());
    }
    for present in group.present.iter().map(String::as_str).filter(names) {
        // A member on a host that is not in the fleet is nowhere.
        *count.entry(present).or_default() += 1;
    }
    match group.affinity {
        Affinity::Apart if count.values().any(|count| *count > 1) => Err("members are together".to_owned()),
        Affinity::Together if count.keys().filter(|name| fleet_has(placed, name)).count() > 1 => {
            Err("members are apart".to_owned())
        }
        Affinity::Apart | Affinity::Together => Ok(()),
    }
}

fn fleet_has(placed: &[(&Machine, &Host)], name: &str) -> bool {
    placed.iter().any(|(_, host)| &*host.name == name)
}

fn forget_one(facts: &mut HostFacts, which: usize) {
    match which {
        0 => facts.power_model = Fact::Missing,
        1 => facts.grams_per_kwh = Fact::Missing,
        2 => facts.position = Fact::Missing,
        3 => facts.delays.clear(),
        _ => facts.power_quality = Fact::Missing,
    }
}

proptest! {
    #[test]
    fn no_rule_is_ever_broken(hosts in any_hosts(), request in any_request(7), policy in policies()) {
        if let Some(answer) = answered(&hosts, &policy, &request) {
            let places = chosen(&answer);
            prop_assert_eq!(obeyed(&hosts, &request, &places), Ok(()), "{:?}", places);
        }
    }

    #[test]
    fn a_machine_without_a_place_is_refused_by_every_host(hosts in any_hosts(), request in any_request(1), policy in policies()) {
        if let Some(answer) = answered(&hosts, &policy, &request) {
            let decision = &answer.decisions[0];
            prop_assert_eq!(decision.candidates + decision.refused.len(), hosts.len());
            prop_assert_eq!(decision.chosen.is_none(), decision.refused.len() == hosts.len());
            prop_assert_eq!(decision.refusals.values().sum::<usize>(), decision.refused.len());
        }
    }

    #[test]
    fn the_order_of_the_hosts_does_not_matter(
        (hosts, shuffled) in any_hosts().prop_flat_map(|hosts| (Just(hosts.clone()), Just(hosts).prop_shuffle())),
        request in any_request(5),
        policy in policies(),
    ) {
        prop_assert_eq!(answered(&hosts, &policy, &request), answered(&shuffled, &policy, &request));
    }

    #[test]
    fn the_contributions_add_up_to_the_score(hosts in any_hosts(), request in any_request(1), policy in policies()) {
        if let Some(answer) = answered(&hosts, &policy, &request) {
            let decision = &answer.decisions[0];
            for candidate in decision.chosen.iter().chain(&decision.runners_up) {
                let sum: f64 = candidate.terms.iter().map(|term| term.contribution).sum();
                prop_assert!((sum - candidate.score).abs() < 1e-9);
                for term in &candidate.terms {
                    prop_assert!((0.0..=1.0).contains(&term.normalised), "{term:?}");
                    prop_assert!(matches!(term.raw, Raw::Value(_)) || term.normalised == 0.0, "{term:?}");
                }
            }
            let scores: Vec<f64> = decision.runners_up.iter().map(|candidate| candidate.score).collect();
            prop_assert!(scores.is_sorted_by(|one, other| one >= other));
        }
    }

    #[test]
    fn a_host_of_which_less_is_known_never_comes_before_its_twin(
        hosts in any_hosts(), request in any_request(1), policy in policies(), which in 0_usize..5, seed in any::<u64>(),
    ) {
        let mut hosts = hosts;
        let mut twin = hosts[0].clone();
        twin.name = "twin".into();
        forget_one(Arc::make_mut(&mut twin.facts), which);
        hosts.push(twin);
        if let Some(answer) = answered(&hosts, &policy, &Request { seed, ..request }) {
            let decision = &answer.decisions[0];
            let all: Vec<_> = decision.chosen.iter().chain(&decision.runners_up).collect();
            let rank = |name: &str| all.iter().position(|candidate| &*candidate.host == name);
            if let (Some(known), Some(unknown)) = (rank("h0"), rank("twin")) {
                let pairs = || all[known].terms.iter().zip(&all[unknown].terms);
                let less = pairs().any(|(one, other)| matches!((one.raw, other.raw), (Raw::Value(_), Raw::Unknown(_))));
                // Who is the peer itself is nearest to it, whatever is known of it.
                let else_equal = pairs().all(|(one, other)| one.raw == other.raw || matches!(other.raw, Raw::Unknown(_)));
                prop_assert!(known < unknown || !less || !else_equal, "{known} {unknown}");
            }
        }
    }

    #[test]
    fn the_unit_of_a_fact_does_not_matter(hosts in any_hosts(), request in any_request(1), factor in 1e-3..1e3, policy in policies()) {
        let mut request = request;
        request.machines[0].limits = crate::placement::Limits::default();
        let scaled: Vec<Host> = hosts.iter().cloned().map(|mut host| {
            let facts = Arc::make_mut(&mut host.facts);
            if let Fact::Known { value, .. } = &mut facts.power_model {
                value.static_watts *= factor;
                value.full_load_watts *= factor;
            }
            if let Fact::Known { value, .. } = &mut facts.power_watts {
                *value *= factor;
            }
            host.power_limit_watts = host.power_limit_watts.map(|limit| limit * factor);
            host
        }).collect();
        let scores = |hosts: &[Host]| {
            let answer = answered(hosts, &policy, &request)?;
            let all = answer.decisions[0].chosen.iter().chain(&answer.decisions[0].runners_up);
            Some(all.map(|candidate| (candidate.host.to_string(), candidate.score)).collect::<BTreeMap<_, _>>())
        };
        // Exactly at a limit a rounding may decide otherwise: then the candidates differ.
        if let (Some(one), Some(other)) = (scores(&hosts), scores(&scaled)) && one.len() == other.len() {
            for (host, score) in &one {
                prop_assert!((score - other[host]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn greedy_never_beats_exact_and_the_same_seed_decides_the_same(hosts in any_hosts(), request in any_request(4), policy in policies()) {
        let fleet = Fleet::new(hosts.clone());
        if let Some([exact, greedy]) = compared(&fleet, &policy, &request) {
            prop_assert!(greedy.0 <= exact.0);
            prop_assert!(greedy.0 < exact.0 || greedy.1 <= exact.1 + 1e-9, "{:?} {:?}", exact, greedy);
        }
        prop_assert_eq!(answered(&hosts, &policy, &request), answered(&hosts, &policy, &request));
    }
}
