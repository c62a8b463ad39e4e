//! No plan breaks a promise that held before, at any of its steps.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_assert;
use proptest::proptest;
use proptest::sample::select;

use super::*;
use crate::facts::Delay;
use crate::facts::DelaySource;
use crate::placement::Affinity;
use crate::placement::Group;
use crate::placement::Limits;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::PowerBound;
use crate::placement::Target;

const HOSTS: usize = 5;
const TRAITS: [&str; 2] = ["CUSTOM_A", "CUSTOM_B"];
const GROUPS: [(&str, Affinity); 3] = [
    ("apart", Affinity::Apart),
    ("together", Affinity::Together),
    ("others", Affinity::Apart),
];

fn group(number: usize) -> Group {
    let (name, affinity) = GROUPS[number];
    Group {
        name: name.to_owned(),
        affinity,
        hard: true,
        present: Vec::new(),
    }
}

/// A host with everything that a promise may be about.
fn any_host() -> impl Strategy<Value = Host> {
    let delays = vec(option::weighted(0.7, 0.0..5.0), HOSTS);
    let place = (select(vec!["DE", "FR"]), select(vec!["s0", "s1"]), 50.0..800.0);
    let limit = option::weighted(0.3, 100.0..600.0);
    let power = (10.0..300.0, 1.0..3.0, 0.0..1.0);
    (vec(any::<bool>(), 3), delays, place, limit, power, 0..8).prop_map(
        |(has, delays, (country, site, grams), limit, (own, times, busy), standing)| {
            let mut made = host("", own, own * times);
            let named = TRAITS.iter().zip(&has).filter(|(_, has)| **has);
            made.traits = Arc::new(named.map(|(name, _)| (*name).to_owned()).collect());
            made.aggregates = Arc::new(has[2].then(|| "rack".to_owned()).into_iter().collect());
            made.site = Some(site.to_owned());
            made.power_limit_watts = limit;
            made.standing = match standing {
                0 => Standing::Draining,
                _ => Standing::Ready,
            };
            let facts = Arc::make_mut(&mut made.facts);
            facts.country = Fact::now(country.to_owned());
            facts.grams_per_kwh = Fact::now(grams);
            facts.utilisation = Fact::now(busy);
            for (peer, milliseconds) in delays.into_iter().enumerate() {
                if let Some(milliseconds) = milliseconds {
                    let delay = Delay {
                        seconds: milliseconds / 1e3,
                        source: DelaySource::OneWay,
                    };
                    facts.delays.insert(format!("h{peer}"), Fact::now(delay));
                }
            }
            made
        },
    )
}

fn any_near() -> impl Strategy<Value = Near> {
    (0..3, 0_usize..12, 0.0..5.0).prop_map(|(sort, which, milliseconds)| Near {
        to: match sort {
            0 => Target::Host(format!("h{}", which % HOSTS)),
            1 => Target::Machine(format!("c{which}")),
            _ => Target::Group(GROUPS[which % GROUPS.len()].0.to_owned()),
        },
        max_delay_seconds: Some(milliseconds / 1e3),
        max_distance_meters: None,
    })
}

fn any_limits() -> impl Strategy<Value = Limits> {
    let rare = |range| option::weighted(0.15, range);
    (rare(50.0..800.0), rare(100.0..600.0), rare(0.0..50.0), 0..10).prop_map(
        |(grams, watts, headroom, sort)| Limits {
            max_grams_per_kwh: grams,
            power_limit_watts: watts,
            headroom_watts: headroom.unwrap_or_default(),
            sites: (sort == 0).then(|| "s0".to_owned()).into_iter().collect(),
            countries: (sort == 1).then(|| "de".to_owned()).into_iter().collect(),
            ..Limits::default()
        },
    )
}

fn any_promises() -> impl Strategy<Value = Promised> {
    let traits = (0..6_usize, 0..8_usize, 0..8);
    let near = option::weighted(0.2, any_near());
    let groups = option::weighted(0.4, 0..GROUPS.len());
    (traits, near, groups, any_limits(), 0.1..3.0).prop_map(
        |((needs, avoids, rack), near, inside, limits, busy)| {
            let mut machine = Machine {
                limits,
                near: near.into_iter().collect(),
                groups: inside.map(|number| group(number).name).into_iter().collect(),
                busy_cpus: Some(busy),
                ..Machine::default()
            };
            machine.wish.required = TRAITS
                .get(needs)
                .map(|name| vec![(*name).to_owned()])
                .into_iter()
                .collect();
            machine.wish.forbidden = TRAITS
                .get(avoids)
                .map(|name| (*name).to_owned())
                .into_iter()
                .collect();
            match rack {
                0 => machine.wish.member_of = vec![vec!["rack".to_owned()]],
                1 => machine.wish.not_member_of = vec!["rack".to_owned()],
                _ => {}
            }
            Promised {
                machine,
                groups: inside.map(group).into_iter().collect(),
            }
        },
    )
}

fn worlds() -> impl Strategy<Value = (Vec<Host>, Vec<Resident>)> {
    let residents = vec((0..HOSTS, 1_u64..4, any_promises(), 0..10), 1..12);
    (vec(any_host(), HOSTS), residents).prop_map(|(mut hosts, residents)| {
        for (number, host) in hosts.iter_mut().enumerate() {
            host.name = format!("h{number}").into();
        }
        let mut free = [10_u64; HOSTS];
        let residents: Vec<_> = residents
            .into_iter()
            .enumerate()
            .filter_map(|(number, (place, vcpus, promised, split))| {
                free[place] = free[place].checked_sub(vcpus)?;
                Some(Resident {
                    promised: Some(promised),
                    elsewhere: if split == 0 {
                        vec![(place + 1) % HOSTS]
                    } else {
                        Vec::new()
                    },
                    ..resident(number, place, vcpus)
                })
            })
            .collect();
        for resident in &residents {
            let limits = &resident.promised.as_ref().unwrap().machine.limits;
            let bound = PowerBound {
                limit_watts: limits.power_limit_watts,
                headroom_watts: limits.headroom_watts,
            };
            for host in std::iter::once(&resident.host).chain(&resident.elsewhere) {
                if bound.limit_watts.is_some() || bound.headroom_watts > 0.0 {
                    hosts[*host].power_bounds.push(bound);
                }
            }
        }
        (hosts, residents)
    })
}

/// Who is where, and what each host draws, kept beside what the plan thinks.
struct State<'s> {
    fleet: &'s Fleet,
    residents: &'s [Resident],
    places: BTreeMap<&'s str, Vec<usize>>,
    watts: Vec<f64>,
}

impl<'s> State<'s> {
    fn new(fleet: &'s Fleet, residents: &'s [Resident]) -> Self {
        let places = residents.iter().map(|resident| {
            let hosts = std::iter::once(&resident.host).chain(&resident.elsewhere);
            (resident.consumer.as_str(), hosts.copied().collect())
        });
        let watts = fleet
            .hosts()
            .iter()
            .map(|host| *host.facts.power_watts.value().unwrap());
        Self {
            places: places.collect(),
            watts: watts.collect(),
            fleet,
            residents,
        }
    }

    fn apply(&mut self, step: &'s Move) {
        let who = self
            .residents
            .iter()
            .find(|resident| resident.consumer == step.consumer)
            .unwrap();
        let busy = who.promised.as_ref().unwrap().machine.busy_cpus.unwrap();
        for (name, sign) in [(&step.from, -1.0), (&step.to, 1.0)] {
            let host = self.fleet.index(name).unwrap();
            let model = self.fleet.hosts()[host]
                .facts
                .power_model
                .value()
                .copied()
                .unwrap();
            self.watts[host] += sign * busy / 10.0 * (model.full_load_watts - model.static_watts);
        }
        self.places
            .insert(&step.consumer, vec![self.fleet.index(&step.to).unwrap()]);
    }

    /// Each promise that holds now, as far as that is known.
    fn kept(&self) -> BTreeSet<String> {
        let mut kept = BTreeSet::new();
        for resident in self.residents {
            let machine = &resident.promised.as_ref().unwrap().machine;
            let places = &self.places[resident.consumer.as_str()];
            let on_all = |holds: &dyn Fn(usize) -> bool| places.iter().all(|host| holds(*host));
            let mut keep = |what: String, holds: bool| {
                if holds {
                    kept.insert(format!("{} {what}", resident.consumer));
                }
            };
            keep("words".to_owned(), on_all(&|host| self.suits(machine, host)));
            keep(
                "limits".to_owned(),
                on_all(&|host| self.within(&machine.limits, host)),
            );
            let limits = &machine.limits;
            if limits.power_limit_watts.is_some() || limits.headroom_watts > 0.0 {
                keep("power".to_owned(), on_all(&|host| self.draws(limits, host)));
            }
            for name in &machine.groups {
                keep(format!("in {name}"), self.grouped(resident, name));
            }
            for near in &machine.near {
                keep(format!("{near:?}"), self.is_near(resident, near));
            }
        }
        kept
    }

    fn suits(&self, machine: &Machine, host: usize) -> bool {
        let host = &self.fleet.hosts()[host];
        let wish = &machine.wish;
        wish.required
            .iter()
            .flatten()
            .all(|name| host.traits.contains(name))
            && wish.forbidden.iter().all(|name| !host.traits.contains(name))
            && wish
                .member_of
                .iter()
                .flatten()
                .all(|name| host.aggregates.contains(name))
            && wish
                .not_member_of
                .iter()
                .all(|name| !host.aggregates.contains(name))
    }

    fn within(&self, limits: &Limits, host: usize) -> bool {
        let host = &self.fleet.hosts()[host];
        let grams = *host.facts.grams_per_kwh.value().unwrap();
        (limits.sites.is_empty() || host.site.as_deref() == Some("s0"))
            && (limits.countries.is_empty() || host.facts.country.value().unwrap() == "DE")
            && limits.max_grams_per_kwh.is_none_or(|most| grams <= most)
    }

    fn draws(&self, limits: &Limits, host: usize) -> bool {
        let own = self.fleet.hosts()[host].power_limit_watts;
        let limit = own.into_iter().chain(limits.power_limit_watts).reduce(f64::min);
        limit.is_some_and(|limit| self.watts[host] <= limit - limits.headroom_watts + 1e-6)
    }

    fn members(&self, name: &str, without: &str) -> Vec<usize> {
        let inside = |resident: &&Resident| {
            resident.consumer != without
                && resident
                    .promised
                    .as_ref()
                    .unwrap()
                    .machine
                    .groups
                    .iter()
                    .any(|group| group == name)
        };
        let others = self.residents.iter().filter(inside);
        others
            .flat_map(|other| &self.places[other.consumer.as_str()])
            .copied()
            .collect()
    }

    fn grouped(&self, resident: &Resident, name: &str) -> bool {
        let own = &self.places[resident.consumer.as_str()];
        let others = self.members(name, &resident.consumer);
        match GROUPS.iter().find(|(known, _)| *known == name).unwrap().1 {
            Affinity::Apart => others.iter().all(|other| !own.contains(other)),
            Affinity::Together => others.iter().all(|other| own.iter().all(|host| host == other)),
        }
    }

    fn is_near(&self, resident: &Resident, near: &Near) -> bool {
        let ends = match &near.to {
            Target::Host(name) => self.fleet.index(name).into_iter().collect(),
            Target::Machine(id) if *id == resident.consumer => Vec::new(),
            Target::Machine(id) => self.places.get(id.as_str()).cloned().unwrap_or_default(),
            Target::Group(name) => self.members(name, &resident.consumer),
            Target::Position(_) => Vec::new(),
        };
        let reaches = |one: usize, other: usize| {
            let delay = self.fleet.delay(one, other).value().map(|delay| delay.seconds);
            one == other || delay.is_some_and(|delay| delay <= near.max_delay_seconds.unwrap())
        };
        let own = &self.places[resident.consumer.as_str()];
        own.iter().all(|host| ends.iter().all(|end| reaches(*host, *end)))
    }
}

#[test]
fn who_must_be_together_stays_and_is_told_to_be_stuck_or_held() {
    let together = || Promised {
        machine: Machine {
            groups: vec!["together".to_owned()],
            busy_cpus: Some(1.0),
            ..Machine::default()
        },
        groups: vec![group(1)],
    };
    let residents: Vec<_> = (0..2)
        .map(|number| Resident {
            promised: Some(together()),
            ..resident(number, 0, 1)
        })
        .collect();
    let mut hosts = vec![host("a", 500.0, 2500.0), host("b", 50.0, 60.0)];
    let proposal = propose(
        inhabited(hosts.clone(), &residents),
        residents.clone(),
        &wishes("balanced"),
    );
    assert_eq!(told(&proposal), [""; 0]);
    let held: Vec<_> = proposal.held.iter().map(|held| held.reason.as_str()).collect();
    assert_eq!(
        held,
        ["b would suit it better, but group together is on another host"; 2]
    );
    hosts[0].standing = Standing::Draining;
    let proposal = propose(inhabited(hosts, &residents), residents, &wishes("balanced"));
    assert_eq!(told(&proposal), [""; 0]);
    let stuck: Vec<_> = proposal.stuck.iter().map(|stuck| stuck.held.as_deref()).collect();
    assert_eq!(stuck, [Some("b: group together is on another host"); 2]);
}

proptest! {
    #[test]
    fn no_step_of_a_plan_breaks_a_promise_that_held_before_it(
        (hosts, residents) in worlds(),
        policy in select(Policy::names().collect::<Vec<_>>()),
        leave_country in any::<bool>(),
    ) {
        let fleet = inhabited(hosts, &residents);
        let wishes = Wishes { leave_country, min_gain: 0.001, ..wishes(policy) };
        let proposal = propose(fleet.clone(), residents.clone(), &wishes);
        let mut state = State::new(&fleet, &residents);
        let mut before = state.kept();
        for step in &proposal.moves {
            state.apply(step);
            let after = state.kept();
            let broken: Vec<_> = before.difference(&after).collect();
            prop_assert!(broken.is_empty(), "{step:?} breaks {broken:?}");
            before = after;
        }
    }
}
